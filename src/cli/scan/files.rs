//! Walks directories on all processors: hidden files, build folders and whatever `.gitignore` names as well, since that is
//! where keys are forgotten. Links are not followed; git's packed objects are left to `--history`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{
    found::{FindingPlace, RunningScan},
    unpack::Unpacker,
};

/// Looks into all files of these files and directories.
pub fn scan_files(paths: &[PathBuf], scan: &RunningScan) {
    let Some((first, others)) = paths.split_first() else { return };
    let mut walk = WalkBuilder::new(first);
    for path in others {
        walk.add(path);
    }
    walk.standard_filters(false).filter_entry(|entry| !holds_git_objects(entry.path()));
    walk.build_parallel().run(|| {
        let mut unpacker = Unpacker::new(scan);
        Box::new(move |entry| {
            match entry {
                Ok(entry) if is_file(&entry) => unpacker.file(entry.path()),
                Ok(_) => {}
                Err(error) => scan.skip(&FindingPlace::default(), &error),
            }
            WalkState::Continue
        })
    });
}

/// Pipes, sockets and devices are not read: they may never end.
fn is_file(entry: &DirEntry) -> bool {
    let named = || entry.depth() == 0 && fs::metadata(entry.path()).is_ok_and(|about| about.is_file());
    entry.file_type().is_some_and(|kind| kind.is_file()) || named()
}

fn holds_git_objects(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "objects")
        && path.parent().is_some_and(|parent| parent.components().any(|part| part.as_os_str() == ".git"))
}
