//! What the log tells, and what it never tells.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use axum::{body::Body, http::Request, response::IntoResponse};
use flow_gateway::{
    access::{scope::Scope, sessions::stored::Role, surface::Surface},
    config::LogFormat,
    server::{self, Limits, log::subscriber},
    wire::problem::Problem,
};
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing::{Dispatch, subscriber::DefaultGuard};
use tracing_subscriber::{fmt::MakeWriter, registry::Registry};

use super::gate::{DOCS, Gate};
use crate::support::{
    dashboard::PASSWORD,
    studio::{Studio, on_both_engines, secret},
};

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

/// Logs there what this thread does. While one subscriber alone is alive, tracing lets the thread that first reaches a line decide
/// for all whether it is wanted, and that may be another test's. A second subscriber has it ask both.
fn log_to(kept: &Kept, format: LogFormat, filter: &str) -> DefaultGuard {
    static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));
    LazyLock::force(&SECOND);
    tracing::subscriber::set_default(subscriber(format, filter, kept.clone()).expect("a filter"))
}

#[tokio::test]
async fn no_key_reaches_the_log_whatever_way_it_comes() {
    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Text, "trace");
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
    let studio = Studio::on_sqlite().await;
    let key = studio.key(secret(&[Scope::ClassesRead])).await;
    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Json, "info");
    let server = studio.management_client().with_key(key.minted.reveal()).with("x-request-id", "mine");
    server.get("/v1/classes?limit=1").await.expect(200);

    let text = kept.text();
    let line = text.lines().find(|line| line.contains("flow_gateway::request")).expect("a line");
    let line: Value = serde_json::from_str(line).expect("JSON");
    for (field, value) in [
        ("surface", "management"),
        ("method", "GET"),
        ("path", "/v1/classes"),
        ("request_id", "mine"),
        ("studio", &studio.id.to_string()),
        ("key", &key.stored.masked()),
        ("operation", "managementListClasses"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    assert_eq!(line["status"], 200);
    assert!(line["duration_us"].is_u64());
}

#[tokio::test]
async fn the_line_of_a_refused_call_names_the_operation_that_was_asked_for() {
    let studio = Studio::on_sqlite().await;
    let server = studio.server(&[Scope::ClassesRead]).await;
    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Json, "info");
    server.get("/v1/plans").await.is_problem(403, "insufficient_scope");
    server.get("/v1/nothing").await.is_problem(404, "unknown_operation");
    server.patch("/v1/classes/cls_x", json!({})).await.is_problem(403, "insufficient_scope");
    let told: Vec<_> =
        lines(&kept).iter().filter(|line| line["status"].is_u64()).map(|line| line["operation"].clone()).collect();
    assert_eq!(told, [json!("managementListPlans"), json!(null), json!("managementUpdateClass")]);
}

#[tokio::test]
async fn each_sign_in_right_or_wrong_has_a_line_without_what_was_typed() {
    let studio = Studio::on_sqlite().await.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, "anna@casa.example", Role::Owner).await;
    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Json, "info");
    let (staff, member) = (studio.browser(), studio.member_browser());
    assert_eq!(staff.sign_in("anna@casa.example", PASSWORD).await.0.status, 303);
    for _ in 0..10 {
        staff.sign_in("anna@casa.example", "a wrong canary").await;
    }
    assert_eq!(staff.sign_in("anna@casa.example", "a wrong canary").await.0.status, 429);
    member.sign_in("rui@member.example", "a wrong canary").await;
    let lines = lines(&kept);
    let told = |operation: &str, status: u16| {
        let is_it = |line: &&Value| line["operation"] == operation && line["status"] == status;
        lines.iter().filter(is_it).inspect(|line| assert_eq!(line["network"], "127.0.0.0/24", "{line}")).count()
    };
    let counts = [("studioSignIn", 303), ("studioSignIn", 422), ("studioSignIn", 429), ("memberSignIn", 422)];
    assert_eq!(counts.map(|(operation, status)| told(operation, status)), [1, 10, 1, 1], "{lines:?}");
    let signed_in = lines.iter().find(|line| line["message"] == "somebody of the staff signed in").expect("a line");
    assert!(signed_in["staff"].is_string() && signed_in["studio"] == studio.id.to_string(), "{signed_in}");
    for typed in ["canary", "anna@casa.example", "rui@member.example", PASSWORD] {
        assert!(!kept.text().contains(typed), "{typed} is in {}", kept.text());
    }
}

/// The lines of a JSON log.
fn lines(kept: &Kept) -> Vec<Value> {
    kept.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn a_failures_cause_is_logged_under_the_request_id_that_its_caller_was_told() {
    for filter in ["info", "error"] {
        let kept = Kept::default();
        let _log = log_to(&kept, LogFormat::Json, filter);
        let service = tower::service_fn(async |_: Request<Body>| {
            tokio::task::yield_now().await;
            Ok::<_, std::convert::Infallible>(Problem::internal("the disk is gone").into_response())
        });
        let request = Request::get("/v1/classes").header("x-request-id", "told-7").body(Body::empty());
        let response = server::at_edge(service, Surface::Management, DOCS)
            .oneshot(request.expect("a request"))
            .await
            .expect("an answer");
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["x-request-id"], "told-7");
        let lines = lines(&kept);
        let line = lines.iter().find(|line| line["cause"] == "the disk is gone").expect("the cause");
        assert_eq!(lines.len(), 1, "said once: {lines:?}");
        for (field, value) in [
            ("level", json!("ERROR")),
            ("request_id", json!("told-7")),
            ("status", json!(500)),
            ("code", json!("internal")),
        ] {
            assert_eq!(line[field], value, "{line}");
        }
    }
}

