//! A Redis or Valkey server of a test's own, on a free port of loopback. It can be killed, stopped from answering, and started
//! again, empty, on the same port.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use flow_gateway::access::shared_rates::{RedisUrl, connection::Redis};
use redis::{AsyncTypedCommands, Client, aio::MultiplexedConnection};

use super::{
    kept::Kept,
    needs::{Need, on_path},
    postgres::free_port,
};

const NEED: Need = Need { program: "Redis or Valkey", variable: "FLOW_TEST_REDIS" };
/// Nothing is kept on disk.
const SETTINGS: [&str; 6] = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];

/// The server, which ends with the test.
pub struct RedisServer {
    program: PathBuf,
    directory: tempfile::TempDir,
    flags: Vec<String>,
    port: u16,
    running: Option<Kept>,
}

impl RedisServer {
    /// A running server; `None` where there is no Redis.
    pub fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// The same with these flags besides.
    pub fn with(flags: &[&str]) -> Option<Self> {
        let Some(program) = ["redis-server", "valkey-server"].into_iter().find_map(on_path) else {
            NEED.is_missing();
            return None;
        };
        let directory = tempfile::tempdir().expect("a temporary directory");
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let mut server = Self { program, directory, flags, port: 0, running: None };
        // Somebody else may take a port that was free a moment ago.
        while server.running.is_none() {
            server.port = free_port();
            server.try_to_run();
        }
        Some(server)
    }

    /// Starts it again, empty.
    pub fn run(&mut self) {
        self.try_to_run();
        assert!(self.running.is_some(), "the port was taken meanwhile");
    }

    fn try_to_run(&mut self) {
        let port = self.port.to_string();
        let speaks_tls = self.flags.iter().any(|flag| flag == "--tls-cert-file");
        let ports = if speaks_tls { vec!["--port", "0", "--tls-port", &port] } else { vec!["--port", &port] };
        let directory = self.directory.path().display().to_string();
        let args = [&ports[..], &SETTINGS, &["--dir", &directory]].concat();
        let args: Vec<_> = args.into_iter().map(str::to_owned).chain(self.flags.iter().cloned()).collect();
        let running = Kept::start(&self.program, &args, self.directory.path().join("log"));
        self.running = running.serves("Ready to accept connections", "Failed listening").then_some(running);
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Sends it this signal.
    pub fn signal(&self, signal: &str) {
        self.running.as_ref().expect("it runs").signal(signal);
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.url_with("")
    }

    /// Its URL with this login, `user:password@`.
    pub fn url_with(&self, login: &str) -> String {
        format!("redis://{login}127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What an instance of the gateway has of it.
    pub async fn open(&self) -> Redis {
        // Longer than in service: tests share a slow machine.
        let patient = Duration::from_secs(1);
        Redis::open(RedisUrl::parse(&self.url()).expect("a URL"), patient).await.expect("the login is right")
    }

    /// A client of its own.
    pub async fn client(&self) -> MultiplexedConnection {
        Client::open(self.url()).expect("a URL").get_multiplexed_async_connection().await.expect("it answers")
    }

    /// All that it holds: each name and its text, with how long it stays.
    pub async fn contents(&self) -> BTreeMap<String, (String, i64)> {
        let mut client = self.client().await;
        let mut contents = BTreeMap::new();
        for name in client.keys("*").await.expect("names") {
            let stays = redis::cmd("PTTL").arg(&name).query_async(&mut client).await.expect("a time");
            let text = match client.key_type(&name).await.expect("a type") {
                redis::ValueType::List => client.lrange(&name, 0, -1).await.expect("a list").join(" "),
                _ => client.get(&name).await.expect("a text").unwrap_or_default(),
            };
            contents.insert(name, (text, stays));
        }
        contents
    }
}
