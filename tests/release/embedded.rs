//! `release/embedded.toml`: the works in the program that are not crates.

use std::{collections::BTreeMap, fs};

use serde::Deserialize;

use super::crates::{Linked, linked};

/// A work that a crate brings along.
#[derive(Deserialize)]
pub struct Embedded {
    pub name: String,
    pub version: String,
    #[serde(rename = "crate")]
    pub inside: String,
    pub terms: String,
    pub website: String,
    pub purl: String,
    file: String,
    declared: String,
}

/// All of them.
pub fn embedded() -> Vec<Embedded> {
    #[derive(Deserialize)]
    struct List {
        work: Vec<Embedded>,
    }
    toml::from_str::<List>(include_str!("../../release/embedded.toml")).expect("the list").work
}

/// The crate that brings a work along.
pub fn bringer<'c>(work: &Embedded, crates: &'c BTreeMap<String, Linked>) -> &'c Linked {
    let found = crates.values().find(|one| one.name == work.inside);
    found.unwrap_or_else(|| panic!("{} is said to be inside of {}, which is not linked", work.name, work.inside))
}

#[test]
fn the_works_inside_of_crates_have_the_versions_that_the_crates_brought() {
    let crates = linked();
    for work in embedded() {
        let brought = fs::read_to_string(bringer(&work, &crates).home().join(&work.file)).expect("its file");
        assert!(brought.contains(&work.declared), "{} is no longer {}: {}", work.name, work.version, work.file);
        assert!(work.purl.ends_with(&format!("@{}", work.version)), "{}", work.purl);
    }
}

#[test]
fn a_crate_that_builds_c_brings_a_known_work_or_its_own() {
    // Their C is their own, or that of the authors whose licences they bring as files.
    let own = ["ring"];
    let known: Vec<_> = embedded().into_iter().map(|work| work.inside).collect();
    for one in linked().values() {
        let manifest = fs::read_to_string(one.home().join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("TOML");
        let compiler = manifest.get("build-dependencies").and_then(|build| build.get("cc"));
        let builds_c = compiler.is_some_and(|how| how.get("optional").and_then(toml::Value::as_bool) != Some(true));
        assert!(!builds_c || known.contains(&one.name) || own.contains(&one.name.as_str()), "{}", one.id());
    }
}
