//! What the commands refuse, how they say it, and with which exit code: 2 for wrong usage, 1 for the rest.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::gateway::{Home, PASSWORD, end};

const NOBODY: &str = "key_01jdc9x0aetqt8q3yv0gcm1v5k";

#[test]
fn a_key_that_was_asked_for_wrongly_is_wrong_usage_and_says_why() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let cases: &[(&[&str], &str)] = &[
        (&["--kind", "secret"], "needs scopes"),
        (&["--kind", "secret", "--scopes", "classes:read,dance:write"], "`dance:write`"),
        (&["--kind", "secret", "--scopes", "classes:read", "--origins", "https://a.example"], "origins"),
        (&["--kind", "secret", "--scopes", "classes:read", "--networks", "10.0.0.0/99"], "10.0.0.0/99"),
        (&["--kind", "secret", "--scopes", "classes:read", "--expires-in", "0d"], "90d"),
        (&["--kind", "secret", "--scopes", "classes:read", "--expires-in", "soon"], "90d"),
        (&["--kind", "secret", "--scopes", "classes:read", "--rate-limit", "0"], "rate limit"),
        (&["--kind", "publishable", "--scopes", "classes:read"], "scopes"),
        (&["--kind", "publishable", "--networks", "10.0.0.0/8"], "networks"),
        (&["--kind", "publishable", "--origins", "https://*.example"], "https://*.example"),
        (&["--kind", "golden"], "golden"),
    ];
    for (flags, word) in cases {
        let args = [&["keys", "create", "--studio", "casa", "--name", "X"][..], flags].concat();
        let said = home.run(&args).fails(2);
        assert!(said.contains(word), "{flags:?}: {said}");
    }
    assert_eq!(home.run(&["keys", "list", "--studio", "casa", "--json"]).json().as_array().map(Vec::len), Some(0));
}

#[test]
fn what_is_not_there_is_refused_by_its_name() {
    let home = Home::on_sqlite();
    home.studio("casa");
    for command in ["show", "usage", "rotate", "revoke"] {
        let said = home.run(&["keys", command, NOBODY]).fails(1);
        assert!(said.contains(NOBODY), "{command}: {said}");
    }
    assert!(home.run(&["keys", "list", "--studio", "nowhere"]).fails(1).contains("`nowhere`"));
    assert!(home.run(&["studio", "show", "nowhere"]).fails(1).contains("`nowhere`"));
    home.run(&["keys", "show", "flow_sk_nonsense"]).fails(2);
}

#[test]
fn a_key_is_never_widened_and_a_revoked_one_never_changes() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("classes:read");
    let id = key["id"].as_str().expect("an id");
    for flags in [["--scopes", "classes:read,classes:write"], ["--rate-limit", "5000"]] {
        let said = home.run(&[&["keys", "narrow", id][..], &flags].concat()).fails(1);
        assert!(said.contains("never widened"), "{said}");
    }
    assert!(home.run(&["keys", "rotate", id, "--scopes", "plans:read"]).fails(1).contains("never widened"));
    home.run(&["keys", "narrow", id]).fails(2);
    home.run(&["keys", "revoke", id]).done();
    assert!(home.run(&["keys", "rotate", id]).fails(1).contains("revoked"));
    assert!(home.run(&["keys", "narrow", id, "--rate-limit", "1"]).fails(1).contains("revoked"));
}

#[test]
fn an_error_is_json_where_json_is_asked_for() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("classes:read");
    let text = key["key"].as_str().expect("a key");
    let cases: [(&[&str], i32, &str); 5] = [
        (&["keys", "show", NOBODY, "--json"], 1, NOBODY),
        (&["keys", "list", "--studio", "nowhere", "--json"], 1, "`nowhere`"),
        (&["keys", "list", "--json"], 2, "--studio"),
        (&["migrate", "--json", "--database", "mysql://h/d"], 2, "--database"),
        (&["migrate", "--json", text], 2, "flow_sk_"),
    ];
    for (args, code, word) in cases {
        let said = home.run(args).fails(code);
        let error: Value = serde_json::from_str(&said).expect("JSON alone");
        assert_eq!(error["exit_code"], code);
        let why = error["error"].as_str().expect("a text");
        assert!(why.contains(word) && !why.starts_with("error") && !why.contains("Usage"), "{why}");
        assert!(!said.contains(&text[20..52]), "{said}");
    }
    assert!(home.run(&["keys", "list"]).fails(2).starts_with("error: "), "and text where it is not");
}

#[test]
fn a_key_that_has_expired_is_not_replaced() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let args = ["keys", "create", "--studio", "casa", "--kind", "publishable", "--name", "X", "--expires-in", "1s"];
    let key = home.run(&[&args[..], &["--json"]].concat()).json();
    let id = key["id"].as_str().expect("an id");
    let began = Instant::now();
    while home.run(&["keys", "show", id, "--json"]).json()["status"] == "active" {
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    let said = home.run(&["keys", "rotate", id]).fails(1);
    assert!(said.contains(id) && said.contains("has expired"), "{said}");
}

#[test]
fn a_key_typed_in_the_wrong_place_is_not_repeated() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("classes:read");
    let text = key["key"].as_str().expect("a key");
    for args in [&["keys", "show", text][..], &["explain", text], &["keys", "list", "--studio", text], &[text]] {
        let ended = home.run(args);
        assert_ne!(ended.code, Some(0));
        assert!(!ended.err.contains(&text[20..52]), "{}", ended.err);
    }
}

