//! `keys rename`: another name for the same key, beside a running server.

use serde_json::json;

use super::gateway::{Home, on_both_engines};

#[apply(on_both_engines!)]
fn a_key_is_renamed_beside_a_server_and_the_log_says_from_what_to_what(home: Home) {
    home.studio("casa");
    let server = home.serve(&[]);
    let key = home.secret_key("instructors:read");
    let id = key["id"].as_str().expect("an id");
    let renamed = home.run(&["keys", "rename", id, "Back office", "--json"]).json();
    assert_eq!(
        (&renamed["name"], &renamed["id"], &renamed["scopes"]),
        (&json!("Back office"), &key["id"], &key["scopes"])
    );
    assert_eq!(renamed.get("key"), None, "a secret key is not shown again");
    assert_eq!(home.run(&["keys", "show", id, "--json"]).json()["name"], "Back office");
    assert_eq!(server.call("management", "/v1/instructors", &key["key"], &[]).0, 200);
    let again = home.run(&["keys", "rename", id, "Back office"]);
    assert_eq!((again.code, &*again.out), (Some(0), ""));
    assert!(again.err.contains(id) && again.err.contains("is now named Back office"), "{again:?}");
    // A new key may have the name of another.
    home.run(&["keys", "rename", home.secret_key("instructors:read")["id"].as_str().expect("an id"), "Back office"])
        .done();
    let log = home.run(&["audit", "--studio", "casa", "--action", "keys.rename", "--subject", id]).done();
    let rows: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 1, "none where nothing changed: {log}");
    assert_eq!((&rows[0]["by"], &rows[0]["reason"]), (&json!("command line"), &json!(null)));
    assert_eq!((&rows[0]["before"], &rows[0]["after"]), (&json!({"name": "CRM"}), &json!({"name": "Back office"})));
}

#[test]
fn a_name_that_is_no_name_is_wrong_usage_and_a_key_that_is_absent_or_has_ended_is_refused() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("classes:read");
    let (id, text) = (key["id"].as_str().expect("an id"), key["key"].as_str().expect("a key"));
    let too_long = "x".repeat(121);
    for (name, word) in
        [("", "needs a name"), ("a\nb", "one line"), (&*too_long, "120"), (text, "must not contain a key")]
    {
        let said = home.run(&["keys", "rename", id, name]).fails(2);
        assert!(said.contains(word) && !said.contains(text), "{name:?}: {said}");
    }
    home.run(&["keys", "rename", id]).fails(2);
    let nobody = "key_01jdc9x0aetqt8q3yv0gcm1v5k";
    assert!(home.run(&["keys", "rename", nobody, "X"]).fails(1).contains(nobody));
    home.run(&["keys", "revoke", id, "--yes"]).done();
    assert!(home.run(&["keys", "rename", id, "X"]).fails(1).contains("was revoked"));
    assert_eq!(home.run(&["keys", "show", id, "--json"]).json()["name"], "CRM");
}
