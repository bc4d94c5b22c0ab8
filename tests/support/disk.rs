//! A small in-memory disk for tests that fill it. Mounting needs root, and containers may forbid it.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::{Command, Stdio},
};

/// A mounted disk, unmounted on drop.
pub struct Disk {
    at: tempfile::TempDir,
}

impl Disk {
    /// A disk of so many megabytes, or `None` with a message if it cannot be mounted.
    pub fn of_megabytes(size: u32) -> Option<Self> {
        let at = tempfile::tempdir().expect("a temporary directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}m"), "tmpfs"]).arg(at.path());
        if mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return Some(Self { at });
        }
        // Not `eprintln!`: the test harness would swallow it, since the test goes on to pass.
        writeln!(io::stderr(), "no small disk can be mounted here: the tests that fill one were skipped").ok();
        None
    }

    /// A file on it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.at.path().join(name)
    }

    /// Fills the disk.
    ///
    /// # Panics
    /// When the disk fails in any other way than being full.
    pub fn fill(&self) {
        let mut ballast = fs::OpenOptions::new().create(true).append(true).open(self.file("ballast")).expect("a file");
        for size in [64 * 1024, 1024, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Frees the space again.
    ///
    /// # Panics
    /// When there was nothing to give back.
    pub fn free(&self) {
        fs::remove_file(self.file("ballast")).expect("the ballast is gone");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(self.at.path()).status().ok();
    }
}
