//! Compares generated files with their committed versions. `FLOW_BLESS=1 cargo test` writes them instead; review the diff.

use std::{env, fs, path::Path};

/// Compares a generated text with a file of the repository, or writes the file.
///
/// # Panics
/// When they differ.
pub fn compare(path: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("FLOW_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        return fs::write(&path, generated).expect("the file, written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == generated, "{} is out of date; write it anew with FLOW_BLESS=1:\n{generated}", path.display());
}
