//! `keys`: a key's whole life, beside a running server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::gateway::{Home, Running, call, on_both_engines};

const READS: &str = "instructors:read";
const LIST: &str = "/v1/instructors";

fn id(key: &Value) -> &str {
    key["id"].as_str().expect("an id")
}

/// Calls until the answer is this: other processes hear of a change within a second.
#[track_caller]
fn soon(server: &Running, key: &Value, status: u16) -> Value {
    let began = Instant::now();
    loop {
        let (told, body) = server.call("management", LIST, &key["key"], &[]);
        if told == status {
            return body;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{told}: {body}");
    }
}

#[apply(on_both_engines!)]
fn a_network_has_one_form_however_it_is_written(home: Home) {
    home.studio("casa");
    let server = home.serve(&["--trusted-proxies", "::ffff:127.0.0.1"]);
    let make = [
        "keys",
        "create",
        "--studio",
        "casa",
        "--kind",
        "secret",
        "--name",
        "CRM",
        "--scopes",
        READS,
        "--json",
        "--networks",
    ];
    let refused = home.run(&[&make[..], &["::ffff:0:0/90"]].concat());
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("write IPv4 networks as 10.0.0.0/8"), "{refused:?}");
    let key = home.run(&[&make[..], &["::ffff:127.0.0.1,10.1.2.3/8,::ffff:203.0.113.0/120"]].concat()).json();
    let stored = home.run(&["keys", "show", id(&key), "--json"]).json();
    assert_eq!(stored["networks"], json!(["127.0.0.1/32", "10.0.0.0/8", "203.0.113.0/24"]), "{stored}");
    soon(&server, &key, 200);
    // Behind the proxy that was named as IPv6 writes it.
    let forwarded = |client: &str| server.call("management", LIST, &key["key"], &[("X-Forwarded-For", client)]).0;
    assert_eq!([forwarded("203.0.113.7"), forwarded("::ffff:203.0.113.7"), forwarded("203.0.114.7")], [200, 200, 403]);
    home.run(&["keys", "narrow", id(&key), "--networks", "::ffff:203.0.113.7"]).done();
    soon(&server, &key, 403);
    assert_eq!([forwarded("203.0.113.7"), forwarded("203.0.113.8")], [200, 403]);
    let explain = |client: &str| {
        let args = ["explain", "--key-stdin", "--surface", "management", "GET", LIST, "--client", client, "--json"];
        home.run_with(&format!("{}\n", key["key"].as_str().expect("a key")), &args).code
    };
    assert_eq!(
        [explain("::ffff:203.0.113.7"), explain("203.0.113.7"), explain("203.0.113.8")],
        [Some(0), Some(0), Some(1)]
    );
}

#[apply(on_both_engines!)]
fn a_key_is_made_rotated_narrowed_and_revoked_beside_a_server(home: Home) {
    home.studio("casa");
    let server = home.serve(&[]);
    let old = home.secret_key("instructors:read,instructors:write");
    assert!(old["key"].as_str().is_some_and(|key| key.starts_with("flow_sk_")), "{old}");
    assert_eq!(old["kind"], "secret");
    soon(&server, &old, 200);
    let new = home.run(&["keys", "rotate", id(&old), "--scopes", READS, "--json"]).json();
    assert_eq!(new["replaces"], old["id"]);
    assert_eq!(new["scopes"], json!([READS]));
    soon(&server, &new, 200);
    let narrowed = home.run(&["keys", "narrow", id(&old), "--scopes", "instructors:write", "--json"]).json();
    assert_eq!(narrowed["scopes"], json!(["instructors:write"]));
    assert_eq!(soon(&server, &old, 403)["code"], "insufficient_scope");
    home.run(&["keys", "revoke", id(&old), "--yes", "--reason", "replaced"]).done();
    assert_eq!(soon(&server, &old, 401)["code"], "revoked_key");
    soon(&server, &new, 200);
    let listed = home.run(&["keys", "list", "--studio", "casa", "--json"]).json();
    assert_eq!((&listed[0]["id"], &listed[1]["id"]), (&old["id"], &new["id"]));
    assert_eq!(listed[0]["replaced_by"], json!([new["id"]]));
    assert_eq!((&listed[0]["status"], &listed[0]["revoke_reason"]), (&json!("revoked"), &json!("replaced")));
    assert!(!listed.to_string().contains(old["key"].as_str().expect("a key")));
}

