//! `copy`: a whole database into an empty one of either engine.

use std::fs;

use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use super::gateway::{Home, call, end, wait_until};

/// A home with the demo's studio, keys and history, and a secret key of it.
fn lived_in(home: Home) -> (Home, String) {
    let mut demo = home.demo_here(&[]);
    let mut keys = Vec::new();
    loop {
        let line = demo.line();
        keys.extend(line.split_whitespace().last().filter(|word| word.starts_with("flow_sk_")).map(str::to_owned));
        if line.starts_with("Ctrl-C") {
            break;
        }
    }
    demo.stop();
    (home, keys.swap_remove(0))
}

fn copy(from: &Home, to: &Home) -> Value {
    from.run(&["copy", &from.url, &to.url, "--json"]).json()
}

/// What the commands print and export of a database: if two print the same, they hold the same.
fn printed(home: &Home) -> Vec<String> {
    let studios = home.run(&["studio", "list", "--json"]).json();
    let slug = studios[0]["slug"].as_str().expect("a studio");
    let of_studio = |command: &str| home.run(&[command, "--studio", slug]).done();
    home.run(&["export", "--studio", slug, "--format", "jsonl", "exported"]).done();
    let exported = home.path("exported");
    let mut files: Vec<_> = fs::read_dir(&exported).expect("files").map(|file| file.expect("one").path()).collect();
    files.sort();
    let mut printed: Vec<_> = files.iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    fs::remove_dir_all(exported).expect("removed");
    printed.push(home.run(&["keys", "list", "--studio", slug, "--json"]).done());
    printed.push(of_studio("activity"));
    // The export left a row, too. PostgreSQL does not keep the order of keys in JSON.
    let audit = of_studio("audit");
    let rows = audit.lines().filter(|row| !row.contains("\"export\""));
    printed.extend(rows.map(|row| {
        let mut row: Value = serde_json::from_str(row).expect("JSON");
        row.sort_all_objects();
        row.to_string()
    }));
    printed
}

#[test]
fn a_copy_between_any_two_engines_holds_everything_and_its_keys_work() {
    let Some(server) = Home::on_postgres() else { return };
    let (first, key) = lived_in(Home::on_sqlite());
    let here = printed(&first);
    let told = copy(&first, &server);
    assert!(told["rows"].as_u64().is_some_and(|rows| rows > 1_000), "{told}");
    assert!(told["tables"]["bookings"].as_u64().is_some_and(|rows| rows > 0), "{told}");
    let (second, third) = (Home::on_postgres().expect("PostgreSQL"), Home::on_sqlite());
    assert_eq!(copy(&server, &second)["tables"], told["tables"]);
    assert_eq!(copy(&second, &third)["tables"], told["tables"]);
    let last = Home::on_sqlite();
    assert_eq!(copy(&third, &last)["tables"], told["tables"]);
    for home in [&server, &second, &third, &last] {
        let there = printed(home);
        // The texts are long: what differs first is shown.
        let differs = there.iter().zip(&here).find(|(there, here)| there != here);
        assert!(there == here, "{} {} {differs:.600?}", there.len(), here.len());
    }
    let rows = |home: &Home| {
        let running = home.serve(&[]);
        let url = format!("{}/v1/classes?limit=100", running.at["management"]);
        let (status, page) = call("GET", &url, &key, &[], None);
        assert_eq!(status, 200, "{page}");
        page["data"].clone()
    };
    let classes = rows(&first);
    assert_eq!(rows(&server), classes);
    assert_eq!(rows(&last), classes);
}

