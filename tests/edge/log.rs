//! What the log tells, and what it never tells.

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::{
    body::Body,
    http::{Request, Response},
};
use flow_gateway::{
    server::{
        self, Limits,
        log::{Format, subscriber},
    },
    wire::request::Told,
};
use serde_json::Value;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

use super::gate::{DOCS, Gate};

const SECRET: &str = "0123456789ABabcdefghijABCDEFGHIJ0123456789ab9fKq01";

/// Keeps what is logged on this thread, where the whole test runs.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("kept").clone()).expect("text")
    }
}

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("kept").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'writer> MakeWriter<'writer> for Kept {
    type Writer = Self;

    fn make_writer(&'writer self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_key_reaches_the_log_whatever_way_it_comes() {
    let kept = Kept::default();
    let _log = tracing::subscriber::set_default(subscriber(Format::Text, "trace", kept.clone()).expect("a filter"));
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    let key = format!("flow_sk_{SECRET}");
    line.ask("GET", &format!("/{key}?key={key}"), &format!("Authorization: Bearer {key}\r\nCookie: a={key}\r\n")).await;
    line.ask("GET", &format!("/flow%5Fsk%5f{SECRET}"), &format!("X-Request-Id: {key}\r\nX-{key}: 1\r\n")).await;
    line.ask(&key, "/", "").await;
    line.send(format!("POST /read HTTP/1.1\r\nHost: {key}\r\nContent-Length: {}\r\n\r\n{key}", key.len())).await;
    line.answer().await;
    line.get("/panic").await;
    line.send(format!("GET /{key} HTTP/9\r\n\r\n")).await;
    line.closed().await;

    let text = kept.text();
    assert!(text.contains("path=\"/flow_sk_…Kq01\"") && text.contains("a handler panicked"), "{text}");
    for part in [SECRET, &SECRET[..12], &SECRET[12..44], "0123456789abcdef", "key="] {
        assert!(!text.contains(part), "{part} is in:\n{text}");
    }
}

#[tokio::test]
async fn a_line_names_who_called_what() {
    let kept = Kept::default();
    let _log = tracing::subscriber::set_default(subscriber(Format::Json, "info", kept.clone()).expect("a filter"));
    let service = tower::service_fn(async |_: Request<Body>| {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Told {
            studio: Some("std_1".into()),
            key: Some("flow_sk_…9fKq".into()),
            operation: Some("managementListClasses"),
        });
        Ok::<_, std::convert::Infallible>(response)
    });
    let request = Request::get("/v1/classes?cursor=1").header("x-request-id", "mine").body(Body::empty());
    server::wear(service, "management", DOCS).oneshot(request.expect("a request")).await.expect("an answer");

    let text = kept.text();
    let line = text.lines().find(|line| line.contains("flow_gateway::request")).expect("a line");
    let line: Value = serde_json::from_str(line).expect("JSON");
    for (field, value) in [
        ("surface", "management"),
        ("method", "GET"),
        ("path", "/v1/classes"),
        ("request_id", "mine"),
        ("studio", "std_1"),
        ("key", "flow_sk_…9fKq"),
        ("operation", "managementListClasses"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    assert_eq!(line["status"], 200);
    assert!(line["duration_us"].is_u64());
}

#[test]
fn a_filter_that_does_not_parse_is_refused() {
    assert!(subscriber(Format::Text, "flow_gateway=loudly", io::stderr).is_err());
}
