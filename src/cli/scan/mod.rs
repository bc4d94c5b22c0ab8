//! `scan`: finds secret keys in files, in archives and in git, before somebody else does. It needs no database and no
//! network: a key is known by its form and its checksum. Exit 0 without a find, 1 with one, 2 for wrong
//! usage.

mod files;
mod find;
mod found;
mod git;
mod report;
mod unpack;

use std::{io, path::PathBuf, thread, time::Duration};

use clap::Args;

use self::{
    found::{FindingPlace, Found, RunningScan},
    report::Format,
    unpack::Unpacker,
};
use super::{Done, Failure, output, progress};

/// How often the progress line is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// Finds secret keys in files, archives and git
///
/// A key is recognised by its form and its checksum; the output shows no more than its mask. Hidden files, build folders and
/// what `.gitignore` names are scanned too, and zip, tar and gzip archives are unpacked in memory. What could not be scanned is
/// listed on standard error. The exit code is 0 if there is no key, 1 if there is one, and 2 for wrong usage. Needs no database.
#[derive(Args)]
#[allow(clippy::doc_markdown, reason = "--help prints these words as they are")]
pub struct Scan {
    /// Files and directories, - for standard input; with --staged a directory of the repository, the current one if left
    /// out
    #[arg(required_unless_present = "staged")]
    paths: Vec<PathBuf>,
    /// Scans only what is staged for the next commit: for a git pre-commit hook
    #[arg(long, conflicts_with = "history")]
    staged: bool,
    /// Scans also all of git's objects in the repository that each path belongs to
    #[arg(long)]
    history: bool,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Scan {
    /// Runs it.
    pub fn run(self) -> Done {
        let Self { mut paths, staged, history, format } = self;
        let given = paths.len();
        paths.retain(|path| path.as_os_str() != "-");
        let reads_input = paths.len() < given;
        if reads_input && (staged || history) {
            return Err(Failure::usage("standard input is no repository: leave out --staged and --history, or -"));
        }
        if given == 0 {
            paths.push(".".into());
        }
        for path in &paths {
            path.symlink_metadata().map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        }
        let repositories = if history { git::repositories(&paths)? } else { Vec::new() };
        let scanning = RunningScan::default();
        shown_meanwhile(&scanning, || {
            if staged {
                return paths.iter().try_for_each(|path| git::scan_staged(path, &scanning));
            }
            files::scan_files(&paths, &scanning);
            if reads_input {
                let place = FindingPlace::named("standard input");
                Unpacker::new(&scanning).input(&place, &mut io::stdin().lock());
            }
            repositories.iter().try_for_each(|repository| git::scan_history(repository, &scanning))
        })?;
        let mut found = scanning.end();
        git::name_findings(&repositories, &mut found)?;
        report::print_report(&found, format)?;
        conclude(&found)
    }
}

/// Does the work, and draws how far it has come.
fn shown_meanwhile(scanning: &RunningScan, work: impl FnOnce() -> Done) -> Done {
    let bar = progress::of_files("scanned");
    thread::scope(|scope| {
        let (drawn, done) = (bar.clone(), std::sync::mpsc::channel::<()>());
        let (end, ended) = done;
        scope.spawn(move || {
            while ended.recv_timeout(DRAW_EVERY) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                drawn.set_position(scanning.looked_at());
            }
        });
        let worked = work();
        drop(end);
        bar.finish_and_clear();
        worked
    })
}

/// What was found, in a sentence; what was not looked at, so that nobody takes silence for an answer.
fn conclude(found: &Found) -> Done {
    for skipped in &found.not_scanned {
        eprintln!("{}", output::plain(format!("not scanned: {}: {}", skipped.place.shown(), skipped.reason)));
    }
    let files = output::counted(found.looked_at, "file");
    if found.findings.is_empty() {
        eprintln!("no secret key in {files}");
        return Ok(());
    }
    let keys = output::counted(found.findings.len() as u64, "secret key");
    eprintln!("{keys} in {files}. Revoke every key first: whoever has read it can use it");
    Err(Failure::Reported)
}
