//! Programs that a developer's machine may lack. Called by the helpers that start one.
//!
//! A missing program skips the tests that need it and says so once. Where a variable says `required`, as on CI, it
//! fails them instead: a skipped suite must never look like a green one.

use std::{
    collections::BTreeSet,
    env,
    io::{self, Write},
    path::PathBuf,
    sync::Mutex,
};

/// A program and the variable that forbids to do without it.
pub struct Need {
    /// As it stands in the message.
    pub program: &'static str,
    /// Set to `required` where the tests must run.
    pub variable: &'static str,
}

impl Need {
    /// Tells that the program is not here.
    ///
    /// # Panics
    /// When it is required.
    pub fn is_missing(&self) {
        static TOLD: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
        let required = env::var_os(self.variable).is_some_and(|value| value == "required");
        assert!(!required, "{} was not found, and {} says that it is required", self.program, self.variable);
        let first_time = TOLD.lock().is_ok_and(|mut told| told.insert(self.program));
        if first_time {
            // Not `eprintln!`: the test harness would swallow it, since the test goes on to pass.
            let _ = writeln!(io::stderr(), "{} was not found: its tests were skipped", self.program);
        }
    }
}

/// The directories of `PATH`.
pub fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}
