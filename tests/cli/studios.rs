//! `studio`: tenants and their first owner.

use serde_json::json;

use super::gateway::{Home, PASSWORD, on_both_engines};

const OWNER: [&str; 3] = ["--owner-email", "owner@studio.example", "--owner-password-stdin"];

on_both_engines! {
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

    fn a_taken_slug_is_said_and_nothing_is_made(home: Home) {
        home.studio("casa");
        let about = ["studio", "create", "--slug", "casa", "--name", "B", "--time-zone", "UTC", "--currency", "EUR"];
        let said = home.run_with(PASSWORD, &[&about[..], &OWNER].concat()).fails(1);
        assert!(said.contains("slug `casa`"), "{said}");
        assert_eq!(home.run(&["studio", "list", "--json"]).json().as_array().map(Vec::len), Some(1));
    }

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

    fn a_website_reads_the_studio_and_no_more_than_is_public(home: Home) {
        let studio = home.studio("casa");
        home.run_with(r#"{"policies": {"terms": "Be kind."}, "contact": {"phone": "+351 21 000 0000"}}"#,
            &["studio", "change", "casa", "--file", "-"]).done();
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