#[test]
fn who_follows_changes_goes_on_in_the_copy_where_they_were() {
    let Some(to) = Home::on_postgres() else { return };
    let from = Home::on_sqlite();
    from.studio("casa");
    let key = from.secret_key("instructors:read,instructors:write");
    let text = key["key"].as_str().expect("a key");
    let json = [("content-type", "application/json")];
    let add = |home: &Home, name: &str| {
        let running = home.serve(&[]);
        let url = format!("{}/v1/instructors", running.at["management"]);
        let (status, row) = call("POST", &url, text, &json, Some(&format!(r#"{{"display_name": "{name}"}}"#)));
        assert_eq!(status, 201, "{row}");
        row["updated_at"].as_str().expect("an instant").to_owned()
    };
    let before = add(&from, "Anna");
    copy(&from, &to);
    let after = add(&to, "Bea");
    assert!(after > before, "{before} {after}");
    let running = to.serve(&[]);
    let changes = || running.call("management", &format!("/v1/instructors?updated_since={before}"), &key["key"], &[]).1;
    let names = || -> Vec<Value> {
        changes()["data"].as_array().expect("rows").iter().map(|row| row["display_name"].clone()).collect()
    };
    // On PostgreSQL, other transactions of the server hold the last back for a while.
    wait_until(|| names().len() == 2, || format!("both are listed in {}", changes()));
    assert_eq!(names(), ["Anna", "Bea"]);
}

#[test]
fn the_signing_secret_goes_along_between_files_and_is_named_elsewhere() {
    let (from, to) = (Home::on_sqlite(), Home::on_sqlite());
    from.studio("casa");
    from.serve(&[]).stop();
    let secret = fs::read_to_string(from.path("flow.db.secret")).expect("a secret");
    copy(&from, &to);
    assert_eq!(fs::read_to_string(to.path("flow.db.secret")).expect("the same"), secret);
    let other = Home::on_sqlite();
    other.serve(&[]).stop();
    let told = from.run(&["copy", &from.url, &other.url]).fails(1);
    assert!(
        told.contains("flow.db.secret contains another secret"),
        "a server made one while the file was empty: {told}"
    );
    assert_eq!(other.run(&["studio", "list", "--json"]).done().trim(), "[]");
    let set = Home::on_sqlite();
    set.studio("casa");
    let mut copy = set.command(&["copy"]);
    let elsewhere = Home::on_sqlite();
    copy.env("FLOW_COPY_FROM", &set.url).env("FLOW_COPY_TO", &elsewhere.url);
    let told = end(copy, "");
    assert!(told.code == Some(0) && told.err.contains("if --signing-secret was set"), "{told:?}");
    let Some(server) = Home::on_postgres() else { return };
    let told = from.run(&["copy", &from.url, &server.url]);
    assert!(told.err.contains("--signing-secret") && told.err.contains("flow.db.secret"), "{told:?}");
    assert!(!told.err.contains(secret.trim()), "{told:?}");
}

#[test]
fn a_database_with_studios_is_no_target_and_stays_as_it_is() {
    let from = Home::on_sqlite();
    from.studio("casa");
    for to in [Some(Home::on_sqlite()), Home::on_postgres()].into_iter().flatten() {
        to.studio("other");
        let before = to.run(&["studio", "list", "--json"]).done();
        assert!(from.run(&["copy", &from.url, &to.url]).fails(1).contains("is not empty"));
        assert_eq!(to.run(&["studio", "list", "--json"]).done(), before);
    }
    assert!(from.run(&["copy", &from.url, &from.url]).fails(1).contains("is not empty"));
}

#[test]
fn a_missing_source_an_unreadable_url_and_a_served_target_are_refused() {
    let (from, to) = (Home::on_sqlite(), Home::on_sqlite());
    assert!(from.run(&["copy", &from.url, &to.url]).fails(1).contains("there is no Flow Gateway database"));
    assert!(!to.path("flow.db").exists(), "nothing is made for nothing");
    assert!(from.run(&["copy", "mysql://somewhere", &to.url]).fails(2).contains("FROM"));
    from.studio("casa");
    assert!(from.run(&["copy", &from.url, "mysql://somewhere"]).fails(2).contains("TO"));
    let running = to.serve(&[]);
    assert!(from.run(&["copy", &from.url, &to.url]).fails(1).contains("already runs"));
    running.stop();
    assert_eq!(to.run(&["studio", "list", "--json"]).done().trim(), "[]");
}

#[test]
fn a_copy_that_fails_in_the_middle_leaves_the_target_empty_and_can_be_made_again() {
    let Some(to) = Home::on_postgres() else { return };
    let from = Home::on_sqlite();
    from.studio("casa");
    let run = |text: &'static str| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut file = SqliteConnection::connect(&from.url).await.expect("the file");
            sqlx::query(text).execute(&mut file).await.expect(text);
            file.close().await.expect("closed");
        });
    };
    run("update studios set policies = '{'");
    assert!(from.run(&["copy", &from.url, &to.url]).fails(1).contains("was not copied"));
    assert_eq!(to.run(&["studio", "list", "--json"]).done().trim(), "[]");
    run("update studios set policies = '{}'");
    copy(&from, &to);
    assert_eq!(to.run(&["studio", "list", "--json"]).json()[0]["slug"], "casa");
}
