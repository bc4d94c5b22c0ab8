//! No key and no password in any log, at any level.

use super::gateway::{Home, PASSWORD, call, on_both_engines};

/// The cookie of a session, where the password is right.
fn sign_in(dashboard: &str, email: &str, password: &str) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("email", email).append_pair("password", password);
        let request = client.post(format!("{dashboard}/studio/sign-in")).header("origin", dashboard);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.finish());
        let answer = request.send().await.expect("an answer");
        let cookie = answer.headers().get("set-cookie")?.to_str().expect("text");
        cookie.split(';').next().map(str::to_owned)
    })
}

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
    let session = sign_in(&server.at["studio"], "o@studio.example", PASSWORD).expect("a session");
    assert_eq!(sign_in(&server.at["studio"], "o@studio.example", "wr0ngw0rd"), None);
    for path in ["/studio/api-keys", "/studio/api-keys/new", "/studio/nowhere"] {
        call(
            "GET",
            &format!("{}{path}", server.at["studio"]),
            "",
            &[("cookie", &session), ("accept", "text/html")],
            None,
        );
    }
    let token = session.split_once('=').expect("a token").1.to_owned();
    heard += &home.run(&[&fine[..], &["keys", "rotate", id, "--scopes", "instructors:read"]].concat()).err;
    let look = ["explain", "--key-stdin", "--surface", "management", "GET", "/v1/instructors"];
    heard += &home.run_with(key, &[&fine[..], &look].concat()).err;
    let (code, log) = server.stop();
    heard += &log;
    assert_eq!(code, Some(0));
    assert!(log.contains("/v1/instructors/flow_sk_…"), "the calls are in the log: {log}");
    for secret in [&key[8..52], &key[20..52], PASSWORD, "s3cretword", "wr0ngw0rd", &token] {
        let line = heard.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
