//! Programs that may be missing on a developer's machine. Tests that need one are skipped with a message, or fail if a variable
//! says `required`, as on CI, so that a skipped suite never looks green.

use std::{
    collections::BTreeSet,
    env,
    io::{self, Write},
    path::PathBuf,
    sync::Mutex,
};

/// A program, and the variable that requires it.
pub struct Need {
    /// Its name in the message.
    pub program: &'static str,
    /// Set to `required` if the tests must run.
    pub variable: &'static str,
}

impl Need {
    /// Reports that the program is missing.
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

/// A program of `PATH`, if it is there.
pub fn on_path(name: &str) -> Option<PathBuf> {
    search_path().into_iter().map(|place| place.join(name)).find(|file| file.is_file())
}
