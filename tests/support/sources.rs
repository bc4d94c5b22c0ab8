//! The source texts, for tests of the project's rules.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every source file, by its path in the repository.
pub fn sources() -> Vec<(String, String)> {
    rust_files("src")
}

/// Every file of Rust in a directory of the repository, by its path there.
pub fn rust_files(directory: &str) -> Vec<(String, String)> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join(directory), &mut found);
    found.sort();
    let name = |path: &Path| path.strip_prefix(root).expect("inside").display().to_string().replace('\\', "/");
    found.into_iter().map(|path| (name(&path), fs::read_to_string(&path).expect("a file of text"))).collect()
}

/// A source without its comment lines.
pub fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}
