//! `docs/metrics.md` and `examples/monitoring`: they name what the program tells, all of it and nothing else.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::Value;

use crate::{
    cli::gateway::{Home, call, wait_until},
    support::{log_fields::log_fields, needs::on_path, redis::RedisServer},
};

const PAGE: &str = include_str!("../../docs/metrics.md");
const ALERTS: &str = include_str!("../../examples/monitoring/alerts.yaml");
const DASHBOARD: &str = include_str!("../../examples/monitoring/dashboard.json");

/// What stands in code in the first column of the table under this heading, with the rest of its line.
fn listed(heading: &str) -> Vec<(String, &'static str)> {
    let part = PAGE.split("\n## ").find(|part| part.starts_with(heading)).expect("a part");
    let rows = part.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    rows.flat_map(|(first, rest)| first.split('`').skip(1).step_by(2).map(move |name| (name.to_owned(), rest)))
        .collect()
}

fn names(heading: &str) -> BTreeSet<String> {
    listed(heading).into_iter().map(|(name, _)| name).collect()
}

/// The name and the kind of each metric on a page, as samples have it.
fn told(page: &str) -> BTreeSet<(String, String)> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let sample = |(name, kind): (&str, &str)| {
        let suffix = match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        (format!("{name}{suffix}"), kind.to_owned())
    };
    types.map(sample).collect()
}

/// The samples of a metric.
fn samples<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    page.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))).collect()
}

#[test]
fn the_page_of_metrics_lists_each_with_its_kind_and_each_task_that_runs() {
    let Some(redis) = RedisServer::start() else { return };
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = &home.secret_key("instructors:read")["key"];
    // Nobody listens at port 1.
    let others = ["--smtp-url", "smtp://127.0.0.1:1?tls=none", "--otlp-endpoint", "http://127.0.0.1:1"];
    let server = home.serve(&[&["--redis-url", &redis.url()][..], &others].concat());
    for (key, expected) in [(key, 200), (key, 200), (&Value::Null, 401)] {
        assert_eq!(server.call("management", "/v1/instructors", key, &[]).0, expected);
    }
    let asks = [("origin", "https://casa.example"), ("access-control-request-method", "GET")];
    let asks = [&asks[..], &[("access-control-request-headers", "authorization")]].concat();
    call("OPTIONS", &format!("{}/v1/instructors", server.at["management"]), "", &asks, None);
    let metrics = || call("GET", &format!("{}/metrics", server.at["ops"]), "", &[], None).1;
    let metrics = || metrics().as_str().expect("a page").to_owned();
    // Every task runs once at the start.
    let has_run = |page: &str| samples(page, "flow_task_last_success_timestamp_seconds").len();
    wait_until(
        || has_run(&metrics()) == names("Background tasks").len(),
        || format!("every task has run in {}{}", metrics(), server.log()),
    );
    let page = metrics();
    let kind = |rest: &str| rest.split(" | ").next().expect("a kind").to_owned();
    let wanted: BTreeSet<_> = listed("Metrics").into_iter().map(|(name, rest)| (name, kind(rest))).collect();
    let wanted: BTreeSet<_> =
        wanted.into_iter().filter(|(name, _)| name.starts_with("flow_") || name.starts_with("process_")).collect();
    assert_eq!(told(&page), wanted);
    let tasks: BTreeSet<_> = samples(&page, "flow_task_last_success_timestamp_seconds")
        .into_iter()
        .filter_map(|line| line.split('"').nth(1).map(str::to_owned))
        .collect();
    assert_eq!(tasks, names("Background tasks"));

    for line in [
        r#"flow_http_requests_total{surface="management",operation="managementListInstructors",status="200"} 2"#,
        r#"flow_http_refusals_total{surface="management",code="missing_key"} 2"#,
        r#"flow_management_preflights_total{origin="https://casa.example"} 1"#,
        "flow_answer_cache_misses_total 1",
        "flow_answer_cache_hits_total 1",
        "flow_mail_waiting 0",
        "flow_redis_connected 1",
    ] {
        assert!(page.contains(line), "{line} is not in {page}");
    }
    let number = |name: &str| samples(&page, name)[0].split(' ').nth(1).and_then(|text| text.parse::<f64>().ok());
    assert!(number("process_resident_memory_bytes").is_some_and(|bytes| bytes > 1e6), "{page}");
    assert!(number("process_open_fds") < number("process_max_fds"), "{page}");
    assert!(number("process_start_time_seconds").is_some_and(|seconds| seconds > 1e9), "{page}");
}

#[test]
fn the_page_of_log_fields_lists_each_that_a_line_may_have() {
    assert_eq!(names("Logs"), log_fields());
}

/// The metrics that an expression names.
fn metrics_of(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let words = words.filter(|word| word.starts_with("flow_") || word.starts_with("process_"));
    words.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}

/// All texts under this name, at any depth.
fn texts(value: &Value, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| texts(one, name, found)),
        Value::Object(all) => {
            found.extend(all.get(name).and_then(Value::as_str).map(str::to_owned));
            all.values().for_each(|one| texts(one, name, found));
        }
        _ => {}
    }
}

#[test]
fn alerts_and_dashboard_name_metrics_that_exist() {
    let known = names("Metrics");
    let alerts: Value = serde_saphyr::from_str(ALERTS).expect("YAML");
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    for (file, fewest) in [(&alerts, 12), (&dashboard, 20)] {
        let mut expressions = Vec::new();
        texts(file, "expr", &mut expressions);
        assert!(expressions.len() >= fewest, "{expressions:?}");
        for expression in expressions {
            let named = metrics_of(&expression);
            assert!(!named.is_empty() || expression.starts_with("up{"), "{expression}");
            assert!(named.is_subset(&known), "{expression}");
        }
    }
    let mut severities = Vec::new();
    texts(&alerts, "severity", &mut severities);
    assert!(severities.iter().all(|severity| severity == "page" || severity == "ticket"));
}

#[test]
fn prometheus_takes_the_alerts() {
    if on_path("promtool").is_none() {
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/monitoring/alerts.yaml");
    let checked = Command::new("promtool").args(["check", "rules"]).arg(file).output().expect("promtool runs");
    assert!(checked.status.success(), "{checked:?}");
}
