//! The documents, tried by schemathesis: it calls a running demo with what its documents allow and with what they do
//! not, follows ids from answer to answer, and holds each answer against the document.

use std::process::Command;

use flow_gateway::access::scope::Scope;
use serde_json::json;

use super::python_with;
use crate::{
    cli::gateway::{Home, Running, on_both_engines},
    support::needs::Need,
};

const SCHEMATHESIS: Need = Need { program: "python3 with schemathesis", variable: "FLOW_TEST_ORACLE" };
/// The demo's studio.
const OURS: &str = "casa-prana";
/// The studio that reads nothing of the demo's.
const ANOTHER: &str = "another";
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle");

/// Calls each operation of a surface of the demo; the same calls each time, so that what one run found, the next finds.
/// Links are followed first, while all that the demo has made is there; content, which no call can create, is there again
/// for the others. A surface that only reads has few links, and few scenarios follow them all.
fn tried(home: &Home, demo: &Running, (surface, scenarios): (&str, &str), kind: &[&str]) {
    let Some(python) = python_with("schemathesis") else { return SCHEMATHESIS.is_missing() };
    let [ours, others] = [OURS, ANOTHER].map(|studio| authorization(home, studio, kind));
    let named =
        |name: &str, value: &str| json!({"name": name, "fixedHeaders": [{"name": "Authorization", "value": value}]});
    let keys = json!({"auth": [named("ours", &ours), named("another's", &others)]});
    home.write("keys.json", &keys.to_string());
    let url = &demo.at[surface];
    let try_out = |phases: &str, examples: &str| {
        let mut run = Command::new(&python);
        run.args(["-m", "schemathesis.cli", "--config-file", &format!("{HERE}/schemathesis.toml"), "run"])
            .args([&format!("{url}/openapi.json"), "--url", url, "--checks", "all"])
            // Said here as well, so that no other is made up while something else is wrong.
            .args(["--header", &format!("Authorization: {ours}")])
            .args([
                "--max-examples",
                examples,
                "--seed",
                "2026",
                "--generation-database",
                "none",
                "--continue-on-failure",
            ])
            .args(["--phases", phases])
            .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
            .env("PYTHONPATH", HERE)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(home.directory.path());
        let ended = run.output().expect("schemathesis runs");
        let told = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{told}\n{}", demo.log());
        told
    };
    let content = home.path(surface).join("content.jsonl").display().to_string();
    home.run(&["export", "--studio", OURS, &home.path(surface).display().to_string()]).done();
    let told = try_out("stateful", scenarios);
    let (followed, all) = links(&told).expect("how many links were followed");
    assert!(2 * followed >= all, "{surface}: of {all} links only {followed} were followed: {told}");
    home.run(&["import", "--studio", OURS, &content]).done();
    try_out("examples,coverage,fuzzing", "15");
}

/// What a call says with a new key of a studio.
fn authorization(home: &Home, studio: &str, kind: &[&str]) -> String {
    let create = ["keys", "create", "--studio", studio, "--name", "Tried", "--json", "--kind"];
    let key = home.run(&[&create[..], kind].concat()).json();
    format!("Bearer {}", key["key"].as_str().expect("a key"))
}

/// How many of the document's links were followed: `API Links: 34 covered / 57 selected / 57 total`.
fn links(told: &str) -> Option<(u32, u32)> {
    let (_, counts) = told.split_once("API Links:")?;
    let mut numbers = counts.lines().next()?.split('/').map(|part| part.split_whitespace().next()?.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[apply(on_both_engines!)]
fn every_answer_is_one_that_its_document_allows(home: Home) {
    let demo = home.demo_here(&["--rate-limits", "off"]);
    home.studio(ANOTHER);
    let scopes = Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(",");
    tried(&home, &demo, ("storefront", "100"), &["publishable"]);
    tried(&home, &demo, ("management", "400"), &["secret", "--scopes", &scopes]);
    assert!(!demo.log().contains("ERROR"), "{}", demo.log());
}
