//! A collector of traces: takes spans over OTLP/HTTP, with TLS or without, and keeps what it got. It can refuse them, and never answer.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use axum::{
    body::Bytes,
    http::{HeaderMap, Request, Response, StatusCode},
};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value},
    trace::v1::{Span, span::SpanKind, status::StatusCode as SpanStatus},
};
use prost::Message;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    runtime::Builder,
    sync::oneshot,
};

use super::certificates::Certified;

/// What the collector does with spans.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Take,
    Fail,
    NeverAnswer,
}

/// A batch as it came.
#[derive(Clone)]
pub struct Batch {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The collector, which ends with the test.
pub struct CollectorServer {
    pub port: u16,
    state: Arc<Mutex<(Manner, Vec<Batch>)>>,
    _until_dropped: oneshot::Sender<()>,
}

/// A span, as a person reads it.
#[derive(Clone, Debug)]
pub struct SeenSpan {
    pub name: String,
    pub trace_id: String,
    pub span_id: String,
    pub parent_id: String,
    pub is_of_a_server: bool,
    pub is_an_error: bool,
    pub nanos: u64,
    pub attributes: BTreeMap<String, String>,
    pub resource: BTreeMap<String, String>,
}

impl CollectorServer {
    pub fn start(manner: Manner) -> Self {
        Self::serve(manner, None)
    }

    /// The same with TLS.
    pub fn with_tls(certified: &Certified) -> Self {
        Self::serve(Manner::Take, Some(certified))
    }

    fn serve(manner: Manner, certified: Option<&Certified>) -> Self {
        let state = Arc::new(Mutex::new((manner, Vec::new())));
        let (until_dropped, dropped) = oneshot::channel::<()>();
        let (tell, port) = mpsc::channel();
        let (kept, tls) = (Arc::clone(&state), certified.map(Certified::acceptor));
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.spawn(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                tell.send(listener.local_addr().expect("an address").port()).expect("the test waits");
                while let Ok((stream, _)) = listener.accept().await {
                    let (kept, tls) = (Arc::clone(&kept), tls.clone());
                    tokio::spawn(async move {
                        match tls {
                            Some(tls) => {
                                if let Ok(stream) = tls.accept(stream).await {
                                    answer(stream, kept).await;
                                }
                            }
                            None => answer(stream, kept).await,
                        }
                    });
                }
            });
            runtime.block_on(dropped).ok();
        });
        Self { port: port.recv().expect("it listens"), state, _until_dropped: until_dropped }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it does from now on.
    pub fn changes_to(&self, manner: Manner) {
        self.state.lock().expect("the state").0 = manner;
    }

    /// What came so far, also what was refused.
    pub fn batches(&self) -> Vec<Batch> {
        self.state.lock().expect("the state").1.clone()
    }

    /// All spans that came so far.
    pub fn spans(&self) -> Vec<SeenSpan> {
        self.batches().iter().flat_map(Batch::spans).collect()
    }
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, state: Arc<Mutex<(Manner, Vec<Batch>)>>) {
    let take = |request: Request<Incoming>| {
        let state = Arc::clone(&state);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("a whole body").to_bytes();
            assert_eq!(head.method, "POST");
            let manner = {
                let mut state = state.lock().expect("the state");
                state.1.push(Batch { path: head.uri.to_string(), headers: head.headers, body });
                state.0
            };
            let status = match manner {
                Manner::Take => StatusCode::OK,
                Manner::Fail => StatusCode::INTERNAL_SERVER_ERROR,
                Manner::NeverAnswer => std::future::pending().await,
            };
            let mut response = Response::new(Full::new(Bytes::new()));
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        }
    };
    // The gateway closes the connection.
    http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(take)).await.ok();
}

impl Batch {
    fn spans(&self) -> Vec<SeenSpan> {
        let request = ExportTraceServiceRequest::decode(self.body.clone()).expect("spans in protobuf");
        let mut seen = Vec::new();
        for of_resource in request.resource_spans {
            let resource = of_resource.resource.expect("a resource").attributes;
            for span in of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans) {
                seen.push(SeenSpan::of(span, texts(&resource)));
            }
        }
        seen
    }
}

impl SeenSpan {
    fn of(span: Span, resource: BTreeMap<String, String>) -> Self {
        assert!(span.trace_state.is_empty() && span.events.is_empty() && span.links.is_empty(), "{span:?}");
        let status = span.status.clone().unwrap_or_default();
        assert_eq!(status.message, "");
        Self {
            trace_id: hex::encode(&span.trace_id),
            span_id: hex::encode(&span.span_id),
            parent_id: hex::encode(&span.parent_span_id),
            is_of_a_server: span.kind == SpanKind::Server as i32,
            is_an_error: status.code == SpanStatus::Error as i32,
            nanos: span.end_time_unix_nano.checked_sub(span.start_time_unix_nano).expect("it ends after it begins"),
            attributes: texts(&span.attributes),
            name: span.name,
            resource,
        }
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        other => panic!("{}: {other:?}", attribute.key),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}
