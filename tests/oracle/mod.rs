//! The same question put to a second program, which was written by others.

mod calendar_feed;
mod calendar_mail;
mod clients;
mod date_names;
mod documents;
mod recurrence;
mod verify_token;

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::support::needs::search_path;

/// A Python that has this module: the one that `.ci/run` sets up, or the machine's own.
pub(super) fn python_with(module: &str) -> Option<PathBuf> {
    let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/oracle/bin");
    let places = std::iter::once(ours).chain(search_path()).map(|place| place.join("python3"));
    let able = |program: &PathBuf| {
        let mut trial = Command::new(program);
        trial.args(["-c", &format!("import {module}")]).stderr(Stdio::null());
        trial.status().is_ok_and(|status| status.success())
    };
    places.filter(|program| program.is_file()).find(able)
}
