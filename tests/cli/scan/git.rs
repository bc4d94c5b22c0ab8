//! Keys in a repository: in its history, and in what is staged.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::{Value, json};

use super::{
    Home,
    archives::{broken_tar, not_scanned, zip},
    file, found, key, masked, scanned,
};
use crate::cli::gateway::end;

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
        let masks: BTreeSet<_> = found(&ended).into_iter().map(|(_, mask)| mask).collect();
        let expected: BTreeSet<_> = [&removed, &amended, &said, &packed].map(|key| masked(key)).into();
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
    assert_eq!(end(here, "").code, Some(1), "from a folder of the repository, without a path");
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

#[test]
fn two_paths_of_one_repository_are_looked_through_once() {
    let home = Home::on_sqlite();
    let key = key();
    file(&home, "repo/a/x", &key);
    file(&home, "repo/b/x", "nothing");
    let repo = home.path("repo");
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-qm", "first"]);
    git(&repo, &["rm", "-q", "a/x"]);
    file(&home, "repo/a/y", "nothing");
    let looked_at = |paths: &[&str]| {
        let ended = scanned(&home, &[paths, &["--history"]].concat());
        assert_eq!(found(&ended), [("a/x".to_owned(), masked(&key))]);
        serde_json::from_str::<Value>(&ended.out).expect("JSON")["looked_at"].as_u64().expect("a number")
    };
    // One more file, and no object twice.
    assert_eq!(looked_at(&["repo/a", "repo/b"]), looked_at(&["repo/a"]) + 1);
}

#[test]
fn a_tar_that_breaks_off_is_reported_alike_on_disk_and_in_git() {
    let home = Home::on_sqlite();
    let (before, behind) = (key(), key());
    file(&home, "repo/broken.tar", broken_tar(&before, &behind));
    let repo = home.path("repo");
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "."]);
    let in_files = scanned(&home, &["repo/broken.tar"]);
    let staged = scanned(&home, &["--staged", "repo"]);
    let expected = |path: &str| [(path.to_owned(), masked(&behind)), (format!("{path}!x"), masked(&before))];
    assert_eq!(found(&in_files), expected("repo/broken.tar"));
    assert_eq!(found(&staged), expected("broken.tar"));
    let [(_, on_disk)] = &not_scanned(&in_files.out)[..] else { panic!("{in_files:?}") };
    assert_eq!(not_scanned(&staged.out), [("broken.tar".to_owned(), on_disk.clone())]);
}

#[test]
fn an_object_that_is_too_large_for_memory_is_reported_as_not_scanned() {
    let home = Home::on_sqlite();
    let (key, repo) = (key(), home.path("repo"));
    file(&home, "repo/x", "nothing");
    git(&repo, &["init", "-q"]);
    let large = fs::File::create(home.path("large")).expect("a file");
    large.set_len(256 * 1024 * 1024 + 1).expect("it grows");
    fs::write(home.path("small"), &key).expect("a file");
    git(&repo, &["hash-object", "-w", "../large", "../small"]);
    let ended = scanned(&home, &["repo", "--history"]);
    assert_eq!(found(&ended).iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>(), [masked(&key)]);
    let [(_, reason)] = &not_scanned(&ended.out)[..] else { panic!("{ended:?}") };
    assert_eq!(reason, "a git object of more than 256 MiB");
}