#[test]
fn a_whole_secret_key_in_a_text_that_would_be_kept_is_refused_by_every_command() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("classes:read");
    let (id, text) = (key["id"].as_str().expect("an id"), key["key"].as_str().expect("a key"));
    home.write("patch.json", &format!("{{\"name\": \"Casa {text}\"}}"));
    home.write("instructors.jsonl", &format!("{{\"display_name\": \"Anna\", \"bio\": \"was {text}\"}}\n"));
    home.write("instructors.csv", &format!("display_name,metadata.{text}\nAnna,x\n"));
    let (note, address, origin) =
        (format!("was {text}"), format!("{text}@casa.example"), format!("https://{text}.example"));
    let create = ["keys", "create", "--studio", "casa", "--kind"];
    let secret = [&create[..], &["secret", "--scopes", "classes:read"]].concat();
    let studio =
        ["studio", "create", "--slug", "two", "--time-zone", "UTC", "--currency", "EUR", "--owner-password-stdin"];
    let cases = [
        ([&secret[..], &["--name", &note]].concat(), 2),
        ([&secret[..], &["--name", "X", "--used-by", &note]].concat(), 2),
        ([&create[..], &["publishable", "--name", "X", "--origins", &origin]].concat(), 2),
        (vec!["keys", "revoke", id, "--yes", "--reason", &note], 2),
        ([&studio[..], &["--name", &note, "--owner-email", "a@casa.example"]].concat(), 2),
        ([&studio[..], &["--name", "Two", "--owner-email", &address]].concat(), 2),
        (vec!["studio", "change", "casa", "--file", "patch.json"], 1),
        (vec!["import", "--studio", "casa", "instructors.jsonl"], 1),
        (vec!["import", "--studio", "casa", "instructors.csv"], 1),
    ];
    for (args, code) in cases {
        let said = home.run_with(PASSWORD, &args).fails(code);
        assert!(!said.contains(&text[20..52]), "{said}");
    }
    assert_eq!(home.run(&["keys", "show", id, "--json"]).json()["status"], "active");
    let bytes = std::fs::read(home.path("flow.db")).expect("the file");
    assert!(!String::from_utf8_lossy(&bytes).to_lowercase().contains(&text[20..52].to_lowercase()));
}

#[test]
fn a_key_has_names_and_a_reason_that_show_what_they_say() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("classes:read");
    let id = key["id"].as_str().expect("an id");
    for text in ["a\u{1}b", "a\nb", "a\u{85}b", "a\u{2028}b", "a\u{202e}b", "a\u{2066}b", "a\u{200f}b"] {
        let create = ["keys", "create", "--studio", "casa", "--kind", "publishable", "--name"];
        let said = home.run(&[&create[..], &[text]].concat()).fails(2);
        assert!(said.contains("bidirectional marks"), "{text:?}: {said}");
        home.run(&[&create[..], &["X", "--used-by", text]].concat()).fails(2);
        home.run(&["keys", "revoke", id, "--yes", "--reason", text]).fails(2);
    }
    assert_eq!(home.run(&["keys", "list", "--studio", "casa", "--json"]).json().as_array().map(Vec::len), Some(1));
    assert_eq!(home.run(&["keys", "show", id, "--json"]).json()["status"], "active");
}

#[test]
fn a_document_names_the_address_at_which_its_surface_is_reached() {
    let home = Home::on_sqlite();
    let server = |command: std::process::Command| end(command, "").json()["servers"][0]["url"].clone();
    let command = |surface: &str, more: &[&str]| home.command(&[&["openapi", surface], more].concat());
    assert_eq!(server(command("management", &[])), "http://127.0.0.1:7605");
    assert_eq!(server(command("members", &["--server", "https://members.example/"])), "https://members.example");
    let mut from_variable = command("storefront", &[]);
    from_variable.env("FLOW_PUBLIC_STOREFRONT_URL", "https://site.example");
    assert_eq!(server(from_variable), "https://site.example");
    let file = home.write("flow.toml", "api_addr = '127.0.0.1:9000'\npublic_members_url = 'https://members.example'\n");
    assert_eq!(server(command("members", &["--config", &file])), "https://members.example");
    assert_eq!(server(command("storefront", &["--config", &file])), "http://127.0.0.1:9000");
    let mut not_an_address = command("members", &[]);
    not_an_address.env("FLOW_PUBLIC_MEMBERS_URL", "members.example");
    assert!(end(not_an_address, "").fails(2).contains("FLOW_PUBLIC_MEMBERS_URL"));
}

#[test]
fn each_api_has_its_document_and_the_dashboard_has_none() {
    let home = Home::on_sqlite();
    let said = home.run(&["openapi", "studio"]).fails(2);
    assert!(said.contains("storefront, management, members"), "{said}");
    for surface in ["storefront", "management", "members"] {
        assert_eq!(home.run(&["openapi", surface]).json()["openapi"], "3.1.0");
        assert_eq!(home.run(&["openapi", surface, "--json"]).json()["openapi"], "3.1.0");
        assert_eq!(home.run(&["openapi", surface, "--version", "3.0"]).json()["openapi"], "3.0.3");
    }
    let told = home.run(&["openapi", "members", "--version", "2.0"]).fails(2);
    assert!(told.contains("3.1, 3.0"), "{told}");
    assert!(!home.path("flow.db").exists());
}