#[apply(on_both_engines!)]
fn what_a_key_was_used_for_is_shown_by_operation_and_hour(home: Home) {
    home.studio("casa");
    let key = home.secret_key(READS);
    assert_eq!(home.run(&["keys", "usage", id(&key), "--json"]).json(), json!([]));
    let server = home.serve(&[]);
    for _ in 0..3 {
        assert_eq!(server.call("management", LIST, &key["key"], &[]).0, 200);
    }
    assert_eq!(server.stop().0, Some(0));
    let usage = home.run(&["keys", "usage", id(&key), "--json"]).json();
    let rows = usage.as_array().expect("rows");
    let calls: i64 = rows.iter().filter_map(|row| row["calls"].as_i64()).sum();
    assert_eq!(calls, 3);
    assert!(rows.iter().all(|row| row["operation"] == "managementListInstructors" && row["hour"].is_string()));
    assert!(
        rows.iter().all(|row| row.as_object().is_some_and(|row| row["outcome"] == "admitted" && row.len() == 4)),
        "{usage}"
    );
    let shown = home.run(&["keys", "show", id(&key), "--json"]).json();
    assert_eq!((&shown["calls_last_hour"], &shown["calls_last_day"]), (&json!(3), &json!(3)));
    assert_eq!(shown["used_from"][0]["network"], "127.0.0.0/24");
    assert!(shown["last_used_at"].is_string());
    assert!(home.run(&["keys", "usage", id(&key)]).done().contains("127.0.0.0/24"));
}

#[apply(on_both_engines!)]
fn a_key_in_use_is_revoked_only_when_that_is_meant(home: Home) {
    home.studio("casa");
    let (used, unused) = (home.secret_key(READS), home.secret_key(READS));
    let server = home.serve(&[]);
    assert_eq!(server.call("management", LIST, &used["key"], &[]).0, 200);
    server.stop();
    let said = home.run(&["keys", "revoke", id(&used)]).fails(1);
    assert!(said.contains("--yes"), "{said}");
    assert_eq!(home.run(&["keys", "show", id(&used), "--json"]).json()["status"], "active");
    home.run(&["keys", "revoke", id(&unused)]).done();
    let revoked = home.run(&["keys", "revoke", id(&used), "--yes", "--json"]).json();
    assert_eq!(revoked["status"], "revoked");
}

#[apply(on_both_engines!)]
fn a_key_that_was_first_used_a_moment_ago_is_in_use(home: Home) {
    home.studio("casa");
    let server = home.serve(&[]);
    let key = home.secret_key(READS);
    assert_eq!(server.call("management", LIST, &key["key"], &[]).0, 200);
    let said = home.run(&["keys", "revoke", id(&key)]).fails(1);
    assert!(said.contains("--yes"), "{said}");
}

