//! Heads that two programs could read in two ways, and what every answer tells browsers.

use flow_gateway::access::surface::Surface;
use flow_gateway::server::Limits;

use super::gate::Gate;

/// What a head is answered, alone on its connection.
async fn refused(gate: &Gate, head: &str) {
    let mut line = gate.line().await;
    line.send(head).await;
    let answer = line.answer().await;
    answer.is_problem(400, "malformed_request");
    assert_eq!(answer.header("connection"), Some("close"), "{head}");
    line.closed().await;
}

#[tokio::test]
async fn a_client_that_speaks_http_2_is_told_that_nobody_here_does() {
    let gate = Gate::open(Limits::default());
    let mut line = gate.line().await;
    line.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let answer = line.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (505, Some("close")));
    line.closed().await;
}

#[tokio::test]
async fn a_request_names_exactly_one_host_in_its_form() {
    let gate = Gate::open(Limits::default());
    for hosts in [
        "",
        "Host: one\r\nHost: two\r\n",
        "Host: one\r\nhost: one\r\n",
        "Host:\r\n",
        "Host: a b/c?d\r\n",
        "Host: user@a\r\n",
        "Host: a, b\r\n",
        "Host: a/b\r\n",
        "Host: a:b\r\n",
        "Host: [::1\r\n",
        "Host: \u{e9}.example\r\n",
    ] {
        refused(&gate, &format!("GET / HTTP/1.1\r\n{hosts}\r\n")).await;
    }
    refused(&gate, "GET / HTTP/1.0\r\nHost: a b\r\n\r\n").await;
    for host in ["test", "api.example:443", "127.0.0.1", "[::1]:80"] {
        let mut line = gate.line().await;
        line.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(line.answer().await.status, 200, "{host}");
    }
    let mut line = gate.line().await;
    line.send("GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(line.answer().await.status, 200, "HTTP/1.0 needs no host");
}

#[tokio::test]
async fn a_target_that_carries_credentials_is_a_400() {
    let gate = Gate::open(Limits::default());
    for user in ["flow_sk_0123456789abcdef", "anna:secret", ""] {
        refused(&gate, &format!("GET http://{user}@test/ HTTP/1.1\r\nHost: test\r\n\r\n")).await;
    }
    let mut line = gate.line().await;
    line.send("GET http://test/ HTTP/1.1\r\nHost: test\r\n\r\n").await;
    assert_eq!(line.answer().await.status, 200);
}

#[tokio::test]
async fn a_body_is_framed_in_chunks_once_or_not_at_all() {
    let gate = Gate::open(Limits::default());
    for codings in [
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
    ] {
        refused(&gate, &format!("POST /read HTTP/1.1\r\nHost: test\r\n{codings}\r\n3\r\nabc\r\n0\r\n\r\n")).await;
    }
    let mut line = gate.line().await;
    line.send("POST /read HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").await;
    assert_eq!(line.answer().await.body, "abc");
}

#[tokio::test]
async fn every_answer_tells_browsers_what_they_may_do_with_it() {
    for (surface, readers) in
        [(Surface::Management, "same-origin"), (Surface::Storefront, "cross-origin"), (Surface::Studio, "same-origin")]
    {
        let gate = Gate::open_as(surface, Limits::default());
        let mut line = gate.line().await;
        for path in ["/", "/bare/404", "/refuse", "/panic", "/bare/304"] {
            let answer = line.get(path).await;
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
            assert_eq!(answer.header("cross-origin-resource-policy"), Some(readers), "{answer:?}");
            let policy = answer.header("content-security-policy").expect("a policy");
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
            assert_eq!(answer.header("strict-transport-security"), None, "http");
        }
        let mut probes = super::line::Line::to(gate.ops).await;
        let probe = probes.get("/").await;
        assert_eq!(probe.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(probe.header("cross-origin-resource-policy"), Some("same-origin"));
    }
}

#[tokio::test]
async fn a_refusal_of_what_cannot_be_read_tells_browsers_the_same() {
    for (surface, readers) in [(Surface::Management, "same-origin"), (Surface::Storefront, "cross-origin")] {
        let gate = Gate::open_as(surface, Limits::default());
        let start = "GET / HTTP/1.1\r\nHost: test\r\n";
        let many = "A: b\r\n".repeat(100);
        for (sent, status) in [
            ("NOT HTTP\r\n\r\n".to_owned(), 400),
            ("GET /\u{1} HTTP/1.1\r\nHost: test\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/9\r\n\r\n".to_owned(), 400),
            (format!("{start}no colon\r\n\r\n"), 400),
            (format!("{start} folded: yes\r\n\r\n"), 400),
            (format!("{start}Content-Length: ten\r\n\r\n"), 400),
            (format!("{start}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), 400),
            (format!("{start}{many}\r\n"), 431),
            (format!("{start}A: {}\r\n\r\n", "b".repeat(20_000)), 431),
            (format!("GET /{} HTTP/1.1\r\nHost: test\r\n\r\n", "b".repeat(20_000)), 431),
            ("POST /read HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505),
        ] {
            // By itself, and behind a request that was answered.
            for before in ["", "GET / HTTP/1.1\r\nHost: test\r\n\r\n"] {
                let mut line = gate.line().await;
                line.send(format!("{before}{sent}")).await;
                if !before.is_empty() {
                    assert_eq!(line.answer().await.status, 200);
                    if status == 505 {
                        continue;
                    }
                }
                let answer = line.answer().await;
                assert_eq!(answer.status, status, "{sent}");
                assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{sent}");
                assert_eq!(answer.header("cross-origin-resource-policy"), Some(readers), "{sent}");
                assert!(answer.header("content-security-policy").is_some(), "{sent}");
                assert_eq!(line.rest().await, "", "{sent}");
            }
        }
    }
}

#[tokio::test]
async fn a_surface_that_is_reached_by_https_has_browsers_stay_there_on_every_answer() {
    let gate = Gate::open_by_https(Surface::Studio);
    let mut line = gate.line().await;
    for path in ["/", "/bare/404", "/refuse", "/panic", "/bare/304"] {
        assert_eq!(line.get(path).await.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
    }
    let mut probes = super::line::Line::to(gate.ops).await;
    assert_eq!(probes.get("/").await.header("strict-transport-security"), None, "another surface, reached by http");
}
