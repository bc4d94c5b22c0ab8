//! `scan`: secret keys in files, archives and git, found by their checksum and shown by their mask.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
    process::Command,
};

use flate2::{Compression, write::GzEncoder};
use flow_gateway::access::key::{KeyKind, mint};
use serde_json::{Value, json};

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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, name, bytes).expect("packed");
    archive.into_inner().expect("packed")
}

fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("packed");
    archive.write_all(bytes).expect("packed");
    archive.finish().expect("packed").into_inner()
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

#[test]
fn a_key_is_found_in_archives_and_in_archives_in_them() {
    let home = Home::on_sqlite();
    let keys: Vec<_> = (0..5).map(|_| key()).collect();
    file(&home, "a/app.zip", zip("conf/app.ini", keys[0].as_bytes()));
    file(&home, "a/logs.gz", gzip(keys[1].as_bytes()));
    file(&home, "a/layer.tar.gz", gzip(&tar("etc/env", keys[2].as_bytes())));
    file(&home, "a/outer.tgz", gzip(&tar("inner.zip", &zip("deep.tar", &tar("x", keys[3].as_bytes())))));
    // By what it holds, whatever its name is.
    file(&home, "a/picture.png", zip("x", keys[4].as_bytes()));
    let mut expected = [
        ("a/app.zip!conf/app.ini", &keys[0]),
        ("a/layer.tar.gz!etc/env", &keys[2]),
        ("a/logs.gz", &keys[1]),
        ("a/outer.tgz!inner.zip!deep.tar!x", &keys[3]),
        ("a/picture.png!x", &keys[4]),
    ]
    .map(|(path, key)| (path.to_owned(), masked(key)));
    expected.sort();
    assert_eq!(found(&scanned(&home, &["a"])), expected);
}

