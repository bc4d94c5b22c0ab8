//! Clients that are slow, silent, or talk nonsense.

use std::time::Duration;

use flow_gateway::server::Limits;

use super::gate::Gate;

const SOON: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_client_that_sends_its_head_slowly_is_cut() {
    let gate = Gate::open(Limits { head_timeout: SOON, ..Limits::default() });
    let mut line = gate.line().await;
    line.send("GET / HTTP/1.1\r\nHost: te").await;
    assert_eq!(line.rest().await, "");
}

#[tokio::test]
async fn a_client_that_never_speaks_is_cut() {
    let gate = Gate::open(Limits { head_timeout: SOON, ..Limits::default() });
    assert_eq!(gate.line().await.rest().await, "");
}

#[tokio::test]
async fn a_client_that_falls_silent_between_requests_is_cut() {
    let gate = Gate::open(Limits { head_timeout: SOON, ..Limits::default() });
    let mut line = gate.line().await;
    assert_eq!(line.get("/").await.status, 200);
    assert_eq!(line.rest().await, "");
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_cut() {
    let gate = Gate::open(Limits { write_timeout: SOON, ..Limits::default() });
    let mut line = gate.line().await;
    line.send("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n").await;
    gate.hall.entered().await;
    gate.hall.left().await;
}

#[tokio::test]
async fn a_client_that_reads_its_answer_too_slowly_is_cut_though_it_reads() {
    let gate = Gate::open(Limits {
        write_timeout: Duration::from_secs(1),
        min_bytes_per_second: u64::MAX,
        ..Limits::default()
    });
    let mut line = gate.line().await;
    line.send("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n").await;
    gate.hall.entered().await;
    tokio::select! {
        () = gate.hall.left() => {}
        () = line.reads_slowly() => {}
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_a_504() {
    let gate = Gate::open(Limits { request_timeout: SOON, ..Limits::default() });
    let mut line = gate.line().await;
    line.get("/wait").await.is_problem(504, "timeout");
    gate.hall.left().await;
    assert_eq!(line.get("/").await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_no_http_gets_a_bare_refusal_and_a_close() {
    let gate = Gate::open(Limits::default());
    let long = format!("GET / HTTP/1.1\r\nHost: test\r\nX-Long: {}\r\n\r\n", "x".repeat(17 * 1024));
    let many = format!("GET / HTTP/1.1\r\nHost: test\r\n{}\r\n", "X-Many: x\r\n".repeat(64));
    for (head, status) in [
        ("\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : test\r\n\r\n", 400),
        ("GET / HTTP/3.7\r\nHost: test\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (&long, 431),
        (&many, 431),
    ] {
        let mut line = gate.line().await;
        line.send(head).await;
        let answer = line.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{head}");
        line.closed().await;
    }
}

#[tokio::test]
async fn two_framings_of_one_body_do_not_smuggle_a_second_request() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    line.send("POST /read HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    line.send("0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n").await;
    assert_eq!(line.answer().await.status, 200);
    assert_eq!(line.rest().await, "", "the connection closes behind the first answer");
}
