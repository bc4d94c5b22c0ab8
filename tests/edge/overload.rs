//! More than the gateway can hold.

use flow_gateway::access::surface::Surface;
use flow_gateway::server::Limits;

use super::{gate::Gate, line::Line};

#[tokio::test]
async fn a_connection_over_the_cap_is_told_so_and_closed() {
    let gate = Gate::open(Limits { connections: 1, ..Limits::default() });
    let mut inside = gate.line().await;
    assert_eq!(inside.get("/").await.status, 200);

    let mut outside = gate.line().await;
    let refusal = outside.answer().await;
    refusal.is_problem(503, "overloaded");
    assert_eq!(refusal.header("retry-after"), Some("1"));
    assert_eq!(outside.rest().await, "");
    assert!(gate.metrics.encode().contains(r#"flow_shed_total{what="connection"} 1"#));

    assert_eq!(inside.get("/").await.status, 200, "who is inside goes on");
    assert_eq!(Line::to(gate.ops).await.get("/").await.status, 200, "probes still answer");
}

#[tokio::test]
async fn a_refused_connection_that_sent_its_request_can_read_why() {
    let gate = Gate::open(Limits { connections: 0, ..Limits::default() });
    for _ in 0..20 {
        let mut line = gate.line().await;
        line.try_send("GET / HTTP/1.1\r\nHost: test\r\n\r\n").await.ok();
        line.answer().await.is_problem(503, "overloaded");
    }
}

#[tokio::test]
async fn a_page_can_read_that_its_connection_was_refused_and_servers_get_no_cors() {
    for (surface, opened) in [(Surface::Storefront, Some("*")), (Surface::Api, Some("*")), (Surface::Management, None)]
    {
        let limits = Limits { connections: 0, ..Limits::default() };
        let gate = Gate::open_as(surface, limits);
        let refusal = gate.line().await.answer().await;
        refusal.is_problem(503, "overloaded");
        assert_eq!(refusal.header("access-control-allow-origin"), opened, "{surface:?}");
        let exposed =
            refusal.header("access-control-expose-headers").is_some_and(|names| names.contains("Retry-After"));
        assert_eq!(exposed, opened.is_some(), "{surface:?}");
    }
}

#[tokio::test]
async fn there_is_room_again_once_a_connection_has_ended() {
    let gate = Gate::open(Limits { connections: 1, ..Limits::default() });
    assert_eq!(gate.line().await.get("/").await.status, 200);
    while gate.line().await.get("/").await.status == 503 {}
}

/// Two loopback addresses: two client networks.
const ONE: [u8; 4] = [127, 0, 0, 1];
const OTHER: [u8; 4] = [127, 0, 0, 2];

#[tokio::test]
async fn one_client_network_does_not_take_the_room_of_all() {
    let gate = Gate::open(Limits { connections: 3, connections_per_network: 2, ..Limits::default() });
    let (mut first, mut second) = (Line::from(ONE, gate.addr).await, Line::from(ONE, gate.addr).await);
    for inside in [&mut first, &mut second] {
        assert_eq!(inside.get("/").await.status, 200);
    }
    for _ in 0..5 {
        let mut third = Line::from(ONE, gate.addr).await;
        let refusal = third.answer().await;
        refusal.is_problem(503, "overloaded");
        assert_eq!(refusal.header("retry-after"), Some("1"));
        assert_eq!(third.rest().await, "");
    }
    let page = gate.metrics.encode();
    assert!(
        page.contains(r#"flow_shed_total{what="connection"} 5"#) && page.contains("flow_connections_open 2"),
        "{page}"
    );
    assert_eq!(Line::to(gate.ops).await.get("/").await.status, 200, "probes are not counted");

    let mut other = Line::from(OTHER, gate.addr).await;
    assert_eq!(other.get("/").await.status, 200, "there is room for others");
    Line::from(OTHER, gate.addr).await.answer().await.is_problem(503, "overloaded");
    drop(other);
    drop(first);
    while Line::from(ONE, gate.addr).await.get("/").await.status == 503 {}
}

#[tokio::test]
async fn a_trusted_proxy_may_take_all_the_room() {
    let limits = Limits { connections: 3, connections_per_network: 1, ..Limits::default() };
    let gate = Gate::open_behind(&["127.0.0.1/32".parse().expect("a network")], Surface::Management, limits);
    let mut inside = Vec::new();
    for _ in 0..3 {
        let mut line = Line::from(ONE, gate.addr).await;
        assert_eq!(line.get("/").await.status, 200);
        inside.push(line);
    }
    Line::from(ONE, gate.addr).await.answer().await.is_problem(503, "overloaded");
}

#[tokio::test]
async fn a_request_over_the_cap_is_a_503_and_probes_still_answer() {
    let gate = Gate::open(Limits { requests: 1, ..Limits::default() });
    let (mut first, mut second) = (gate.line().await, gate.line().await);
    first.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n").await;
    gate.hall.entered().await;

    let refusal = second.get("/").await;
    refusal.is_problem(503, "overloaded");
    assert_eq!(refusal.header("retry-after"), Some("1"));
    assert!(gate.metrics.encode().contains(r#"flow_shed_total{what="request"} 1"#));
    assert_eq!(Line::to(gate.ops).await.get("/").await.status, 200);

    gate.hall.let_go();
    assert_eq!(first.answer().await.body, "waited");
    assert_eq!(second.get("/").await.status, 200, "the same connection is served once there is room");
}

/// Starts a request whose body does not come; returns once the service waits for it.
async fn slow_body(gate: &Gate) -> Line {
    let mut line = gate.line().await;
    line.send("POST /read HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(line.answer().await.status, 100, "the service asks for the body");
    line
}

#[tokio::test]
async fn who_sends_a_body_slowly_does_not_take_the_room_of_others() {
    let gate = Gate::open(Limits { requests: 1, ..Limits::default() });
    let (mut one, mut other) = (slow_body(&gate).await, slow_body(&gate).await);
    assert_eq!(gate.line().await.get("/").await.status, 200);
    assert!(gate.metrics.encode().contains("flow_requests_awaiting_body 2"));
    for slow in [&mut one, &mut other] {
        slow.send("abc").await;
        assert_eq!(slow.answer().await.body, "abc");
    }
    let page = gate.metrics.encode();
    assert!(page.contains("flow_requests_awaiting_body 0") && page.contains("flow_requests_in_flight 0"), "{page}");
}

#[tokio::test]
async fn the_room_for_slow_bodies_has_an_end() {
    let gate = Gate::open(Limits { requests: 1, awaiting_body: 1, ..Limits::default() });
    let (_aside, at_work) = (slow_body(&gate).await, slow_body(&gate).await);
    gate.line().await.get("/").await.is_problem(503, "overloaded");
    drop(at_work);
    while gate.line().await.get("/").await.status == 503 {}
}

#[tokio::test]
async fn when_all_room_is_taken_the_network_that_has_most_makes_room_for_another() {
    let gate = Gate::open(Limits { connections: 4, connections_per_network: 4, ..Limits::default() });
    let mut inside = Vec::new();
    for _ in 0..4 {
        let mut line = Line::from(ONE, gate.addr).await;
        assert_eq!(line.get("/").await.status, 200);
        inside.push(line);
    }
    let mut newcomer = Line::from(OTHER, gate.addr).await;
    assert_eq!(newcomer.get("/").await.status, 200);
    assert_eq!(inside.pop().expect("the newest").rest().await, "", "the newest idle one is closed");
    for line in &mut inside {
        assert_eq!(line.get("/").await.status, 200);
    }
    Line::from(ONE, gate.addr).await.answer().await.is_problem(503, "overloaded");
}

#[tokio::test]
async fn a_request_at_work_goes_on_whoever_else_wants_its_connection() {
    let gate = Gate::open(Limits { connections: 2, connections_per_network: 2, ..Limits::default() });
    let mut at_work = [Line::from(ONE, gate.addr).await, Line::from(ONE, gate.addr).await];
    for line in &mut at_work {
        line.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n").await;
        gate.hall.entered().await;
    }
    Line::from(OTHER, gate.addr).await.answer().await.is_problem(503, "overloaded");
    for line in &mut at_work {
        gate.hall.let_go();
        assert_eq!(line.answer().await.body, "waited");
    }
}

#[tokio::test]
async fn probes_have_a_cap_of_their_own_and_a_flood_of_them_keeps_no_other_network_out() {
    let gate = Gate::open(Limits { connections: 0, ops_connections: 3, ..Limits::default() });
    let mut flood = Vec::new();
    for _ in 0..3 {
        let mut line = Line::from(ONE, gate.ops).await;
        assert_eq!(line.get("/").await.status, 200);
        flood.push(line);
    }
    Line::from(ONE, gate.ops).await.answer().await.is_problem(503, "overloaded");
    assert_eq!(Line::from(OTHER, gate.ops).await.get("/").await.status, 200);
}

/// Begins to ask for an answer without an end, and reads nothing of it.
async fn reads_nothing(gate: &Gate, network: [u8; 4]) -> Line {
    let mut line = Line::from(network, gate.addr).await;
    line.send("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n").await;
    gate.hall.entered().await;
    line
}

#[tokio::test]
async fn a_network_that_does_not_read_its_answers_gets_no_more_and_the_others_do() {
    let gate = Gate::open(Limits { unsent_bytes_per_network: 1, ..Limits::default() });
    let slow = reads_nothing(&gate, ONE).await;
    let refused = loop {
        let answer = Line::from(ONE, gate.addr).await.get("/").await;
        if answer.status != 200 {
            break answer;
        }
    };
    refused.is_problem(503, "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(Line::from(OTHER, gate.addr).await.get("/").await.status, 200);
    assert_eq!(Line::from(ONE, gate.ops).await.get("/").await.status, 200, "probes still answer");
    drop(slow);
    gate.hall.left().await;
    while Line::from(ONE, gate.addr).await.get("/").await.status == 503 {}
}
