//! The binary over a database of its own: commands that end, and servers that run until they are told to stop.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader, Seek, Write},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::postgres;

/// A password that nobody refuses.
pub const PASSWORD: &str = "unlikely lantern orbit 47";
const ANY_PORTS: [&str; 10] = [
    "--storefront-addr",
    "127.0.0.1:0",
    "--management-addr",
    "127.0.0.1:0",
    "--members-addr",
    "127.0.0.1:0",
    "--studio-addr",
    "127.0.0.1:0",
    "--ops-addr",
    "127.0.0.1:0",
];

/// A place for a gateway: a directory, and a database that is empty at first.
pub struct Home {
    pub directory: tempfile::TempDir,
    pub url: String,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = format!("sqlite://{}", directory.path().join("flow.db").display());
        Self { directory, url }
    }

    pub fn on_postgres() -> Option<Self> {
        let url = postgres::database()?;
        Some(Self { directory: tempfile::tempdir().expect("a temporary directory"), url })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).expect("the file is written");
        self.path(name).display().to_string()
    }

    /// The binary, with nothing of our own environment but a place for temporary files.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flow-gateway"));
        command.args(args).env_clear().env("TMPDIR", self.directory.path()).current_dir(self.directory.path());
        command.env("FLOW_DATABASE_URL", &self.url);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        self.run_with("", args)
    }

    /// Runs a command with this on its standard input.
    pub fn run_with(&self, input: &str, args: &[&str]) -> Ended {
        end(self.command(args), input)
    }

    /// Runs a command with these bytes on its standard input.
    pub fn run_reading(&self, bytes: &[u8], args: &[&str]) -> Ended {
        let mut input = tempfile::tempfile().expect("a file");
        input.write_all(bytes).and_then(|()| input.rewind()).expect("the input");
        Ended::of(self.command(args).stdin(input).output().expect("it ends"))
    }

    /// Makes a studio; its row.
    pub fn studio(&self, slug: &str) -> Value {
        let about = ["--name", "A Studio", "--time-zone", "Europe/Lisbon", "--currency", "EUR"];
        let owner = ["--owner-email", "owner@studio.example", "--owner-password-stdin", "--json"];
        let args = [&["studio", "create", "--slug", slug][..], &about, &owner].concat();
        self.run_with(PASSWORD, &args).json()
    }

    /// Makes a secret key of the studio `casa`; what was printed.
    pub fn secret_key(&self, scopes: &str) -> Value {
        let args = ["keys", "create", "--studio", "casa", "--kind", "secret", "--name", "CRM", "--scopes", scopes];
        self.run(&[&args[..], &["--json"]].concat()).json()
    }

    /// Makes a publishable key of the studio `casa`; what was printed.
    pub fn publishable_key(&self) -> Value {
        self.run(&["keys", "create", "--studio", "casa", "--kind", "publishable", "--name", "Site", "--json"]).json()
    }

    /// Starts a server on free ports, with these flags besides.
    pub fn serve(&self, flags: &[&str]) -> Running {
        Running::start(self, self.serving(flags))
    }

    /// The command that does.
    pub fn serving(&self, flags: &[&str]) -> Command {
        self.command(&[&["serve"][..], &ANY_PORTS, flags].concat())
    }

    /// Starts a demo on free ports, with a database of its own.
    pub fn demo(&self) -> Running {
        let mut command = self.command(&[&["demo"][..], &ANY_PORTS].concat());
        command.env_remove("FLOW_DATABASE_URL");
        Running::start(self, command)
    }

    /// Starts a demo on free ports, in this home's database, with these flags besides.
    pub fn demo_here(&self, flags: &[&str]) -> Running {
        Running::start(self, self.command(&[&["demo"][..], &ANY_PORTS, flags].concat()))
    }
}

/// Runs a command to its end.
pub fn end(mut command: Command, input: &str) -> Ended {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    // A command that refuses before it reads closes its end first.
    child.stdin.take().expect("its input").write_all(input.as_bytes()).ok();
    Ended::of(child.wait_with_output().expect("it ends"))
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What was printed by a command that did what it was asked.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// The same as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        let out = self.done();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// What was said by a command that did not, with this exit code; it prints no data.
    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        self.err
    }
}

/// A server that runs. Killed when it is dropped.
pub struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    errors: PathBuf,
    /// The base URL of each surface.
    pub at: BTreeMap<String, String>,
}

impl Running {
    #[track_caller]
    pub fn start(home: &Home, mut command: Command) -> Self {
        let errors = home.directory.path().join("errors.log");
        let log = File::create(&errors).expect("a file for the log");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the binary starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let mut running = Self { child, out, errors, at: BTreeMap::new() };
        while !running.at.contains_key("ops") {
            let line = running.line();
            let (surface, url) =
                line.split_once(" listening on ").unwrap_or_else(|| panic!("{line}: {}", running.log()));
            running.at.insert(surface.to_owned(), url.to_owned());
        }
        running
    }

    /// The next line that it prints; empty at its end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.errors).expect("the log")
    }

    /// Returns once it has logged this; not later than it may take to end.
    pub fn has_logged(&self, words: &str) {
        wait_until(|| self.log().contains(words), || format!("{words} is in {}", self.log()));
    }

    /// Tells it to stop as an init system would.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    }

    /// Tells it to stop; its exit code and whole log.
    pub fn stop(self) -> (Option<i32>, String) {
        self.terminate();
        self.ended()
    }

    /// Awaits its end; its exit code and whole log.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("it ends").code();
        (code, self.log())
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Calls a surface.
    pub fn call(&self, surface: &str, path: &str, key: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
        call("GET", &format!("{}{path}", self.at[surface]), key.as_str().unwrap_or_default(), headers, None)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Looks until this is so; not later than a server may take to end.
pub fn wait_until(is_so: impl Fn() -> bool, wanted: impl Fn() -> String) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(25), "not so: {}", wanted());
        sleep(Duration::from_millis(10));
    }
}

/// Calls an address with a key, or with none; the status, and the body where it is JSON.
pub fn call(method: &str, url: &str, key: &str, headers: &[(&str, &str)], body: Option<&str>) -> (u16, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let method = method.parse().expect("a method");
        let mut request = reqwest::Client::new().request(method, url);
        if !key.is_empty() {
            request = request.bearer_auth(key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    })
}

/// Runs a promise on both engines: `#[apply(on_both_engines!)]`.
macro_rules! on_both_engines {
    (fn $name:ident($home:ident: Home $(,)?) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "each promise takes what it needs")]
            use super::*;

            #[allow(clippy::needless_pass_by_value, reason = "the promise owns its home")]
            fn promise($home: $crate::cli::gateway::Home) $body

            #[test]
            fn on_sqlite() {
                promise($crate::cli::gateway::Home::on_sqlite());
            }

            #[test]
            fn on_postgres() {
                if let Some(home) = $crate::cli::gateway::Home::on_postgres() {
                    promise(home);
                }
            }
        }
    };
}
pub(crate) use on_both_engines;
