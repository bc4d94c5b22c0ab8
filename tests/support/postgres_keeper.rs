//! The shell script that starts, stops and finally removes one PostgreSQL server.
//!
//! It briefly outlives this process: it blocks on a pipe that only we hold, so it wakes when we end, even by SIGKILL. It runs as
//! the server's user in its own process group, so that Ctrl-C does not reach it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
};

use super::postgres_home::Home;

const SCRIPT: &str = include_str!("postgres_keeper.sh");

/// One address and no socket file; many connections; little memory; no autovacuum, which would disturb copies.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 32MB
min_wal_size = 8MB
max_wal_size = 64MB
autovacuum = off
timezone = 'UTC'
";

/// A running keeper.
pub struct Keeper {
    directory: PathBuf,
    shell: Child,
    /// `None` only during shutdown.
    line: Option<Mutex<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Keeper {
    /// Creates a new cluster without starting it.
    ///
    /// # Panics
    /// When there is no shell or no directory.
    pub fn hire(home: &Home) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "keeper"]).arg(&home.binaries).arg(&home.parent).arg(SETTINGS);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir("/").process_group(0);
        if let Some((user, group)) = home.run_as {
            command.uid(user).gid(group);
        }
        let mut shell = command.spawn().expect("a shell");
        let orders = shell.stdin.take().expect("its input");
        let mut answers = BufReader::new(shell.stdout.take().expect("its output"));
        let directory = next_line(&mut answers).into();
        Self { directory, shell, line: Some(Mutex::new((orders, answers))) }
    }

    /// Sends a command, waits for it, and returns whether it succeeded.
    ///
    /// # Panics
    /// When the keeper is gone.
    pub fn obeys(&self, order: &str) -> bool {
        let mut line = self.line.as_ref().expect("a keeper in service").lock().expect("one order at a time");
        writeln!(line.0, "{order}").expect("an order, given");
        next_line(&mut line.1) == "0"
    }

    /// The directory of `data` and `log`.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// PostgreSQL's log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

fn next_line(answers: &mut impl BufRead) -> String {
    let mut line = String::new();
    answers.read_line(&mut line).expect("an answer");
    assert!(!line.is_empty(), "the keeper of a PostgreSQL server is gone");
    line.trim_end().to_owned()
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.line = None;
        let _ = self.shell.wait();
    }
}
