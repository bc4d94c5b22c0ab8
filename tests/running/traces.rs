//! Traces: `--otlp-endpoint`, `--otlp-sample` and `traceparent`, with the binary and a collector that takes the spans, refuses them or
//! says nothing.

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    cli::gateway::{Home, PASSWORD, Running, call, wait_until},
    support::{
        certificates::Authority,
        collector::{CollectorServer, Manner, SeenSpan},
    },
};

const LIST: &str = "/v1/instructors";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{CALLER}-{flags}")
}

/// A server that exports there, and writes its log in JSON.
fn serving(home: &Home, endpoint: &str, flags: &[&str]) -> Running {
    home.serve(&[&["--otlp-endpoint", endpoint, "--log-format", "json"][..], flags].concat())
}

/// The line of the request with this id.
fn line(server: &Running, id: &str) -> Value {
    let wanted = format!(r#""request_id":"{id}""#);
    server.has_logged(&wanted);
    let log = server.log();
    let line = log.lines().find(|line| line.contains(&wanted) && line.contains(r#""status""#));
    serde_json::from_str(line.unwrap_or_else(|| panic!("{id} is in {log}"))).expect("JSON")
}

/// The span of the request with this id, once it has come.
fn span(collector: &CollectorServer, id: &str) -> SeenSpan {
    let find = || collector.spans().into_iter().find(|span| span.attributes["flow.request_id"] == id);
    wait_until(|| find().is_some(), || format!("{id} is in {:?}", collector.spans()));
    find().expect("it is there")
}

fn metric(server: &Running, name: &str) -> u64 {
    let page = call("GET", &format!("{}/metrics", server.at["ops"]), "", &[], None).1;
    let page = page.as_str().expect("a page");
    let sample = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    sample.unwrap_or_else(|| panic!("{name}: {page}")).parse().expect("a number")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text"))
}

#[test]
fn each_request_is_a_span_that_tells_what_its_log_line_does() {
    let (home, collector) = (Home::on_sqlite(), CollectorServer::start(Manner::Take));
    let studio = home.studio("casa")["id"].clone();
    let (secret, site) = (home.secret_key("instructors:read"), home.publishable_key());
    let server = serving(&home, &collector.url(), &[]);
    let none = &Value::Null;
    let (secret_key, site_key) = (&secret["key"], &site["key"]);
    let (secret_id, site_id) = (text(&secret["id"]), text(&site["id"]));
    let row = "/v1/instructors/ins_x";
    let calls = [
        (
            "a",
            "management",
            LIST,
            secret_key,
            200,
            Some("/v1/instructors"),
            Some("managementListInstructors"),
            secret_id,
        ),
        ("b", "management", row, secret_key, 405, Some("/v1/instructors/{instructorId}"), None, secret_id),
        ("c", "management", LIST, none, 401, Some("/v1/instructors"), None, ""),
        ("d", "management", "/v1/plans", secret_key, 403, Some("/v1/plans"), Some("managementListPlans"), secret_id),
        ("e", "management", "/v1/nothing", secret_key, 404, None, None, secret_id),
        ("f", "storefront", LIST, site_key, 200, Some("/v1/instructors"), Some("storefrontListInstructors"), site_id),
        // The answer is kept by now.
        ("g", "storefront", LIST, site_key, 200, Some("/v1/instructors"), Some("storefrontListInstructors"), site_id),
        ("h", "members", "/v1/me", none, 401, Some("/v1/me"), None, ""),
        ("i", "studio", "/studio/sign-in", none, 200, Some("/studio/sign-in"), Some("studioSignInPage"), ""),
        ("j", "members", "/calendar/x.ics", none, 404, Some("/calendar/{file}"), None, ""),
    ];
    for (id, surface, path, key, status, ..) in calls {
        assert_eq!(server.call(surface, path, key, &[("x-request-id", id)]).0, status, "{surface} {path}");
    }
    let mut traces = BTreeSet::new();
    for (id, surface, path, _, status, route, operation, key_id) in calls {
        let (span, line) = (span(&collector, id), line(&server, id));
        assert_eq!(span.name, route.map_or("GET".to_owned(), |route| format!("GET {route}")), "{path}");
        assert!(span.is_of_a_server && !span.is_an_error && span.parent_id.is_empty(), "{span:?}");
        let told = |name: &str| span.attributes.get(name).map(String::as_str);
        assert_eq!(told("http.request.method"), Some("GET"));
        assert_eq!(told("http.route"), route);
        assert_eq!(told("http.response.status_code"), Some(status.to_string().as_str()));
        assert_eq!(told("url.scheme"), Some("http"));
        assert_eq!(told("error.type"), None);
        assert_eq!(told("flow.surface"), Some(surface));
        assert_eq!(told("flow.operation"), operation, "{path}");
        assert_eq!(told("flow.key_id").unwrap_or_default(), key_id);
        assert_eq!(told("flow.studio"), if key_id.is_empty() { None } else { studio.as_str() });
        for (attribute, field) in [
            ("flow.operation", "operation"),
            ("flow.studio", "studio"),
            ("flow.code", "code"),
            ("flow.surface", "surface"),
        ] {
            assert_eq!(told(attribute), line[field].as_str(), "{line}");
        }
        assert_eq!((&*span.trace_id, &*span.span_id), (text(&line["trace_id"]), text(&line["span_id"])));
        assert_eq!(span.nanos / 1000, line["duration_us"].as_u64().expect("a number"), "{line}");
        assert_eq!(span.resource["service.name"], "flow-gateway");
        assert_eq!(span.resource["service.version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(span.resource["service.instance.id"].len(), 36);
        traces.insert(span.trace_id);
    }
    assert_eq!(traces.len(), calls.len(), "each is a trace of its own");
    for batch in collector.batches() {
        assert_eq!(batch.path, "/v1/traces");
        assert_eq!(batch.headers["content-type"], "application/x-protobuf");
        assert!(batch.headers["user-agent"].to_str().is_ok_and(|name| name.starts_with("flow-gateway/")));
    }
    server.call("ops", "/healthz", none, &[("x-request-id", "probe")]);
    server.call("management", LIST, none, &[("x-request-id", "last")]);
    span(&collector, "last");
    assert!(collector.spans().iter().all(|span| span.attributes["flow.request_id"] != "probe"), "probes are no spans");
    assert_eq!(metric(&server, "flow_spans_dropped_total"), 0);
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn a_failure_of_ours_is_a_span_with_an_error_that_does_not_tell_its_cause() {
    let (home, collector) = (Home::on_sqlite(), CollectorServer::start(Manner::Take));
    home.studio("casa");
    let key = &home.secret_key("instructors:read")["key"];
    let server = serving(&home, &collector.url(), &[]);
    fs::rename(home.path("flow.db"), home.path("moved.db")).expect("moved");
    let call = || server.call("management", LIST, key, &[("x-request-id", "failed")]).0;
    wait_until(|| call() == 503, || "the file was missed".to_owned());
    let failed = || collector.spans().into_iter().find(|span| span.is_an_error);
    wait_until(|| failed().is_some(), || format!("an error is in {:?}", collector.spans()));
    let failed = failed().expect("it is there");
    let told = ["http.response.status_code", "error.type", "flow.code"].map(|name| failed.attributes[name].as_str());
    assert_eq!(told, ["503", "503", "unavailable"]);
    assert_eq!(failed.name, "GET /v1/instructors");
}

#[test]
fn a_valid_traceparent_is_continued_and_its_caller_decides_whether_the_span_is_exported() {
    let (home, collector) = (Home::on_sqlite(), CollectorServer::start(Manner::Take));
    let server = serving(&home, &collector.url(), &["--otlp-sample", "0"]);
    let ask = |id: &str, header: Option<&str>| {
        let mut headers = vec![("x-request-id", id)];
        headers.extend(header.map(|header| ("traceparent", header)));
        server.call("management", LIST, &Value::Null, &headers);
        line(&server, id)
    };
    let unsampled = ask("unsampled", Some(&traceparent("00")));
    assert_eq!(text(&unsampled["trace_id"]), TRACE);
    let alone = ask("alone", None);
    assert_eq!(
        (text(&alone["trace_id"]).len(), text(&alone["span_id"]).len()),
        (32, 16),
        "the log has ids all the same"
    );
    for (id, header) in [("sampled", traceparent("01")), ("later", format!("cc-{TRACE}-{CALLER}-01-more"))] {
        let line = ask(id, Some(&header));
        let span = span(&collector, id);
        assert_eq!((&*span.trace_id, &*span.parent_id), (TRACE, CALLER), "{header}");
        assert_eq!((text(&line["trace_id"]), text(&line["span_id"])), (TRACE, &*span.span_id));
        assert_ne!(span.span_id, CALLER);
    }
    let exported: Vec<_> =
        collector.spans().into_iter().map(|span| span.attributes["flow.request_id"].clone()).collect();
    assert_eq!(exported, ["sampled", "later"], "the others came before");
}

#[test]
fn a_traceparent_that_is_not_valid_is_as_none_and_logged_nowhere() {
    let (home, collector) = (Home::on_sqlite(), CollectorServer::start(Manner::Take));
    let server = serving(&home, &collector.url(), &["--log-level", "trace"]);
    let valid = traceparent("01");
    let oversize = format!("{valid}-{}", "otherword".repeat(700));
    let zero = (format!("00-{}-{CALLER}-01", "0".repeat(32)), format!("00-{TRACE}-{}-01", "0".repeat(16)));
    let hostile = [vec!["otherword"], vec![&*oversize], vec![&*zero.0], vec![&*zero.1], vec![&*valid, &*valid]];
    let upper = valid.to_uppercase();
    let version = valid.replacen("00", "ff", 1);
    for (number, headers) in hostile.into_iter().chain([vec![&*upper], vec![&*version]]).enumerate() {
        let id = format!("hostile-{number}");
        let mut all = vec![("x-request-id", id.as_str())];
        all.extend(headers.iter().map(|header| ("traceparent", *header)));
        // Of refusals not each has a line.
        assert_eq!(server.call("studio", "/studio/sign-in", &Value::Null, &all).0, 200, "{headers:?}");
        let (line, span) = (line(&server, &id), span(&collector, &id));
        assert_eq!((&*span.trace_id, &*span.span_id), (text(&line["trace_id"]), text(&line["span_id"])));
        assert!(span.trace_id != TRACE && span.trace_id != "0".repeat(32) && span.parent_id.is_empty(), "{span:?}");
    }
    let log = server.stop().1;
    for part in ["otherword", TRACE, CALLER, &TRACE.to_uppercase()] {
        assert!(!log.contains(part), "{part} is in {log}");
    }
}

#[test]
fn without_a_collector_the_log_still_names_the_callers_trace() {
    let home = Home::on_sqlite();
    let server = home.serve(&["--log-format", "json"]);
    server.call("storefront", LIST, &Value::Null, &[("x-request-id", "traced"), ("traceparent", &traceparent("00"))]);
    let traced = line(&server, "traced");
    assert_eq!((text(&traced["trace_id"]), text(&traced["span_id"])), (TRACE, CALLER));
    for (id, header) in [("untraced", None), ("hostile", Some("00-0-0-00"))] {
        let mut headers = vec![("x-request-id", id)];
        headers.extend(header.map(|header| ("traceparent", header)));
        server.call("storefront", LIST, &Value::Null, &headers);
        let line = line(&server, id);
        assert!(line.get("trace_id").is_none() && line.get("span_id").is_none(), "{line}");
    }
    let page = call("GET", &format!("{}/metrics", server.at["ops"]), "", &[], None).1;
    assert!(!text(&page).contains("flow_spans"), "{page}");
}

#[test]
fn no_secret_of_a_request_leaves_with_its_span() {
    let (home, collector) = (Home::on_sqlite(), CollectorServer::start(Manner::Take));
    home.studio("casa");
    let secret = home.secret_key("instructors:read,instructors:write");
    let key = text(&secret["key"]);
    let server = serving(&home, &collector.url(), &[]);
    let feed = format!("flow_cf_{}", "c".repeat(40));
    let at = |surface: &str, path: &str| format!("{}{path}", server.at[surface]);
    let json = [("content-type", "application/json"), ("x-private", "headerword")];
    call("GET", &at("management", "/v1/instructors?q=queryword&limit=1"), key, &json, None);
    call("POST", &at("management", LIST), key, &json, Some(r#"{"display_name": "Bodyword"}"#));
    call("GET", &at("management", &format!("/v1/{key}?key={key}")), "", &json, None);
    call("GET", &at("management", LIST), &format!("{key}x"), &json, None);
    call("GET", &at("members", &format!("/calendar/{feed}.ics")), "", &json, None);
    call("GET", &at("members", "/invitation/pathword"), "", &json, None);
    call("PURGEWORD", &at("studio", "/studio/sign-in"), "", &json, None);
    let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let typed = format!("email=owner%40studio.example&password={}", PASSWORD.replace(' ', "+"));
    call("POST", &at("studio", "/studio/sign-in"), "", &form, Some(&typed));
    let cookie = [("cookie", "flow_session=cookieword"), ("x-request-id", "last")];
    call("GET", &at("studio", "/studio/api-keys"), "", &cookie, None);
    span(&collector, "last");
    let spans = collector.spans();
    let has = |name: &str, status: &str| {
        spans.iter().any(|span| span.name == name && span.attributes["http.response.status_code"] == status)
    };
    assert!(has("POST /studio/sign-in", "303") && spans.iter().any(|span| span.name.starts_with("HTTP ")), "{spans:?}");
    assert!(spans.len() > 8, "{spans:?}");
    let sent: Vec<u8> = collector.batches().iter().flat_map(|batch| batch.body.to_vec()).collect();
    let sent = String::from_utf8_lossy(&sent).into_owned();
    assert!(sent.contains(text(&secret["id"])) && sent.contains("managementListInstructors"));
    let words = [
        "queryword",
        "headerword",
        "Bodyword",
        "pathword",
        "PURGEWORD",
        "cookieword",
        "flow_sk_",
        "flow_cf_",
        "127.0.0",
    ];
    for word in words.into_iter().chain([key, &key[8..20], &feed[8..], PASSWORD, "unlikely", "owner@", "owner%40"]) {
        assert!(!sent.contains(word), "{word} is in {sent}");
    }
}

#[test]
fn a_collector_that_fails_costs_spans_and_nothing_else_and_is_logged_once() {
    let (home, collector) = (Home::on_sqlite(), CollectorServer::start(Manner::Fail));
    let server = serving(&home, &collector.url(), &[]);
    for batch in 1..4 {
        assert_eq!(server.call("management", LIST, &Value::Null, &[]).0, 401);
        let lost = || metric(&server, "flow_spans_dropped_total");
        wait_until(|| lost() == batch, || format!("{} spans are lost", lost()));
    }
    assert_eq!(metric(&server, "flow_spans_exported_total"), 0);
    collector.changes_to(Manner::Take);
    // It is over once nothing was lost for five seconds.
    let again = "spans are exported again";
    wait_until(
        || server.call("management", LIST, &Value::Null, &[]).0 == 401 && server.log().contains(again),
        || format!("{again}: {}", server.log()),
    );
    assert!(metric(&server, "flow_spans_exported_total") > 0);
    assert_eq!(metric(&server, "flow_spans_dropped_total"), 3);
    let (code, log) = server.stop();
    assert_eq!((code, log.matches("spans are lost").count(), log.matches(again).count()), (Some(0), 1, 1), "{log}");
    assert!(log.contains("status code: 500") && log.contains(&format!("127.0.0.1:{}", collector.port)), "{log}");
}

#[test]
fn a_collector_that_is_away_or_never_answers_delays_no_request_and_hardly_the_shutdown() {
    let silent = CollectorServer::start(Manner::NeverAnswer);
    for endpoint in [silent.url(), "http://127.0.0.1:1".to_owned()] {
        let home = Home::on_sqlite();
        let server = serving(&home, &endpoint, &[]);
        for _ in 0..20 {
            let since = Instant::now();
            assert_eq!(server.call("management", LIST, &Value::Null, &[]).0, 401);
            assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
        }
        let since = Instant::now();
        let (code, log) = server.stop();
        assert_eq!(code, Some(0), "{log}");
        assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
        assert!(log.contains("spans are lost"), "{log}");
    }
}

#[test]
fn the_last_spans_are_exported_before_the_server_ends() {
    let (home, collector) = (Home::on_sqlite(), CollectorServer::start(Manner::Take));
    let server = serving(&home, &collector.url(), &[]);
    for _ in 0..3 {
        server.call("storefront", LIST, &Value::Null, &[]);
    }
    assert_eq!(server.stop().0, Some(0));
    assert_eq!(collector.spans().len(), 3);
}

#[test]
fn a_collector_is_reached_over_tls_if_its_certificate_is_right_and_gets_the_headers_of_the_standard_variable() {
    let authority = Authority::new();
    let collector = CollectorServer::with_tls(&authority.sign("localhost"));
    let endpoint = format!("https://localhost:{}/otlp", collector.port);
    for (trusted, failure) in [(&authority, None), (&Authority::new(), Some("certificate"))] {
        let home = Home::on_sqlite();
        let file = home.write("authority.pem", &trusted.pem());
        let mut command = home.serving(&[]);
        command.env("SSL_CERT_FILE", file).env("FLOW_OTLP_ENDPOINT", &endpoint);
        command.env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cretword");
        command.env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.name=other");
        let server = Running::start(&home, command);
        server.call("management", LIST, &Value::Null, &[("x-request-id", "over-tls")]);
        match failure {
            None => {
                let span = span(&collector, "over-tls");
                assert_eq!(span.resource["deployment.environment.name"], "test");
                assert_eq!(span.resource["service.name"], "flow-gateway");
                let batch = &collector.batches()[0];
                assert_eq!(
                    (&*batch.path, &batch.headers["authorization"]),
                    ("/otlp/v1/traces", &"Bearer s3cretword".parse().expect("a value"))
                );
            }
            Some(failure) => server.has_logged(failure),
        }
        let (code, log) = server.stop();
        assert!(code == Some(0) && !log.contains("s3cretword"), "{log}");
    }
    assert_eq!(collector.spans().len(), 1);
}

#[test]
fn a_wrong_address_or_ratio_is_refused_and_never_repeated() {
    let home = Home::on_sqlite();
    for (endpoint, word) in [
        ("http://otel.example:4318/hunter2", "?tls=none"),
        ("https://u:hunter2@otel.example", "OTEL_EXPORTER_OTLP_HEADERS"),
        ("grpc://hunter2", "https://HOST:4318"),
    ] {
        let mut command = home.serving(&[]);
        command.env("FLOW_OTLP_ENDPOINT", endpoint);
        let said = crate::cli::gateway::end(command, "").fails(2);
        assert!(said.contains("FLOW_OTLP_ENDPOINT") && said.contains(word) && !said.contains("hunter2"), "{said}");
    }
    for ratio in ["1.1", "-0.1", "half", "NaN"] {
        let said = home.run(&["serve", &format!("--otlp-sample={ratio}")]).fails(2);
        assert!(said.contains("--otlp-sample") && said.contains("from 0 to 1"), "{said}");
    }
    for (written, is_fine) in
        [("0.25", true), ("1", true), ("'0.5'", true), ("2", false), ("true", false), ("[]", false)]
    {
        let file = home.write("flow.toml", &format!("otlp_sample = {written}\n"));
        if is_fine {
            assert_eq!(home.serve(&["--config", &file]).stop().0, Some(0), "{written}");
        } else {
            let said = home.run(&["serve", "--config", &file]).fails(2);
            assert!(said.contains("`otlp_sample` is not a number from 0 to 1"), "{said}");
        }
    }
}
