//! No key and no password in any log, at any level.

use super::gateway::{Home, PASSWORD, call, on_both_engines};

#[apply(on_both_engines!)]
fn the_log_at_its_finest_holds_no_key_and_no_password(home: Home) {
    // PostgreSQL trusts this machine in tests, so any password opens it.
    let home = Home { url: home.url.replace("postgres@", "postgres:s3cretword@"), ..home };
    let fine = ["--log-level", "trace"];
    let about = ["studio", "create", "--slug", "casa", "--name", "A", "--time-zone", "UTC", "--currency", "EUR"];
    let owner = ["--owner-email", "o@studio.example", "--owner-password-stdin"];
    let mut heard = home.run_with(PASSWORD, &[&fine[..], &about, &owner].concat()).err;
    let args = [
        "keys",
        "create",
        "--studio",
        "casa",
        "--kind",
        "secret",
        "--name",
        "A",
        "--scopes",
        "instructors:read,instructors:write",
        "--json",
    ];
    let ended = home.run(&[&fine[..], &args].concat());
    heard += &ended.err;
    let made = ended.json();
    let (id, key) = (made["id"].as_str().expect("an id"), made["key"].as_str().expect("a key"));
    let server = home.serve(&["--log-level", "trace", "--smtp-url", "smtp://u:s3cretword@mail.example"]);
    let url = format!("{}/v1/instructors", server.at["management"]);
    call("GET", &url, key, &[], None);
    call("GET", &url, key, &[("origin", "https://shop.example")], None);
    call("GET", &format!("{url}?key={key}"), key, &[("x-request-id", key)], None);
    call("GET", &format!("{url}/{key}"), "", &[("cookie", key)], None);
    call("POST", &url, key, &[("content-type", "application/json")], Some(&format!("{{\"{key}\": 1}}")));
    heard += &home.run(&[&fine[..], &["keys", "rotate", id, "--scopes", "instructors:read"]].concat()).err;
    let look = ["explain", "--key-stdin", "--surface", "management", "GET", "/v1/instructors"];
    heard += &home.run_with(key, &[&fine[..], &look].concat()).err;
    let (code, log) = server.stop();
    heard += &log;
    assert_eq!(code, Some(0));
    assert!(log.contains("/v1/instructors/flow_sk_…"), "the calls are in the log: {log}");
    for secret in [&key[8..52], &key[20..52], PASSWORD, "s3cretword"] {
        let line = heard.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
