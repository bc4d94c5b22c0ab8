//! `studio`: tenants and their first owner.

use std::collections::BTreeMap;

use flow_gateway::{
    resources::studios,
    signin::{
        password::{Password, PasswordHash},
        staff,
    },
    store::{clock::Clock, error::StoreError, open::open},
};
use serde_json::json;

use super::gateway::{Home, PASSWORD, on_both_engines};

const OWNER: [&str; 3] = ["--owner-email", "owner@studio.example", "--owner-password-stdin"];

/// What is kept of each studio's owner's password, by the studio's slug.
fn hashes(home: &Home) -> BTreeMap<String, PasswordHash> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = open(&home.url.parse().expect("a URL"), false).await.expect("the database opens");
        let mut found = BTreeMap::new();
        for studio in studios::list(db.read()).await.expect("studios") {
            let mut owners = staff::owners(db.of(studio.id.studio())).await.expect("owners");
            assert_eq!(owners.len(), 1);
            found.insert(studio.fields.slug.to_string(), owners.remove(0).password_hash);
        }
        db.close().await;
        found
    })
}

fn is_of(hash: &PasswordHash, password: &str) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(hash.is_of(Password::typed(password.to_owned()))).expect("compared")
}

#[apply(on_both_engines!)]
fn a_studio_is_made_listed_and_shown_by_slug_or_id(home: Home) {
    let made = home.studio("casa");
    assert_eq!(made["slug"], "casa");
    assert_eq!(made["locale"], "en");
    let id = made["id"].as_str().expect("an id");
    assert!(id.starts_with("std_"));
    home.studio("other");
    let listed = home.run(&["studio", "list", "--json"]).json();
    assert_eq!(listed.as_array().expect("studios").len(), 2);
    assert_eq!(listed[0], made);
    for named in ["casa", id] {
        assert_eq!(home.run(&["studio", "show", named, "--json"]).json(), made);
    }
    assert!(home.run(&["studio", "list"]).done().contains("casa"));
}

#[apply(on_both_engines!)]
fn both_forms_of_an_owners_address_are_one_account(home: Home) {
    let about = ["studio", "create", "--slug", "casa", "--name", "A", "--time-zone", "UTC", "--currency", "EUR"];
    let owner = ["--owner-email", "Anna@müller.example", "--owner-password-stdin"];
    home.run_with(PASSWORD, &[&about[..], &owner].concat()).done();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = open(&home.url.parse().expect("a URL"), false).await.expect("the database opens");
        let studio = studios::list(db.read()).await.expect("studios")[0].id.studio();
        let hash = staff::owners(db.of(studio)).await.expect("owners").remove(0).password_hash;
        for same in ["anna@xn--mller-kva.example", "anna@mu\u{308}ller.example"] {
            let mut tx = db.begin_studio(&Clock::System, studio, 1).await.expect("a transaction");
            let email = same.parse().expect("an address");
            let second = staff::create(tx.on(), email, staff::Role::Owner, hash.clone(), Clock::System.now()).await;
            assert!(matches!(second, Err(StoreError::Taken)), "{same}: {second:?}");
        }
        db.close().await;
    });
    let reset = ["studio", "reset-owner-password", "casa", "--owner-email", "anna@xn--mller-kva.example"];
    home.run_with("another sentence nobody guesses", &[&reset[..], &["--owner-password-stdin"]].concat()).done();
}

#[apply(on_both_engines!)]
fn a_taken_slug_is_said_and_nothing_is_made(home: Home) {
    home.studio("casa");
    let about = ["studio", "create", "--slug", "casa", "--name", "B", "--time-zone", "UTC", "--currency", "EUR"];
    let said = home.run_with(PASSWORD, &[&about[..], &OWNER].concat()).fails(1);
    assert!(said.contains("slug `casa`"), "{said}");
    assert_eq!(home.run(&["studio", "list", "--json"]).json().as_array().map(Vec::len), Some(1));
}