#[apply(on_both_engines!)]
async fn the_request_id_of_a_500_leads_to_its_cause_with_studio_key_and_operation(studio: Studio) {
    let server = studio.server(&[Scope::InstructorsRead, Scope::InstructorsWrite]).await;
    server.post("/v1/instructors", json!({"display_name": "Ana"})).await.expect(201);
    let mut tx = studio.app.db.begin().await.expect("a transaction");
    let broken = tx.on().query("update instructors set metadata = '[]' where studio_id = $1").bind(studio.id);
    broken.execute().await.expect("written");
    tx.commit().await.expect("committed");

    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Json, "info");
    let problem = server.get("/v1/instructors").await.is_problem(500, "internal");
    let lines = lines(&kept);
    let line = lines.iter().find(|line| line["request_id"] == problem["request_id"]).expect("the request's line");
    assert_eq!((&line["level"], &line["operation"]), (&json!("ERROR"), &json!("managementListInstructors")), "{line}");
    assert_eq!(line["studio"], studio.id.to_string(), "{line}");
    assert!(line["key"].as_str().is_some_and(|key| key.starts_with("flow_sk_…")), "{line}");
    let cause = line["cause"].as_str().expect("a cause");
    assert!(!cause.is_empty() && !problem.to_string().contains(cause), "{line}");
}

#[apply(on_both_engines!)]
async fn what_is_logged_for_a_call_names_its_request_studio_key_and_operation(studio: Studio) {
    let server = studio.server(&[Scope::InstructorsRead]).await;
    let mut tx = studio.app.db.begin().await.expect("a transaction");
    tx.on().query("alter table instructors rename to elsewhere").execute().await.expect("renamed");
    tx.commit().await.expect("committed");

    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Json, "flow_gateway=debug");
    let problem = server.get("/v1/instructors").await.is_problem(503, "unavailable");
    let lines = lines(&kept);
    let line = lines.iter().find(|line| line["level"] == "DEBUG").unwrap_or_else(|| panic!("no line: {lines:?}"));
    assert_eq!(line["span"]["request_id"], problem["request_id"], "{line}");
    assert_eq!(line["span"]["operation"], "managementListInstructors", "{line}");
    assert_eq!(line["span"]["studio"], studio.id.to_string(), "{line}");
}

#[tokio::test]
async fn a_refusals_line_names_its_code_and_the_clients_network_behind_proxies_too() {
    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Json, "info");
    let proxies = ["127.0.0.0/8".parse().expect("a network")];
    let gate = Gate::open_behind(&proxies, Surface::Management, Limits::default());
    let mut line = gate.line().await;
    for client in ["203.0.113.77", "2001:db8:1:2::3", "::ffff:198.51.100.9"] {
        line.ask("GET", "/refuse", &format!("X-Forwarded-For: {client}\r\n")).await;
    }
    let lines = lines(&kept);
    let refused: Vec<_> = lines.iter().filter(|line| line["path"] == "/refuse").collect();
    let networks: Vec<_> = refused.iter().map(|line| line["network"].as_str().expect("a network")).collect();
    assert_eq!(networks, ["203.0.113.0/24", "2001:db8:1::/48", "198.51.100.0/24"]);
    assert!(refused.iter().all(|line| line["code"] == "unknown_key" && line["status"] == 401), "{refused:?}");
}

#[tokio::test]
async fn a_head_that_cannot_be_read_has_a_line_with_its_code_and_the_clients_network() {
    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Json, "info");
    let gate = Gate::open(Limits::default());
    let secret = format!("flow_sk_{SECRET}");
    for (sent, status) in
        [(format!("GET / HTTP/9\r\nA: {secret}\r\n\r\n"), 400), ("PRI * HTTP/2.0\r\n\r\n".into(), 505)]
    {
        let mut line = gate.line().await;
        line.send(sent).await;
        line.closed().await;
        let lines = lines(&kept);
        let told = lines.iter().find(|line| line["status"] == status).expect("a line");
        assert_eq!((&told["code"], &told["network"]), (&"malformed_request".into(), &"127.0.0.0/24".into()), "{told}");
        assert_eq!((&told["surface"], &told["level"]), (&"management".into(), &"INFO".into()), "{told}");
    }
    assert!(!kept.text().contains(SECRET));
}

#[tokio::test]
async fn a_client_that_is_refused_without_end_does_not_fill_the_log() {
    let kept = Kept::default();
    let _log = log_to(&kept, LogFormat::Json, "info");
    let mut gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    let long = format!("/refuse?{}", "q".repeat(8000));
    for _ in 0..200 {
        line.get(&long).await.is_problem(401, "unknown_key");
        line.get(&format!("/bare/404?{}", "q".repeat(8000))).await.is_problem(404, "unknown_operation");
    }
    drop(line);
    gate.stop();
    gate.ended().await;
    assert!(kept.text().len() < 20_000, "{} bytes", kept.text().len());
    let lines = lines(&kept);
    let told = lines.iter().filter(|line| line["path"] == "/refuse").count() as u64;
    let summed: u64 =
        lines.iter().filter(|line| line["code"] == "unknown_key").filter_map(|line| line["refused"].as_u64()).sum();
    assert_eq!(told + summed, 200, "none goes unsaid");
    assert!(summed >= 150, "{summed}");
    assert!(lines.iter().all(|line| line["path"].as_str().is_none_or(|path| path.chars().count() <= 129)));
}

#[test]
fn a_filter_that_does_not_parse_is_refused() {
    assert!(subscriber(LogFormat::Text, "flow_gateway=loudly", io::stderr).is_err());
}
