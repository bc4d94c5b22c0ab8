//! How a server stops.

use std::time::Duration;

use flow_gateway::server::Limits;

use super::{gate::Gate, line::Line};

#[tokio::test]
async fn a_stopping_server_finishes_what_it_began_and_takes_nothing_new() {
    let mut gate = Gate::open(Limits::default());
    let (mut working, mut idle) = (gate.line().await, gate.line().await);
    assert_eq!(idle.get("/").await.status, 200);
    working.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n").await;
    gate.hall.entered().await;

    gate.stop();
    assert_eq!(idle.rest().await, "", "an idle connection closes at once");
    assert!(!gate.accepting.now());
    assert!(Line::try_to(gate.addr).await.is_err(), "a new connection is refused");
    assert_eq!(Line::to(gate.ops).await.get("/").await.status, 200, "probes answer until all has drained");

    gate.hall.let_go();
    let answer = working.answer().await;
    assert_eq!((answer.body.as_str(), answer.header("connection")), ("waited", Some("close")));
    gate.ended().await;
}

#[tokio::test]
async fn a_stopping_server_cuts_what_does_not_finish() {
    let mut gate = Gate::open(Limits { drain_timeout: Duration::from_millis(200), ..Limits::default() });
    let (mut stuck, mut sending, mut deaf) = (gate.line().await, gate.line().await, gate.line().await);
    stuck.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n").await;
    gate.hall.entered().await;
    sending.send("POST /read HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nabc").await;
    deaf.send("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n").await;
    gate.hall.entered().await;

    gate.stop();
    gate.ended().await;
    assert_eq!(stuck.rest().await, "");
    assert_eq!(sending.rest().await, "");
}

#[tokio::test]
async fn a_server_without_clients_stops_at_once() {
    let mut gate = Gate::open(Limits { drain_timeout: Duration::from_hours(1), ..Limits::default() });
    gate.stop();
    gate.ended().await;
}