#[apply(on_both_engines!)]
fn a_studio_changes_by_a_merge_patch_that_is_checked(home: Home) {
    home.studio("casa");
    let change = ["studio", "change", "casa", "--file", "-", "--json"];
    let patch = r#"{"policies": {"late_cancellation_minutes": 60, "privacy": "None of your data is sold."}}"#;
    let changed = home.run_with(patch, &change).json();
    assert_eq!(changed["policies"]["late_cancellation_minutes"], 60);
    assert_eq!(changed["version"], 2);
    let cleared = home.run_with(r#"{"policies": {"privacy": null}}"#, &change).json();
    assert_eq!(cleared["policies"], json!({"late_cancellation_minutes": 60}));
    let said = home.run_with(r#"{"policies": {"privac": "x"}, "currency": "euro"}"#, &change).fails(1);
    assert!(said.contains("/policies/privac") && said.contains("/currency"), "{said}");
}

#[apply(on_both_engines!)]
fn an_owner_who_is_locked_out_gets_a_new_password(home: Home) {
    let studio = home.studio("casa");
    home.studio("other");
    let reset = ["studio", "reset-owner-password", "--owner-password-stdin"];
    let run = |password: &str, args: &[&str]| home.run_with(password, &[&reset[..], args].concat());
    let done = run("another violet umbrella 12\n", &["casa", "--json"]).json();
    assert_eq!((&done["studio_id"], &done["email"]), (&studio["id"], &json!("owner@studio.example")));
    let after = hashes(&home);
    assert!(is_of(&after["casa"], "another violet umbrella 12") && !is_of(&after["casa"], PASSWORD));
    assert!(is_of(&after["other"], PASSWORD));
    let told = home.run(&["outbox", "list", "--studio", "casa", "--json"]).json();
    assert_eq!((&told[0]["kind"], &told[0]["to"]), (&json!("password_changed"), &json!("owner@studio.example")));
    assert_eq!(home.run(&["outbox", "list", "--studio", "other", "--json"]).json(), json!([]));
    run("a third one, quite long", &["--studio", "casa", "--owner-email", "Owner@Studio.example"]).done();
    assert!(is_of(&hashes(&home)["casa"], "a third one, quite long"));

    for (password, args, code, word) in [
        ("password1234", &["casa"][..], 1, "easily guessed"),
        ("owner@studio.example", &["casa"], 1, "easily guessed"),
        ("short", &["casa"], 1, "at least 12"),
        ("another violet umbrella 13", &["casa", "--owner-email", "nobody@studio.example"], 1, "nobody@studio.example"),
        ("another violet umbrella 13", &["nowhere"], 1, "nowhere"),
        ("another violet umbrella 13", &[], 2, "<STUDIO>"),
    ] {
        let said = run(password, args).fails(code);
        assert!(said.contains(word) && !said.contains("umbrella"), "{said}");
    }
    home.run(&["studio", "reset-owner-password", "casa"]).fails(2);
    assert!(is_of(&hashes(&home)["casa"], "a third one, quite long"));
}

#[apply(on_both_engines!)]
fn a_weak_password_is_refused_and_no_wrong_usage(home: Home) {
    let about = ["studio", "create", "--slug", "casa", "--name", "B", "--time-zone", "UTC", "--currency", "EUR"];
    let said = home.run_with("password1234", &[&about[..], &OWNER].concat()).fails(1);
    assert!(said.contains("--owner-password-stdin"), "{said}");
    home.run(&["migrate"]).done();
    assert_eq!(home.run(&["studio", "list", "--json"]).json(), json!([]));
}

#[apply(on_both_engines!)]
fn a_website_reads_the_studio_and_no_more_than_is_public(home: Home) {
    let studio = home.studio("casa");
    home.run_with(
        r#"{"policies": {"terms": "Be kind."}, "contact": {"phone": "+351 21 000 0000"}}"#,
        &["studio", "change", "casa", "--file", "-"],
    )
    .done();
    let key = &home.publishable_key()["key"];
    let server = home.serve(&[]);
    let read = |path| server.call("storefront", path, key, &[]);
    let config = json!({"studio_id": studio["id"], "slug": "casa", "name": "A Studio", "time_zone": "Europe/Lisbon",
        "currency": "EUR", "locale": "en"});
    assert_eq!(read("/v1/config"), (200, config));
    let site = json!({"name": "A Studio", "description": null, "logo_url": null,
        "contact": {"email": null, "phone": "+351 21 000 0000"}, "address": null, "links": {}});
    assert_eq!(read("/v1/site"), (200, site));
    let policies = json!({"cancellation": null, "late_cancellation_minutes": null, "no_show": null, "waiver": null,
        "privacy": null, "terms": "Be kind."});
    assert_eq!(read("/v1/policies"), (200, policies));
}

#[test]
fn a_studio_is_named_by_a_word_or_by_the_flag_of_other_commands() {
    let home = Home::on_sqlite();
    let made = home.studio("casa");
    assert_eq!(home.run(&["studio", "show", "--studio", "casa", "--json"]).json(), made);
    home.run_with(r#"{"name": "B"}"#, &["studio", "change", "--studio", "casa", "--file", "-"]).done();
    home.run(&["studio", "show"]).fails(2);
    home.run(&["studio", "show", "casa", "--studio", "casa"]).fails(2);
}

#[test]
fn everything_that_is_wrong_with_a_new_studio_is_said_at_once() {
    let home = Home::on_sqlite();
    let about = ["--slug", "Ca Sa", "--name", " ", "--time-zone", "Mars", "--currency", "euro"];
    let owner = ["--owner-email", "nobody", "--owner-password-stdin"];
    let said = home.run_with("password1234\n", &[&["studio", "create"][..], &about, &owner].concat()).fails(2);
    for flag in ["--slug", "--name", "--time-zone", "--currency", "--owner-email", "--owner-password-stdin"] {
        assert!(said.contains(flag), "{flag}: {said}");
    }
    assert!(!said.contains("password1234"), "{said}");
    assert!(!home.path("flow.db").exists());
}

#[test]
fn an_owners_password_is_kept_as_argon2id_and_shown_nowhere() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let bytes = std::fs::read(home.path("flow.db")).expect("the file");
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(!holds(PASSWORD));
    let shown = home.run(&["studio", "show", "casa", "--json"]).done();
    assert!(!shown.contains("argon2"), "{shown}");
}
