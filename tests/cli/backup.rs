//! `backup`: a consistent copy, taken beside a server.

use serde_json::json;

use super::gateway::{Home, call};

#[test]
fn a_copy_taken_beside_a_server_opens_and_has_the_rows() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("instructors:read,instructors:write");
    let server = home.serve(&[]);
    let url = format!("{}/v1/instructors", server.at["management"]);
    let json = [("content-type", "application/json")];
    let text = key["key"].as_str().expect("a key");
    assert_eq!(call("POST", &url, text, &json, Some(r#"{"display_name": "Anna"}"#)).0, 201);
    home.run(&["backup", "copy.db"]).done();
    assert_eq!(call("POST", &url, text, &json, Some(r#"{"display_name": "Later"}"#)).0, 201);
    server.stop();
    let copy = Home { url: format!("sqlite://{}", home.path("copy.db").display()), ..Home::on_sqlite() };
    let server = copy.serve(&[]);
    let (status, page) = server.call("management", "/v1/instructors", &key["key"], &[]);
    assert_eq!(status, 200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(page["data"][0]["display_name"], "Anna");
}

#[test]
fn what_was_copied_is_told_by_its_name_and_size() {
    let home = Home::on_sqlite();
    home.run(&["migrate"]).done();
    let told = home.run(&["backup", "copy.db", "--json"]).json();
    let bytes = std::fs::metadata(home.path("copy.db")).expect("the copy").len();
    assert_eq!(told, json!({"file": "copy.db", "bytes": bytes}));
    let copy = Home { url: format!("sqlite://{}", home.path("copy.db").display()), ..Home::on_sqlite() };
    assert_eq!(copy.run(&["studio", "list", "--json"]).json(), json!([]));
    assert_eq!(home.run(&["migrate", "--json"]).json(), copy.run(&["migrate", "--json"]).json());
}

#[test]
fn a_copy_goes_through_standard_output_and_comes_back_through_standard_input() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let copied = home.command(&["backup", "-"]).output().expect("it ends");
    assert!(copied.status.success(), "{copied:?}");
    assert!(copied.stdout.starts_with(b"SQLite format 3\0"));
    let file = home.path("piped.db");
    std::fs::write(&file, &copied.stdout).expect("the copy is written");
    home.studio("later");
    let piped = std::fs::File::open(&file).expect("the copy");
    let restored = home.command(&["restore", "-"]).stdin(piped).output().expect("it ends");
    assert!(restored.status.success(), "{restored:?}");
    let studios = home.run(&["studio", "list", "--json"]).json();
    assert_eq!(studios.as_array().map(Vec::len), Some(1), "{studios}");
    assert!(home.run(&["backup", "-", "--json"]).fails(2).contains("standard output"));
    assert!(home.run_with("no database", &["restore", "-"]).fails(1).contains("not a SQLite database"));
    let names: Vec<_> = std::fs::read_dir(home.directory.path()).expect("the directory").flatten().collect();
    let is_left = |name: &str| name.starts_with(".tmp") || name.contains(".part");
    assert!(names.iter().all(|entry| !is_left(&entry.file_name().to_string_lossy())), "{names:?}");
}

#[test]
fn a_copy_overwrites_nothing() {
    let home = Home::on_sqlite();
    assert!(home.run(&["migrate", "--json"]).json()["schema"].as_i64().is_some_and(|step| step > 7));
    home.write("copy.db", "mine");
    assert!(home.run(&["backup", "copy.db"]).fails(1).contains("exists already"));
    assert_eq!(std::fs::read_to_string(home.path("copy.db")).expect("the file"), "mine");
    home.run(&["backup", "no/such/directory.db"]).fails(1);
}

#[test]
fn postgres_is_copied_with_its_own_tool() {
    let Some(home) = Home::on_postgres() else { return };
    assert!(home.run(&["backup", "copy.db"]).fails(1).contains("pg_dump"));
}
