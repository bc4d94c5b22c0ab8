//! `signing-keys`: lists and replaces the keys that sign member tokens.

use serde_json::{Value, json};

use super::gateway::{Home, call, on_both_engines, wait_until};

const SECRET: &str = "a signing secret of the command line's tests";

fn states(home: &Home) -> Vec<Value> {
    let keys = home.run(&["signing-keys", "list", "--json"]).json();
    keys.as_array().expect("keys").iter().map(|key| key["state"].clone()).collect()
}

#[apply(on_both_engines!)]
fn a_key_is_replaced_with_an_overlap_or_at_once_and_a_running_server_publishes_it(home: Home) {
    home.studio("casa");
    let server = home.serve(&["--signing-secret", SECRET]);
    assert_eq!(states(&home), Vec::<Value>::new(), "the first is made with the first token");
    let rotate = ["signing-keys", "rotate", "--signing-secret", SECRET, "--json"];
    let first = home.run(&rotate).json();
    assert_eq!(first["state"], "signing", "nothing signed before");
    assert!(first.get("sealed_private_key").is_none(), "{first}");
    let second = home.run(&rotate).json();
    assert_eq!(second["state"], "published");
    assert_eq!(states(&home), ["signing", "published"]);
    let list = home.run(&["signing-keys", "list"]).done();
    assert!(list.contains(first["id"].as_str().unwrap()) && list.contains("signs from"), "{list}");
    let leaked = home.run(&[&rotate[..], &["--at-once"]].concat()).fails(1);
    assert!(leaked.contains("--yes"), "it asks first: {leaked}");
    let third = home.run(&[&rotate[..], &["--at-once", "--yes"]].concat()).json();
    assert_eq!(states(&home), ["expired", "expired", "signing"]);
    let url = format!("{}/.well-known/jwks.json", server.at["members"]);
    let published = || call("GET", &url, "", &[], None).1["keys"].clone();
    wait_until(|| published()[0]["kid"] == third["id"], || format!("the third is in {}", published()));
    assert_eq!(published().as_array().map(Vec::len), Some(1));
}

#[test]
fn the_secret_of_a_sqlite_database_stands_in_the_file_beside_it() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let made = home.run(&["signing-keys", "rotate", "--json"]).json();
    assert_eq!(made["state"], json!("signing"));
    let short = home.run(&["signing-keys", "rotate", "--signing-secret", "short"]).fails(2);
    assert!(short.contains("--signing-secret") && !short.contains("`short`"), "{short}");
}

#[test]
fn without_a_secret_no_key_is_made_on_postgresql() {
    let Some(home) = Home::on_postgres() else { return };
    home.studio("casa");
    let refused = home.run(&["signing-keys", "rotate"]).fails(1);
    assert!(refused.contains("--signing-secret"), "{refused}");
}
