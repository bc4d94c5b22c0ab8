//! `export` and `import`: a studio's rows, out and in.

mod again;
mod beside;
mod bookings;
mod content;
mod marks;
mod matching;
mod members;
mod modes;
mod order;
mod platforms;
mod refusals;
mod round_trip;
mod sheets;
mod zones;

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use super::gateway::{Ended, Home};

/// An import of one file into the studio `casa`.
fn import(home: &Home, file: &str, text: &str, flags: &[&str]) -> Ended {
    let path = home.write(file, text);
    home.run(&[&["import", "--studio", "casa", &path][..], flags].concat())
}

/// The same, and what it did to the only file: created, changed, unchanged.
#[track_caller]
fn tally(home: &Home, file: &str, text: &str, flags: &[&str]) -> [u64; 3] {
    let told = import(home, file, text, &[flags, &["--json"]].concat()).json();
    ["created", "changed", "unchanged"].map(|what| told["files"][0][what].as_u64().expect("a number"))
}

/// What an import says that is refused, without the directory's name.
#[track_caller]
fn refusal(home: &Home, file: &str, text: &str) -> String {
    said(home, import(home, file, text, &[]))
}

#[track_caller]
fn said(home: &Home, ended: Ended) -> String {
    ended.fails(1).replace(&format!("{}/", home.directory.path().display()), "")
}

/// Exports a studio into a new directory; each file's text by its name.
fn exported(home: &Home, studio: &str, directory: &str) -> BTreeMap<String, String> {
    let path = home.path(directory);
    home.run(&["export", "--studio", studio, &path.display().to_string()]).done();
    let files = fs::read_dir(&path).expect("the directory").map(|entry| entry.expect("an entry"));
    files
        .map(|file| {
            let text = fs::read_to_string(file.path()).expect("text");
            (file.file_name().into_string().expect("a name"), text)
        })
        .collect()
}

/// The rows of the studio `casa`, as an export has them.
fn rows(home: &Home, resource: &str) -> Vec<Value> {
    rows_of(home, "casa", resource)
}

/// The rows of a studio, as an export has them.
fn rows_of(home: &Home, studio: &str, resource: &str) -> Vec<Value> {
    let directory = tempfile::tempdir_in(home.directory.path()).expect("a directory");
    let name = directory.path().join("rows").display().to_string();
    let files = exported(home, studio, &name);
    let lines = files[&format!("{resource}.jsonl")].lines();
    lines.map(|line| serde_json::from_str(line).expect("a row")).collect()
}
