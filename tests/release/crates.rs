//! The crates that are linked into the program, as cargo resolves them. No network is used: the tests were built from them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Command,
};

use serde::Deserialize;
use serde_json::Value;

/// The systems that a release may be made for; `deny.toml` has the same.
const TARGETS: [&str; 3] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl"];

/// A crate of the program.
#[derive(Deserialize)]
pub struct Linked {
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    manifest_path: PathBuf,
}

impl Linked {
    /// The name and the version.
    pub fn id(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// The directory of its source.
    pub fn home(&self) -> PathBuf {
        self.manifest_path.parent().expect("a directory").to_owned()
    }
}

fn cargo(args: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(args).args(["--locked", "--offline"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The names and versions of those that are linked for any of these systems. Neither tests nor build scripts nor macros are: they
/// run on the machine that builds, and nothing of them is in the program.
fn linked_ids() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for target in TARGETS {
        let edges = ["--edges", "normal,no-proc-macro", "--target", target, "--prefix", "none", "--format", "{p}"];
        let tree = cargo(&[&["tree"][..], &edges].concat());
        found.extend(tree.lines().filter(|line| !line.starts_with("flow-gateway ")).map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().expect("a name");
            format!("{name} {}", words.next().expect("a version").trim_start_matches('v'))
        }));
    }
    found
}

/// The crates that are linked into the program, by name and version.
pub fn linked() -> BTreeMap<String, Linked> {
    let mut all: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version=1", "--filter-platform", TARGETS[0]]))
            .expect("cargo's JSON");
    let packages: Vec<Linked> = serde_json::from_value(all["packages"].take()).expect("packages");
    let mut packages: BTreeMap<_, _> = packages.into_iter().map(|package| (package.id(), package)).collect();
    let take = |id: String| {
        let package = packages.remove(&id).unwrap_or_else(|| panic!("{id} is not in cargo's metadata"));
        (id, package)
    };
    linked_ids().into_iter().map(take).collect()
}
