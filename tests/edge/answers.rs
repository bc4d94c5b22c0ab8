//! What every answer promises.

use axum::{
    body::Body,
    http::{Request, Response},
    response::IntoResponse,
};
use flow_gateway::{
    access::{
        call_info::{CallInfo, CallSlot},
        surface::Surface,
    },
    server::{Limits, Metrics, Server},
    wire::{
        problem::{Code, Problem},
        request::RequestId,
    },
};
use tower::ServiceExt;

use super::gate::{DOCS, Gate};

#[tokio::test]
async fn an_anonymous_caller_gets_an_answer_with_a_fresh_request_id() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    let (one, other) = (line.get("/").await, line.get("/").await);
    assert_eq!((one.status, one.body.as_str()), (200, "hello"));
    assert_ne!(one.header("x-request-id").expect("an id"), other.header("x-request-id").expect("an id"));
    assert!(gate.accepting.now());
}

#[tokio::test]
async fn a_callers_request_id_is_kept_when_it_fits_and_replaced_when_not() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    let kept = line.ask("GET", "/bare/404", "X-Request-Id: deploy-7.a_B\r\n").await;
    assert_eq!(kept.header("x-request-id"), Some("deploy-7.a_B"));
    kept.is_problem(404, "unknown_operation");
    for unfit in ["a b", "", &"a".repeat(65), "flow_sk_0123456789abcdef"] {
        let replaced = line.ask("GET", "/", &format!("X-Request-Id: {unfit}\r\n")).await;
        assert_eq!(replaced.header("x-request-id").map(str::len), Some(24), "{unfit}");
    }
}

#[tokio::test]
async fn a_bare_error_status_becomes_a_problem() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    for (status, answered, code) in [
        (404, 404, "unknown_operation"),
        (405, 405, "method_not_allowed"),
        (415, 415, "unsupported_media_type"),
        (418, 400, "malformed_request"),
        (503, 503, "unavailable"),
        (507, 500, "internal"),
    ] {
        let answer = line.get(&format!("/bare/{status}")).await;
        answer.is_problem(answered, code);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("retry-after").is_some(), answered == 503);
    }
}

#[tokio::test]
async fn a_problem_keeps_the_headers_that_inner_layers_set() {
    let gate = Gate::open(Limits::default());
    let refused = gate.line().await.get("/refuse").await;
    refused.is_problem(401, "unknown_key");
    assert_eq!(refused.header("vary"), Some("Origin"));
    assert!(refused.header("www-authenticate").is_some_and(|challenge| challenge.contains("invalid_token")));
}

#[tokio::test]
async fn head_tells_the_length_and_sends_no_body() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    let fine = line.ask("HEAD", "/", "").await;
    assert_eq!((fine.status, fine.header("content-length")), (200, Some("5")));
    let refused = line.ask("HEAD", "/bare/404", "").await;
    assert_eq!((refused.status, refused.header("content-type")), (404, Some("application/problem+json")));
    assert_eq!(line.get("/").await.body, "hello", "nothing of the two was left on the line");
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_server_lives_on() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    let answer = line.get("/panic").await;
    answer.is_problem(500, "internal");
    assert!(!answer.body.contains("flow_sk_"));
    assert_eq!(line.get("/").await.status, 200);
}

#[tokio::test]
async fn the_peers_address_reaches_the_service() {
    let gate = Gate::open(Limits::default());
    assert_eq!(gate.line().await.get("/peer").await.body, "127.0.0.1");
}

#[tokio::test]
async fn every_request_is_counted_also_one_whose_client_went_away() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    line.get("/").await;
    line.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n").await;
    gate.hall.entered().await;
    assert!(gate.metrics.encode().contains("flow_requests_in_flight 1"));
    drop(line);
    gate.hall.left().await;
    let page = gate.metrics.encode();
    for status in ["200", "499"] {
        let count = format!(r#"flow_http_requests_total{{surface="management",operation="none",status="{status}"}} 1"#);
        assert!(page.contains(&count), "{page}");
    }
    assert!(page.contains("flow_requests_in_flight 0"), "{page}");
}

#[tokio::test]
async fn without_a_socket_the_same_layers_answer() {
    let metrics = Metrics::new();
    let service = tower::service_fn(async |request: Request<Body>| {
        assert!(request.extensions().get::<RequestId>().is_some());
        let info = CallInfo { operation: Some("managementCreatePlan"), ..CallInfo::default() };
        CallSlot::set(request.extensions(), info);
        let response: Response<Body> = Problem::new(Code::Conflict, "Taken.").into_response();
        Ok::<_, std::convert::Infallible>(response)
    });
    let service =
        Server::new(Limits::default(), metrics.clone()).at_edge(Surface::Management, DOCS.to_owned(), service);
    let response = service.oneshot(Request::new(Body::empty())).await.expect("an answer");
    assert_eq!(response.status(), 409);
    assert!(response.headers().contains_key("x-request-id"));
    assert!(metrics.encode().contains(r#"operation="managementCreatePlan",status="409"} 1"#));
}