#[apply(on_both_engines!)]
fn a_secret_key_that_a_page_sent_is_shown_as_exposed(home: Home) {
    home.studio("casa");
    let key = home.secret_key(READS);
    assert_eq!(home.run(&["keys", "show", id(&key), "--json"]).json()["exposures"], json!([]));
    let server = home.serve(&[]);
    let page = [("origin", "https://shop.example")];
    assert_eq!(server.call("management", LIST, &key["key"], &page).0, 403);
    let began = Instant::now();
    let exposure = loop {
        let shown = home.run(&["keys", "show", id(&key), "--json"]).json();
        if let Some(first) = shown["exposures"].get(0) {
            break first.clone();
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{shown}");
    };
    assert_eq!((&exposure["origin"], &exposure["surface"]), (&json!("https://shop.example"), &json!("management")));
    assert_eq!(exposure["count"], 1);
    assert!(exposure["first_seen_at"].is_string() && exposure["last_seen_at"].is_string());
}

#[apply(on_both_engines!)]
fn a_keys_bounds_are_those_that_it_was_made_with(home: Home) {
    home.studio("casa");
    let args = [
        "keys",
        "create",
        "--studio",
        "casa",
        "--kind",
        "secret",
        "--name",
        "Till",
        "--scopes",
        READS,
        "--networks",
        "10.0.0.0/8,192.0.2.7",
        "--used-by",
        "Vendor",
        "--rate-limit",
        "7",
        "--expires-in",
        "90d",
        "--json",
    ];
    let made = home.run(&args).json();
    let shown = home.run(&["keys", "show", id(&made), "--json"]).json();
    for field in ["name", "used_by", "networks", "rate_limit", "expires_at", "scopes", "studio_id", "created_by"] {
        assert_eq!(made[field], shown[field], "{field}");
    }
    assert_eq!(made["networks"], json!(["10.0.0.0/8", "192.0.2.7/32"]));
    assert_eq!((&made["used_by"], &made["rate_limit"]), (&json!("Vendor"), &json!(7)));
    assert_eq!(shown.get("key"), None);
    let site = home.publishable_key();
    assert_eq!(home.run(&["keys", "show", id(&site), "--json"]).json()["key"], site["key"]);
}

#[apply(on_both_engines!)]
fn who_still_calls_with_a_revoked_key_is_shown(home: Home) {
    home.studio("casa");
    let server = home.serve(&[]);
    let key = home.secret_key(READS);
    let shown = || home.run(&["keys", "show", id(&key), "--json"]).json();
    assert_eq!((&shown()["never_used"], &shown()["last_used_at"]), (&json!(true), &Value::Null));
    assert!(home.run(&["keys", "show", id(&key)]).done().contains("never"));
    home.run(&["keys", "revoke", id(&key)]).done();
    soon(&server, &key, 401);
    assert_eq!(server.stop().0, Some(0));
    let usage = home.run(&["keys", "usage", id(&key), "--json"]).json();
    assert_eq!(
        (&usage[0]["operation"], &usage[0]["outcome"]),
        (&json!("managementListInstructors"), &json!("revoked_key"))
    );
    let shown = shown();
    assert_eq!((&shown["never_used"], &shown["last_used_from"]), (&json!(false), &json!("127.0.0.0/24")));
    assert_eq!(shown["after_its_end"]["last_hour"], usage[0]["calls"]);
    let told = home.run(&["keys", "show", id(&key)]).done();
    assert!(
        told.contains("STILL CALLING") && told.contains("in the last hour") && told.contains("from 127.0.0.0/24"),
        "{told}"
    );
    assert!(home.run(&["keys", "list", "--studio", "casa"]).done().contains("revoked, still called"));
}

#[apply(on_both_engines!)]
fn what_a_replacement_has_taken_over_is_shown(home: Home) {
    home.studio("casa");
    let server = home.serve(&[]);
    let old = home.secret_key(READS);
    assert!(home.run(&["keys", "coverage", id(&old)]).fails(1).contains("keys rotate"));
    soon(&server, &old, 200);
    let new = home.run(&["keys", "rotate", id(&old), "--json"]).json();
    assert_eq!(server.stop().0, Some(0));
    let told = home.run(&["keys", "coverage", id(&old), "--json"]).json();
    assert_eq!((&told["old"], &told["new"]), (&old["id"], &new["id"]));
    assert_eq!((&told["operations"][0]["covered"], &told["networks"][0]["covered"]), (&json!(false), &json!(false)));
    assert_eq!(told["next_call"]["pattern"], "called once: too little for a pattern");
    let server = home.serve(&[]);
    soon(&server, &new, 200);
    assert_eq!(server.stop().0, Some(0));
    let told = home.run(&["keys", "coverage", id(&new), "--json"]).json();
    assert_eq!((&told["operations"][0]["covered"], &told["networks"][0]["covered"]), (&json!(true), &json!(true)));
    let told = home.run(&["keys", "coverage", id(&old)]).done();
    assert!(told.contains("operations    1 of 1 taken over"), "{told}");
    assert!(told.contains("call pattern") && told.contains("next call"), "{told}");
}

#[apply(on_both_engines!)]
fn a_key_that_has_ended_is_not_rotated_and_one_like_it_can_be_made(home: Home) {
    home.studio("casa");
    let make = ["keys", "create", "--studio", "casa", "--kind", "secret", "--name", "CRM", "--scopes", READS, "--json"];
    let more = ["--networks", "10.0.0.0/8", "--used-by", "A vendor", "--rate-limit", "7", "--expires-in", "90d"];
    let old = home.run(&[&make[..], &more].concat()).json();
    let said = home.run(&["keys", "create", "--like", id(&old)]).fails(1);
    assert!(said.contains("still works") && said.contains("keys rotate"), "{said}");
    home.run(&["keys", "revoke", id(&old)]).done();
    let said = home.run(&["keys", "rotate", id(&old)]).fails(1);
    assert!(said.contains("was revoked") && said.contains(&format!("keys create --like {}", id(&old))), "{said}");
    let new = home.run(&["keys", "create", "--like", id(&old), "--json"]).json();
    for field in ["name", "kind", "used_by", "scopes", "networks", "rate_limit", "studio_id"] {
        assert_eq!(new[field], old[field], "{field}");
    }
    assert!(new["key"] != old["key"] && new["replaces"].is_null() && new["expires_at"].is_string(), "{new}");
    let named =
        home.run(&["keys", "create", "--like", id(&old), "--name", "CRM 2", "--expires-in", "1d", "--json"]).json();
    assert_eq!((&named["name"], &named["scopes"]), (&json!("CRM 2"), &old["scopes"]));
    let brief = home.run(&[&make[..], &["--expires-in", "1s"]].concat()).json();
    std::thread::sleep(Duration::from_millis(1100));
    assert!(home.run(&["keys", "rotate", id(&brief)]).fails(1).contains("--like"));
    assert!(
        home.run(&["keys", "create", "--like", id(&brief), "--expires-in", "1d", "--json"]).json()["key"].is_string()
    );
}

#[apply(on_both_engines!)]
fn a_replacement_ends_no_later_unless_asked_and_there_is_one_at_a_time(home: Home) {
    home.studio("casa");
    let make = ["keys", "create", "--studio", "casa", "--kind", "secret", "--name", "CRM", "--scopes", READS, "--json"];
    let old = home.run(&[&make[..], &["--expires-in", "90d"]].concat()).json();
    let new = home.run(&["keys", "rotate", id(&old), "--json"]).json();
    assert_eq!(new["expires_at"], old["expires_at"]);
    let said = home.run(&["keys", "rotate", id(&old)]).fails(1);
    assert!(said.contains("is being replaced") && said.contains(id(&new)), "{said}");
    home.run(&["keys", "revoke", id(&new)]).done();
    let new = home.run(&["keys", "rotate", id(&old), "--expires-in", "365d", "--json"]).json();
    assert!(new["expires_at"].as_str() > old["expires_at"].as_str(), "{new}");
}

#[apply(on_both_engines!)]
fn that_a_rotation_ends_the_old_key_is_shown_chosen_and_cancelled(home: Home) {
    home.studio("casa");
    let make = ["keys", "create", "--studio", "casa", "--kind", "secret", "--name", "CRM", "--scopes", "classes:read"];
    let old = home.run(&[&make[..], &["--json"]].concat()).json();
    let old = id(&old);
    let shown = || home.run(&["keys", "show", old]).done();
    let refused = home.run(&["keys", "end-old", old, "--after", "7"]).fails(1);
    assert!(refused.contains("has no replacement") && refused.contains(&format!("keys rotate {old}")), "{refused}");
    home.run(&["keys", "end-old", old]).fails(2);
    home.run(&["keys", "end-old", old, "--after", "7", "--cancel"]).fails(2);
    home.run(&["keys", "end-old", old, "--after", "0"]).fails(2);
    let rotated = home.run(&["keys", "rotate", old, "--end-old-after", "7"]);
    let chosen = "ends 7 days after the first admitted call with its replacement";
    assert!(rotated.err.contains(&format!("The old key {chosen}; `flow-gateway keys end-old {old} --cancel`")));
    assert!(shown().contains(chosen), "{}", shown());
    let told = home.run(&["keys", "show", old, "--json"]).json();
    assert_eq!((&told["rotation_end"]["days"], &told["rotation_end"]["set_at"]), (&7.into(), &serde_json::Value::Null));
    assert!(home.run(&["keys", "end-old", old, "--cancel"]).err.contains("works until it is revoked"));
    assert!(!shown().contains(chosen), "{}", shown());
    assert!(home.run(&["keys", "end-old", old, "--after", "1", "--json"]).json()["days"] == 1);
    assert!(shown().contains("ends 1 day after"), "{}", shown());
}

#[test]
fn the_smallest_scopes_are_worked_out_from_logged_calls() {
    let home = Home::on_sqlite();
    let log = concat!(
        "GET /v1/classes?limit=5\n",
        r#"192.0.2.7 - - [28/Nov/2026:03:00:01 +0000] "POST /v1/coupons HTTP/1.1" 201 512 "-" "curl""#,
        "\n# a comment\n\n",
        r#"{"request":{"method":"PATCH","uri":"/api/v1/plans/pln_01jdc9x0aetqt8q3yv0gcm1v5k"},"status":200}"#,
        "\nGET /v1/config\nGET /index.html?key=flow_sk_whatever12345\nGET /index.html\nPUT /v1/classes\nwho knows\n",
    );
    let told = home.run_with(log, &["keys", "suggest", "--studio", "casa", "--json"]).json();
    assert_eq!(told["scopes"], json!(["classes:read", "coupons:write", "plans:write"]));
    assert_eq!(told["publishable"][0]["operation"], "storefrontGetConfig");
    let unknown = |row: &Value| (row["line"].clone(), row["text"].clone(), row["times"].clone());
    let unknown: Vec<_> = told["unknown"].as_array().expect("rows").iter().map(unknown).collect();
    assert_eq!(
        unknown,
        [
            (json!(7), json!("GET /index.html"), json!(2)),
            (json!(9), json!("PUT /v1/classes"), json!(1)),
            (json!(10), json!("who knows"), json!(1)),
        ]
    );
    let text = home.run_with(log, &["keys", "suggest", "--studio", "casa", "-"]);
    assert_eq!(text.out, "classes:read,coupons:write,plans:write\n");
    assert!(text.err.contains("line 10: who knows") && text.err.contains("keys create --studio casa"), "{text:?}");
    let har = json!({"log": {"version": "1.2", "entries": [
        {"request": {"method": "GET", "url": "https://api.example/v1/members?q=rui", "headers": []}, "response": {}},
        {"request": {"method": "DELETE", "url": "https://api.example/v1/coupons/cpn_1"}},
    ]}});
    for har in [har.to_string(), serde_json::to_string_pretty(&har).expect("JSON")] {
        let file = home.write("calls.har", &har);
        let told = home.run(&["keys", "suggest", &file, "--json"]).json();
        assert_eq!(told["scopes"], json!(["coupons:write", "members:read"]));
    }
    home.run_with("who knows\n", &["keys", "suggest", "--studio", "casa"]).fails(1);
    home.run(&["keys", "suggest", "absent.log"]).fails(2);
}

#[test]
fn the_gateway_s_own_log_is_read_as_text_and_as_json() {
    for format in ["text", "json"] {
        let home = Home::on_sqlite();
        home.studio("casa");
        let key = home.secret_key(READS);
        let server = home.serve(&["--log-format", format]);
        assert_eq!(server.call("management", LIST, &key["key"], &[]).0, 200);
        assert_eq!(server.call("management", "/v1/plans", &key["key"], &[]).0, 403);
        let (_, log) = server.stop();
        let told = home.run_with(&log, &["keys", "suggest", "--json"]).json();
        assert_eq!(told["scopes"], json!(["instructors:read", "plans:read"]), "{format}: {log}");
    }
}

#[test]
fn a_line_of_a_log_that_never_ends_is_cut() {
    let home = Home::on_sqlite();
    let log = format!("GET /v1/classes\n{}\nGET /v1/plans\n", "x".repeat(3 * 1024 * 1024));
    let told = home.run_with(&log, &["keys", "suggest", "--json"]).json();
    assert_eq!(told["scopes"], json!(["classes:read", "plans:read"]));
    assert_eq!((&told["unknown"][0]["line"], &told["unknown"][0]["times"]), (&json!(2), &json!(1)));
}

#[apply(on_both_engines!)]
fn a_report_of_an_exposed_key_is_shown_as_a_report(home: Home) {
    home.studio("casa");
    let key = home.secret_key(READS);
    let server = home.serve(&[]);
    let report = json!({"key": key["key"]}).to_string();
    let path = format!("{}/v1/exposed-keys", server.at["studio"]);
    assert_eq!(call("POST", &path, "", &[], Some(&report)).0, 202);
    let told = home.run(&["keys", "show", id(&key)]).done();
    assert!(told.contains("somebody on 127.0.0.0/24 reported this key as found, at 2"), "{told}");
    assert!(!told.contains("surface") && !told.contains("1 times"), "{told}");
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let home = Home::on_sqlite();
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.run(&["completions", shell]).done().contains("coverage"), "{shell}");
    }
    home.run(&["completions", "dos"]).fails(2);
    assert!(home.run(&["man"]).done().contains("flow\\-gateway"));
    std::fs::create_dir(home.path("man")).expect("a directory");
    home.run(&["man", "--directory", "man"]).done();
    assert!(home.path("man/flow-gateway-keys-coverage.1").exists());
}