#[test]
fn what_is_not_looked_at_is_told() {
    let home = Home::on_sqlite();
    let mut deep = key().into_bytes();
    for _ in 0..8 {
        deep = gzip(&deep);
    }
    file(&home, "a/deep.gz", deep);
    file(&home, "a/cut.gz", &gzip(&vec![7; 100_000])[..40]);
    let broken = key();
    file(&home, "a/broken.zip", [b"PK\x03\x04", broken.as_bytes()].concat());
    let ended = scanned(&home, &["a"]);
    assert_eq!(found(&ended), [("a/broken.zip".to_owned(), masked(&broken))]);
    let told: Value = serde_json::from_str(&ended.out).expect("JSON");
    let paths: Vec<_> = told["not_scanned"].as_array().expect("rows").iter().map(|row| row["path"].clone()).collect();
    assert_eq!(paths, [json!("a/broken.zip"), json!("a/cut.gz"), json!("a/deep.gz")], "{told}");
    assert!(ended.err.contains("not scanned: a/deep.gz: "), "{ended:?}");
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

#[test]
fn sarif_names_the_rule_the_file_and_the_line() {
    let home = Home::on_sqlite();
    let (plain, packed) = (key(), key());
    file(&home, "a dir/é.env", format!("\n  {plain}"));
    file(&home, "a dir/b.zip", zip("x", packed.as_bytes()));
    let ended = home.run(&["scan", "a dir", "--format", "sarif"]);
    assert_eq!(ended.code, Some(1));
    let told: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!((&told["version"], told["runs"].as_array().map(Vec::len)), (&json!("2.1.0"), Some(1)));
    let run = &told["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "flow-secret-key");
    let results = run["results"].as_array().expect("results");
    let location = |number: usize| results[number]["locations"][0]["physicalLocation"].clone();
    assert_eq!(location(0), json!({"artifactLocation": {"uri": "a%20dir/b.zip"}}));
    let region = json!({"startLine": 2, "startColumn": 3});
    assert_eq!(location(1), json!({"artifactLocation": {"uri": "a%20dir/%C3%A9.env"}, "region": region}));
    assert!(results.iter().all(|row| row["ruleId"] == "flow-secret-key" && row["level"] == "error"));
    assert!(!ended.out.contains(&plain[..30]) && !ended.out.contains(&packed[..30]));
    let none = home.run(&["scan", "flow.txt", "--format", "sarif"]);
    assert_eq!(none.code, Some(2));
    file(&home, "flow.txt", "nothing");
    let none = home.run(&["scan", "flow.txt", "--format", "sarif"]).json();
    assert_eq!(none["runs"][0]["results"], json!([]));
}

/// Runs git in a directory, as somebody with no settings of their own.
#[track_caller]
fn git(at: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@studio.example"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@studio.example"),
    ] {
        command.env(name, value);
    }
    let ended = command.current_dir(at).args(args).output().expect("git runs");
    assert!(ended.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_key_that_was_ever_committed_is_found_in_the_history_and_its_first_commit_is_named() {
    let home = Home::on_sqlite();
    let (removed, amended, said, packed) = (key(), key(), key(), key());
    file(&home, "repo/conf/app.env", format!("KEY={removed}\n"));
    file(&home, "repo/build.zip", zip("x", packed.as_bytes()));
    let repo = home.path("repo");
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-qm", "first"]);
    git(&repo, &["rm", "-q", "conf/app.env", "build.zip"]);
    git(&repo, &["commit", "-qm", &format!("the key was {said}")]);
    file(&home, "repo/b.txt", &amended);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-qm", "oops"]);
    file(&home, "repo/b.txt", "nothing");
    git(&repo, &["commit", "-qam", "oops", "--amend"]);
    for is_packed in [false, true] {
        if is_packed {
            git(&repo, &["gc", "-q"]);
        }
        let in_files = found(&scanned(&home, &["repo"]));
        assert!(
            in_files.iter().all(|(path, _)| path.starts_with("repo/.git/logs/")),
            "the files hold none: {in_files:?}"
        );
        let ended = scanned(&home, &["repo", "--history"]);
        let masks: std::collections::BTreeSet<_> = found(&ended).into_iter().map(|(_, mask)| mask).collect();
        let expected: std::collections::BTreeSet<_> =
            [&removed, &amended, &said, &packed].map(|key| masked(key)).into();
        assert_eq!(masks, expected, "packed: {is_packed}");
        let told: Value = serde_json::from_str(&ended.out).expect("JSON");
        let of = |key: &str| {
            told["findings"]
                .as_array()
                .expect("rows")
                .iter()
                .find(|row| row["key"] == masked(key).as_str())
                .cloned()
                .expect("found")
        };
        let first =
            Command::new("git").current_dir(&repo).args(["rev-list", "--max-parents=0", "HEAD"]).output().expect("git");
        let first = String::from_utf8(first.stdout).expect("text");
        assert_eq!((&of(&removed)["path"], &of(&removed)["line"]), (&json!("conf/app.env"), &json!(1)));
        assert_eq!(of(&removed)["commit"], first.trim());
        assert_eq!((&of(&packed)["path"], &of(&packed)["entry"]), (&json!("build.zip"), &json!("x")));
        assert_eq!(of(&amended)["path"], "b.txt", "also where no branch leads there any more");
    }
    let text = home.run(&["scan", "--history", "repo"]);
    assert!(text.out.contains(":conf/app.env:1:5: flow_sk_…"), "{text:?}");
}

#[test]
fn what_is_staged_is_scanned_and_nothing_else() {
    let home = Home::on_sqlite();
    let (old, staged, unstaged) = (key(), key(), key());
    let repo = home.path("repo");
    file(&home, "repo/old.txt", &old);
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "."]);
    // Before the first commit, all is new.
    assert_eq!(found(&scanned(&home, &["--staged", "repo"])), [("old.txt".to_owned(), masked(&old))]);
    git(&repo, &["commit", "-qm", "first"]);
    assert_eq!(found(&scanned(&home, &["--staged", "repo"])), []);
    file(&home, "repo/in/new.txt", &staged);
    git(&repo, &["add", "."]);
    // What is staged counts, whatever became of the file since.
    file(&home, "repo/in/new.txt", "nothing");
    file(&home, "repo/other.txt", &unstaged);
    assert_eq!(found(&scanned(&home, &["--staged", "repo"])), [("in/new.txt".to_owned(), masked(&staged))]);
    let mut here = home.command(&["scan", "--staged"]);
    here.current_dir(repo.join("in"));
    assert_eq!(super::gateway::end(here, "").code, Some(1), "from a folder of the repository, without a path");
    git(&repo, &["rm", "-qf", "--cached", "in/new.txt"]);
    assert_eq!(found(&scanned(&home, &["--staged", "repo"])), []);
}

#[test]
fn a_pre_commit_hook_stops_a_commit_that_holds_a_key() {
    let home = Home::on_sqlite();
    let repo = home.path("repo");
    file(&home, "repo/a.txt", "nothing");
    git(&repo, &["init", "-q"]);
    let hook = format!("#!/bin/sh\nexec '{}' scan --staged\n", env!("CARGO_BIN_EXE_flow-gateway"));
    file(&home, "repo/.git/hooks/pre-commit", hook);
    #[cfg(unix)]
    fs::set_permissions(home.path("repo/.git/hooks/pre-commit"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("rights");
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-qm", "first"]);
    file(&home, "repo/a.txt", key());
    let commit = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&repo).args([
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@studio.example",
            "commit",
            "-m",
            "second",
        ]);
        command.args(args).output().expect("git runs")
    };
    // git commits from an index of its own here, which the hook is told of.
    let ended = commit(&["-a"]);
    assert!(
        !ended.status.success() && String::from_utf8_lossy(&ended.stderr).contains("a.txt:1:1: flow_sk_…"),
        "{ended:?}"
    );
    file(&home, "repo/a.txt", "nothing else");
    assert!(commit(&["-a"]).status.success());
}
