//! The documents, tried by schemathesis: it calls a running demo with what its documents allow and with what they do
//! not, follows ids from answer to answer, and holds each answer against the document.

use std::process::Command;

use flow_gateway::access::scope::Scope;
use serde_json::json;

use super::python_with;
use crate::{
    cli::gateway::{Home, PASSWORD, Running, call, on_both_engines},
    support::needs::Need,
};

const SCHEMATHESIS: Need = Need { program: "python3 with schemathesis", variable: "FLOW_TEST_ORACLE" };
/// The demo's studio.
const OURS: &str = "casa-prana";
/// The studio that reads nothing of the demo's.
const ANOTHER: &str = "another";
/// The page that members are signed in on.
const PAGE: &str = "https://casa.example";
const PAGE_HEADER: &str = "Origin: https://casa.example";
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle");

/// Calls each operation of a surface of the demo; the same calls each time, so that what one run found, the next finds.
/// Links are followed first, while all that the demo has made is there; content, which no call can create, is there again
/// for the others. A surface that only reads has few links, and few scenarios follow them all.
fn tried(home: &Home, demo: &Running, (surface, scenarios): (&str, &str), [ours, others]: [String; 2]) {
    let Some(python) = python_with("schemathesis") else { return SCHEMATHESIS.is_missing() };
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
            // Tokens of members are used by a page; keys that name no origin do not mind.
            .args(if surface == "members" { vec!["--header", PAGE_HEADER] } else { vec![] })
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
    // Which calls are made is drawn anew with each change of a document: of Management's links it is 28 to 34 in 57.
    assert!(5 * followed >= 2 * all, "{surface}: of {all} links only {followed} were followed: {told}");
    home.run(&["import", "--studio", OURS, &content]).done();
    try_out("examples,coverage,fuzzing", "15");
}

/// What a call says with a new key of a studio.
fn authorization(home: &Home, studio: &str, kind: &[&str]) -> String {
    let create = ["keys", "create", "--studio", studio, "--name", "Tried", "--json", "--kind"];
    let key = home.run(&[&create[..], kind].concat()).json();
    format!("Bearer {}", key["key"].as_str().expect("a key"))
}

/// What a call says with a new token of somebody who is invited to a studio, accepts, and signs in on its website.
fn token(home: &Home, demo: &Running, studio: &str) -> String {
    let key = authorization(home, studio, &["secret", "--scopes", "members:write"]);
    let invited = json!({"email": "tried@member.example"}).to_string();
    let headers = [("content-type", "application/json")];
    let url = format!("{}/v1/members/invites", demo.at["management"]);
    let (status, member) = call("POST", &url, key.trim_start_matches("Bearer "), &headers, Some(&invited));
    assert_eq!(status, 201, "{member}");
    let mails = home.run(&["outbox", "list", "--studio", studio, "--json"]).json();
    let mut mails = mails.as_array().expect("mails").iter();
    let mail = mails.find(|mail| mail["to"] == "tried@member.example").expect("the invitation")["id"].clone();
    let shown = home.run(&["outbox", "show", mail.as_str().expect("an id"), "--studio", studio, "--json"]).json();
    let page = authorization(home, studio, &["publishable", "--origins", PAGE]);
    let send = |path: &str, fields: &[(&str, &str)]| {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        call("POST", &format!("{}{path}", demo.at["members"]), "", &headers, Some(&form)).1
    };
    let link = shown["link"].as_str().expect("a link");
    send("/invitation", &[("token", link), ("password", PASSWORD), ("repeat", PASSWORD)]);
    let website = [("pk", page.trim_start_matches("Bearer ")), ("origin", PAGE)];
    let who = [("email", "tried@member.example"), ("password", PASSWORD)];
    let signed_in = send("/widget/sign-in", &[website, who].concat());
    let session = [("session", signed_in["session"].as_str().unwrap_or_else(|| panic!("a session: {signed_in}")))];
    let issued = send("/widget/token", &[&website[..], &session].concat());
    format!("Bearer {}", issued["token"].as_str().unwrap_or_else(|| panic!("a token: {issued}")))
}

/// Books what the member can book, so that the list of bookings leads on: no link leads from a row to the body of a call.
fn book(demo: &Running, token: &str) {
    let headers = [("origin", PAGE), ("content-type", "application/json")];
    let ask = |method: &str, path: &str, body: Option<&str>| {
        call(method, &format!("{}{path}", demo.at["members"]), token.trim_start_matches("Bearer "), &headers, body)
    };
    let (_, schedule) = ask("GET", "/v1/me/schedule", None);
    let open = schedule["data"].as_array().expect("rows").iter().filter(|row| row["booking"]["open"] == true);
    for row in open.take(3) {
        let (status, booking) = ask("POST", "/v1/me/bookings", Some(&json!({"occurrence_id": row["id"]}).to_string()));
        assert_eq!(status, 201, "{booking}");
    }
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
    let keys = |kind: &[&str]| [OURS, ANOTHER].map(|studio| authorization(&home, studio, kind));
    tried(&home, &demo, ("storefront", "100"), keys(&["publishable"]));
    tried(&home, &demo, ("management", "400"), keys(&["secret", "--scopes", &scopes]));
    assert!(!demo.log().contains("ERROR"), "{}", demo.log());
}

#[apply(on_both_engines!)]
fn every_answer_to_a_member_is_one_that_its_document_allows(home: Home) {
    let demo = home.demo_here(&["--rate-limits", "off", "--signing-secret", "a secret of at least 32 characters"]);
    home.studio(ANOTHER);
    let tokens = [OURS, ANOTHER].map(|studio| token(&home, &demo, studio));
    book(&demo, &tokens[0]);
    tried(&home, &demo, ("members", "100"), tokens);
    assert!(!demo.log().contains("ERROR"), "{}", demo.log());
}
