//! `scan`: secret keys in files, archives and git, found by their checksum and shown by their mask.

pub mod archives;
mod git;
mod report;

use std::{fs, process::Command};

use flow_gateway::access::key::{KeyKind, mint};
use serde_json::Value;

use super::gateway::{Ended, Home};

fn key() -> String {
    mint(KeyKind::Secret).reveal().to_owned()
}

/// The mask that stands for a key.
fn masked(key: &str) -> String {
    format!("flow_sk_…{}", &key[key.len() - 4..])
}

fn file(home: &Home, path: &str, bytes: impl AsRef<[u8]>) {
    let path = home.path(path);
    fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
    fs::write(path, bytes).expect("the file is written");
}

/// What a scan found, as `path!entry` and mask.
#[track_caller]
fn found(ended: &Ended) -> Vec<(String, String)> {
    let told: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let rows = told["findings"].as_array().expect("findings").clone();
    assert_eq!(ended.code, Some(i32::from(!rows.is_empty())), "{ended:?}");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let shown = |row: &Value| {
        let entry = text(&row["entry"]).map(|entry| format!("!{entry}")).unwrap_or_default();
        (text(&row["path"]).expect("a path") + &entry, text(&row["key"]).expect("a mask"))
    };
    rows.iter().map(shown).collect()
}

fn scanned(home: &Home, args: &[&str]) -> Ended {
    home.run(&[&["scan", "--format", "json"][..], args].concat())
}

#[test]
fn a_key_is_found_in_hidden_files_build_folders_and_what_git_ignores() {
    let home = Home::on_sqlite();
    let keys: Vec<_> = (0..4).map(|_| key()).collect();
    file(&home, "src/.env", format!("A=1\nKEY={}\n", keys[0]));
    file(&home, "src/node_modules/x/y.js", &keys[1]);
    file(&home, "src/.gitignore", "target\n");
    file(&home, "src/target/debug/app", [&[0, 159, 146, 150][..], keys[2].as_bytes(), &[0; 9]].concat());
    file(&home, "src/.git/config", &keys[3]);
    file(&home, "src/plain.txt", format!("flow_sk_{} {}", "A".repeat(50), mint(KeyKind::Publishable).reveal()));
    let ended = scanned(&home, &["src"]);
    let mut expected = [
        ("src/.env", &keys[0]),
        ("src/.git/config", &keys[3]),
        ("src/node_modules/x/y.js", &keys[1]),
        ("src/target/debug/app", &keys[2]),
    ]
    .map(|(path, key)| (path.to_owned(), masked(key)));
    expected.sort();
    assert_eq!(found(&ended), expected);
    for key in &keys {
        assert!(!format!("{ended:?}").contains(&key[..30]), "no more than a mask is shown");
    }
    let text = home.run(&["scan", "src/.env"]);
    assert_eq!((text.code, text.out.as_str()), (Some(1), format!("src/.env:2:5: {}\n", masked(&keys[0])).as_str()));
}

#[test]
fn where_no_key_is_the_scan_succeeds_and_what_is_asked_wrongly_is_wrong_usage() {
    let home = Home::on_sqlite();
    file(&home, "src/a.txt", "nothing");
    let ended = home.run(&["scan", "src"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""), "{ended:?}");
    assert!(!home.path("flow.db").exists(), "it needs no database");
    for wrong in [
        &["scan"][..],
        &["scan", "absent"],
        &["scan", "src", "--history"],
        &["scan", "--staged"],
        &["scan", "src", "--format", "xml"],
    ] {
        home.run(wrong).fails(2);
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_devices_are_left_alone() {
    let home = Home::on_sqlite();
    file(&home, "out/secret", key());
    file(&home, "a/x", "nothing");
    std::os::unix::fs::symlink(home.path("out"), home.path("a/link")).expect("a link");
    std::os::unix::fs::symlink(home.path("a"), home.path("a/circle")).expect("a link");
    assert!(Command::new("mkfifo").arg(home.path("a/pipe")).status().expect("mkfifo").success());
    assert_eq!(found(&scanned(&home, &["a"])), []);
}
