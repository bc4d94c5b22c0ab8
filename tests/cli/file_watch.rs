//! What becomes of a SQLite file under a server: a second server, and a file that is taken away, replaced or written over.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::gateway::{Home, Running, call};

#[test]
fn a_second_server_on_one_file_is_refused_by_whatever_name_and_without_the_lock_file() {
    let home = Home::on_sqlite();
    let _server = home.serve(&[]);
    fs::hard_link(home.path("flow.db"), home.path("other.db")).expect("another name");
    let other = format!("sqlite://{}", home.path("other.db").display());
    let said = home.run(&["serve", "--database", &other]).fails(1);
    assert!(said.contains("already runs"), "{said}");
    fs::remove_file(home.path("flow.db.lock")).expect("removed");
    let said = home.run(&["serve"]).fails(1);
    assert!(said.contains("already runs"), "{said}");
    home.run(&["migrate"]).done();
}

/// Writes until it is refused; the names that were acknowledged, and the refusal.
fn write_until_refused(server: &Running, key: &Value, mut between: impl FnMut(usize)) -> (Vec<String>, u16, Value) {
    let url = format!("{}/v1/instructors", server.at["management"]);
    let mut acknowledged = Vec::new();
    loop {
        let name = format!("Number {}", acknowledged.len());
        let body = serde_json::json!({"display_name": name}).to_string();
        let json = [("content-type", "application/json")];
        let (status, answer) = call("POST", &url, key["key"].as_str().expect("a key"), &json, Some(&body));
        if status != 201 {
            return (acknowledged, status, answer);
        }
        acknowledged.push(name);
        between(acknowledged.len());
    }
}

/// What happens to the files of a database under a server.
type Fault = fn(&Home);

#[test]
fn a_file_that_is_taken_away_under_a_server_is_noticed_everywhere_and_nothing_acknowledged_is_lost() {
    let faults: [(&str, Fault); 6] = [
        ("moved", |home| fs::rename(home.path("flow.db"), home.path("old.db")).expect("moved")),
        ("replaced", |home| {
            fs::hard_link(home.path("flow.db"), home.path("old.db")).expect("kept");
            fs::rename(home.path("copy.db"), home.path("flow.db")).expect("replaced");
        }),
        ("written over", |home| {
            fs::copy(home.path("copy.db"), home.path("flow.db")).expect("copied");
        }),
        ("emptied", |home| {
            fs::File::options().write(true).truncate(true).open(home.path("flow.db")).expect("emptied");
        }),
        ("log deleted", |home| {
            fs::hard_link(home.path("flow.db-wal"), home.path("old.wal")).expect("kept");
            fs::remove_file(home.path("flow.db-wal")).expect("deleted");
        }),
        ("index deleted", |home| fs::remove_file(home.path("flow.db-shm")).expect("deleted")),
    ];
    for (fault, take_away) in faults {
        let home = Home::on_sqlite();
        home.studio("casa");
        let key = home.secret_key("instructors:read,instructors:write");
        home.run(&["backup", "copy.db"]).done();
        let server = home.serve(&[]);
        let (acknowledged, status, problem) = write_until_refused(&server, &key, |written| {
            if written == 5 {
                take_away(&home);
            }
        });
        assert_eq!((status, problem["code"].as_str()), (503, Some("unavailable")), "{fault}: {problem}");
        assert_eq!(acknowledged.len(), 5, "{fault}: none after it was taken away");
        let since = Instant::now();
        for surface in ["storefront", "management", "members", "studio"] {
            while call("GET", &format!("{}/v1/site", server.at[surface]), "", &[], None).0 != 503 {
                assert!(since.elapsed() < Duration::from_secs(5), "{fault}: {surface}");
            }
        }
        assert_eq!(call("GET", &format!("{}/readyz", server.at["ops"]), "", &[], None).0, 503, "{fault}");
        assert_eq!(call("GET", &format!("{}/healthz", server.at["ops"]), "", &[], None).0, 200, "{fault}");
        let (code, log) = server.stop();
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(log.matches("restore FILE").count(), 1, "{fault}: {log}");
    }
}

#[test]
fn a_file_that_comes_back_is_served_again() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("instructors:read");
    let server = home.serve(&[]);
    let status = || server.call("management", "/v1/instructors", &key["key"], &[]).0;
    assert_eq!(status(), 200);
    fs::rename(home.path("flow.db"), home.path("away.db")).expect("moved");
    let since = Instant::now();
    for wanted in [503, 200] {
        while status() != wanted {
            assert!(since.elapsed() < Duration::from_secs(10), "{wanted}: {}", server.log());
        }
        if wanted == 503 {
            fs::rename(home.path("away.db"), home.path("flow.db")).expect("moved back");
        }
    }
}
