//! `explain`: the judgement, as the gateway makes it.

use serde_json::{Value, json};

use super::gateway::{Home, call, on_both_engines};

const NO_SUCH_KEY: &str = "flow_sk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh000000";

/// Surface, method, path, key, headers.
type Case<'c> = (&'c str, &'c str, &'c str, &'c str, &'c [(&'c str, &'c str)]);

fn explained(
    home: &Home,
    surface: &str,
    method: &str,
    path: &str,
    key: &str,
    headers: &[(&str, &str)],
) -> (i32, Value) {
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let mut args = vec!["explain", "--key-stdin", "--surface", surface, method, path, "--json"];
    for header in &headers {
        args.extend(["--header", header]);
    }
    let ended = home.run_with(&format!("{key}\n"), &args);
    assert!(key.len() < 52 || !format!("{ended:?}").contains(&key[20..52]), "{ended:?}");
    (ended.code.expect("a code"), serde_json::from_str(&ended.out).expect("JSON"))
}

#[apply(on_both_engines!)]
fn an_explanation_agrees_with_the_server(home: Home) {
    home.studio("casa");
    let made = home.secret_key("instructors:read");
    let secret = made["key"].as_str().expect("a key").to_owned();
    let far = home
        .run(&[
            "keys",
            "create",
            "--studio",
            "casa",
            "--kind",
            "secret",
            "--name",
            "Far",
            "--scopes",
            "instructors:read",
            "--networks",
            "10.0.0.0/8",
            "--json",
        ])
        .json()["key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let site = home
        .run(&[
            "keys",
            "create",
            "--studio",
            "casa",
            "--kind",
            "publishable",
            "--name",
            "Site",
            "--origins",
            "https://studio.example",
            "--json",
        ])
        .json()["key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let gone = home.secret_key("instructors:read");
    home.run(&["keys", "revoke", gone["id"].as_str().expect("an id")]).done();
    let gone = gone["key"].as_str().expect("a key").to_owned();
    let wrong = format!("{}0", &secret[..57]);
    let (page, other) = ([("Origin", "https://studio.example")], [("Origin", "https://other.example")]);
    let preflight = [("Origin", "https://other.example"), ("Access-Control-Request-Method", "GET")];
    let server = home.serve(&[]);
    let cases: &[Case<'_>] = &[
        ("management", "GET", "/v1/instructors", &secret, &[]),
        ("management", "POST", "/v1/instructors", &secret, &[]),
        ("management", "GET", "/v1/instructors", &secret, &page),
        ("management", "GET", "/v1/instructors", &secret, &[("Sec-Fetch-Site", "none")]),
        ("management", "GET", "/v1/instructors", &far, &[]),
        ("management", "GET", "/v1/instructors", &site, &[]),
        ("management", "GET", "/v1/instructors", &gone, &[]),
        ("management", "GET", "/v1/instructors", &wrong, &[]),
        ("management", "GET", "/v1/instructors", NO_SUCH_KEY, &[]),
        ("management", "GET", "/v1/instructors", "", &[]),
        ("management", "GET", "/v1/nowhere", &secret, &[]),
        ("management", "DELETE", "/v1/instructors", &secret, &[]),
        ("management", "GET", "/v1/instructors?key=flow_sk_x", &secret, &[]),
        ("storefront", "GET", "/v1/config", &site, &page),
        ("storefront", "GET", "/v1/config", &site, &other),
        ("storefront", "GET", "/v1/config", &secret, &[]),
        ("storefront", "GET", "/", &site, &[]),
        ("storefront", "GET", "/docs", "", &[]),
        ("storefront", "GET", "/openapi.json", &site, &[]),
        ("storefront", "HEAD", "/docs", "", &[]),
        ("storefront", "POST", "/docs", "", &[]),
        ("management", "GET", "/docs?key=flow_sk_x", "", &[]),
        ("management", "GET", "/docs/nowhere", "", &[]),
        ("storefront", "OPTIONS", "/v1/config", "", &preflight),
        ("storefront", "OPTIONS", "/v1/config?key=flow_pk_x", "", &preflight),
        ("storefront", "OPTIONS", "/v1/config", "", &page),
        ("management", "OPTIONS", "/v1/classes", "", &preflight),
        ("members", "GET", "/v1/me", &secret, &[]),
        ("members", "GET", "/v1/me", &secret, &page),
        ("studio", "GET", "/v1/me", "", &[]),
        ("studio", "GET", "/", &secret, &page),
        ("studio", "GET", "/studio/api-keys?key=flow_sk_x", "", &[]),
        ("studio", "GET", "/studio/studio.css", "", &[]),
        ("studio", "POST", "/v1/exposed-keys", "", &[]),
        ("studio", "GET", "/v1/exposed-keys", "", &[]),
        ("management", "GET", "/", "", &[]),
    ];
    for (surface, method, path, key, headers) in cases {
        let (code, told) = explained(&home, surface, method, path, key, headers);
        let (status, body) = call(method, &format!("{}{path}", server.at[*surface]), key, headers, None);
        if told["admitted"] == true {
            assert!(status < 300 && code == 0, "{method} {path}: {status} {told}");
            assert!(told["status"].is_null() || told["status"] == status, "{told}");
        } else if *method == "HEAD" {
            panic!("a refusal has no body to compare with: {told}");
        } else {
            assert_eq!((told["status"].as_u64(), &told["code"]), (Some(status.into()), &body["code"]), "{told}");
            assert_eq!((code, &told["detail"]), (1, &body["detail"]), "{told}");
        }
    }
}

#[test]
fn an_explanation_tells_each_step_and_counts_nothing() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let made = home.secret_key("classes:read");
    let key = made["key"].as_str().expect("a key");
    let (_, told) = explained(&home, "management", "GET", "/v1/instructors", key, &[]);
    let outcomes: Vec<_> =
        told["steps"].as_array().expect("steps").iter().map(|step| step["outcome"].clone()).collect();
    assert_eq!(outcomes.len(), 9);
    assert!(outcomes[..8].iter().all(|outcome| outcome == "passed"), "{told}");
    assert_eq!(told["steps"][8], json!({"step": "scope", "outcome": "refused"}));
    let (_, told) = explained(&home, "management", "GET", "/v1/instructors", "", &[]);
    assert_eq!(told["steps"][1]["outcome"], "not reached");
    let shown = home.run(&["keys", "show", made["id"].as_str().expect("an id"), "--json"]).json();
    assert_eq!((&shown["last_used_at"], &shown["calls"]), (&Value::Null, &json!([])));
    let text = home.run_with(key, &["explain", "--key-stdin", "--surface", "management", "GET", "/v1/instructors"]);
    assert!(text.out.contains("403 insufficient_scope") && text.code == Some(1), "{text:?}");
    home.run_with(key, &["explain", "--key-stdin", "--surface", "management", "GET", "instructors"]).fails(2);
}
