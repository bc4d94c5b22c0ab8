//! Bodies: large, slow, broken, and not wanted.

use std::time::Duration;

use flow_gateway::server::Limits;

use super::gate::Gate;

fn post(path: &str, headers: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n")
}

#[tokio::test]
async fn a_body_arrives_whole_however_it_is_cut() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    line.send(post("/read", "Content-Length: 6\r\n") + "abc").await;
    line.send("def").await;
    assert_eq!(line.answer().await.body, "abcdef");
    line.send(post("/read", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n").await;
    line.send("4\r\ndefg\r\n0\r\n\r\n").await;
    assert_eq!(line.answer().await.body, "abcdefg");
}

#[tokio::test]
async fn a_body_announced_too_large_is_refused_at_once_whoever_calls() {
    let gate = Gate::open(Limits::default());
    for path in ["/read", "/refuse"] {
        let mut line = gate.line().await;
        line.send(post(path, "Content-Length: 262145\r\n")).await;
        let answer = line.answer().await;
        answer.is_problem(413, "body_too_large");
        assert_eq!(answer.header("connection"), Some("close"));
    }
}

#[tokio::test]
async fn a_chunked_body_is_refused_once_it_is_too_large() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    line.send(post("/read", "Transfer-Encoding: chunked\r\n")).await;
    for _ in 0..5 {
        line.send(format!("10000\r\n{}\r\n", "x".repeat(65536))).await;
    }
    line.answer().await.is_problem(413, "body_too_large");
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let gate = Gate::open(Limits { unread_timeout: Duration::from_millis(50), ..Limits::default() });
    let mut line = gate.line().await;
    line.send(post("/read/impatiently", "Content-Length: 6\r\n") + "abc").await;
    line.answer().await.is_problem(504, "timeout");
    line.closed().await;
}

#[tokio::test]
async fn a_body_that_is_not_well_formed_is_a_400() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    line.send(post("/read", "Transfer-Encoding: chunked\r\n") + "zz\r\nabc\r\n").await;
    line.answer().await.is_problem(400, "malformed_request");
    line.closed().await;
}

#[tokio::test]
async fn a_refused_client_that_sends_a_large_body_can_read_why() {
    let limits = Limits { unread_timeout: Duration::from_millis(500), body_bytes: usize::MAX, ..Limits::default() };
    let gate = Gate::open(limits);
    let megabyte = "x".repeat(1024 * 1024);
    for framing in ["Content-Length: 1048576\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n100000\r\n"] {
        let mut line = gate.line().await;
        line.send(format!("POST /refuse HTTP/1.1\r\nHost: test\r\n{framing}")).await;
        // Cut off in the middle, perhaps, but the answer must be there.
        line.try_send(&megabyte).await.ok();
        line.answer().await.is_problem(401, "unknown_key");
        line.closed().await;
    }
}

#[tokio::test]
async fn a_refused_client_in_the_middle_of_its_body_is_not_reset() {
    let gate = Gate::open(Limits { unread_timeout: Duration::from_mins(1), ..Limits::default() });
    let mut line = gate.line().await;
    line.send(post("/refuse", "Content-Length: 200000\r\n") + &"x".repeat(100_000)).await;
    line.answer().await.is_problem(401, "unknown_key");
    for _ in 0..100 {
        line.send("y".repeat(1000)).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_refused_client_with_a_small_body_keeps_its_connection() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    line.send(post("/refuse", "Content-Length: 6\r\n")).await;
    line.answer().await.is_problem(401, "unknown_key");
    line.send("abcdef").await;
    assert_eq!(line.get("/").await.status, 200);
}

#[tokio::test]
async fn a_refused_client_that_waits_for_continue_is_not_invited_to_send() {
    let gate = Gate::open(Limits { unread_timeout: Duration::from_millis(50), ..Limits::default() });
    let mut line = gate.line().await;
    line.send(post("/refuse", "Content-Length: 6\r\nExpect: 100-continue\r\n")).await;
    let answer = line.answer().await;
    answer.is_problem(401, "unknown_key");
    assert_eq!(answer.header("connection"), Some("close"));
    line.closed().await;

    let mut welcome = gate.line().await;
    welcome.send(post("/read", "Content-Length: 6\r\nExpect: 100-continue\r\n")).await;
    assert_eq!(welcome.answer().await.status, 100);
    welcome.send("abcdef").await;
    assert_eq!(welcome.answer().await.body, "abcdef");
}
