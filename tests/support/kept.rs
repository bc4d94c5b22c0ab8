//! A server of a test's own that keeps nothing: it ends, killed, with the test, even if the test process is killed.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const KEEPER: &str = include_str!("kept.sh");

/// A running server.
pub struct Kept {
    keeper: Child,
    id: String,
    log: PathBuf,
}

impl Kept {
    /// Starts a server, whose words go to this file.
    pub fn start(program: &Path, args: &[String], log: PathBuf) -> Self {
        File::create(&log).expect("a log");
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "kept"]).arg(&log).arg(program).args(args);
        let mut keeper =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).spawn().expect("a shell");
        let mut id = String::new();
        BufReader::new(keeper.stdout.take().expect("its output")).read_line(&mut id).expect("an id");
        Self { keeper, id: id.trim().to_owned(), log }
    }

    /// Whether it serves: it has logged `ready`, and not before that it failed.
    pub fn serves(&self, ready: &str, failed: &str) -> bool {
        let since = Instant::now();
        loop {
            let log = self.log();
            if log.contains(failed) || log.contains(ready) {
                return !log.contains(failed);
            }
            assert!(since.elapsed() < Duration::from_secs(25), "{log}");
            sleep(Duration::from_millis(5));
        }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends it this signal.
    pub fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id]).status().expect("kill runs").success());
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
