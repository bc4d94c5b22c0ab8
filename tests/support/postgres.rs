//! PostgreSQL for the tests: one server per test process, an empty database per test. Fault tests start their own server.
//!
//! A server listens on 127.0.0.1 only, keeps `fsync` on (the gateway requires it) and stores its data in memory if possible. It
//! ends, and its directory is deleted, with the test process, even if that is killed.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{needs::Need, postgres_home::Home, postgres_keeper::Keeper};

const POSTGRES: Need = Need { program: "PostgreSQL", variable: "FLOW_TEST_POSTGRES" };

/// How often to try another port: a free one may be taken before the server uses it.
const PORTS_TRIED: u32 = 5;

/// The URL of an empty database, or `None` without PostgreSQL. It exists until the process ends or [`discard`] is called.
pub fn database() -> Option<String> {
    database_like("template0")
}

/// The URL of a copy of another database, given by URL or name. That one must have no connections.
///
/// # Panics
/// When the copy cannot be made.
pub fn database_like(template: &str) -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let server = shared()?;
    let name = format!("flow_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let template = name_in(template);
    server.execute(&format!(r#"create database "{name}" template "{template}""#));
    Some(server.url_of(&name))
}

/// Drops a database and its connections: each takes seven megabytes of memory.
///
/// # Panics
/// When it cannot be dropped.
pub fn discard(url: &str) {
    if let Some(server) = shared() {
        server.execute(&format!(r#"drop database if exists "{}" with (force)"#, name_in(url)));
    }
}

/// A separate running server, for tests that stop it or change its settings. `None` without PostgreSQL.
pub fn start_private() -> Option<Server> {
    let Some(home) = Home::find() else {
        POSTGRES.is_missing();
        return None;
    };
    Some(Server::start_in(&home))
}

fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    let server = SHARED.get_or_init(|| Home::find().map(|home| Server::start_in(&home))).as_ref();
    if server.is_none() {
        POSTGRES.is_missing();
    }
    server
}

fn name_in(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// A PostgreSQL server, stopped and deleted on drop.
pub struct Server {
    keeper: Keeper,
    port: u16,
}

impl Server {
    fn start_in(home: &Home) -> Self {
        let mut server = Self { keeper: Keeper::hire(home), port: 0 };
        for _ in 0..PORTS_TRIED {
            server.port = free_port();
            if server.try_start() {
                return server;
            }
        }
        panic!("PostgreSQL did not start:\n{}", server.keeper.log());
    }

    /// The URL of its database `postgres`, the same after every start.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Closes all connections and shuts down cleanly.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self) {
        assert!(self.keeper.obeys("--mode=fast stop"), "PostgreSQL did not stop:\n{}", self.keeper.log());
    }

    /// Stops without a checkpoint, like a crash: the next start recovers from the log.
    ///
    /// # Panics
    /// When it does not end.
    pub fn crash(&self) {
        assert!(self.keeper.obeys("--mode=immediate stop"), "PostgreSQL did not end:\n{}", self.keeper.log());
    }

    /// Starts again, on the same port, with the same data.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(&self) {
        assert!(self.try_start(), "PostgreSQL did not start again:\n{}", self.keeper.log());
    }

    /// Suspends all its processes: connections stay open without answers. Dropping the guard resumes it.
    ///
    /// # Panics
    /// When its processes are not found.
    #[must_use = "it goes on when this is dropped"]
    pub fn freeze(&self) -> Frozen {
        let file = self.keeper.directory().join("data/postmaster.pid");
        let text = fs::read_to_string(file).expect("the server's own process");
        let parent = text.lines().next().expect("its number").to_owned();
        let children = Command::new("pgrep").args(["-P", &parent]).output().expect("pgrep runs").stdout;
        let children = String::from_utf8(children).expect("numbers");
        let frozen = Frozen(children.lines().map(str::to_owned).chain([parent]).collect());
        frozen.signal("-STOP");
        frozen
    }

    /// Writes a setting, such as `fsync = off`, for the next start.
    ///
    /// # Panics
    /// When the settings cannot be written.
    pub fn set_config(&self, setting: &str) {
        let path = self.keeper.directory().join("data/postgresql.conf");
        let settings = fs::read_to_string(&path).expect("the server's settings");
        fs::write(&path, format!("{settings}{setting}\n")).expect("the server's settings, written");
    }

    /// From the next start on it uses TLS with this certificate, and accepts the role `flow` only with its password and TLS.
    ///
    /// # Panics
    /// When its files cannot be written.
    pub fn encrypt(&self, certificate: &str, key: &str) {
        let data = self.keeper.directory().join("data");
        let owner = fs::metadata(&data).expect("its directory");
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let file = data.join(name);
            fs::write(&file, text).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("nobody else reads it");
            chown(&file, Some(owner.uid()), Some(owner.gid())).expect("it is the server's");
        }
        let rules = "host all postgres all trust\nhostssl all flow all scram-sha-256\n";
        fs::write(data.join("pg_hba.conf"), rules).expect("its rules");
        self.set_config("ssl = on");
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs statements as the superuser in the database `postgres`.
    ///
    /// # Panics
    /// When they fail.
    pub fn execute(&self, statements: &str) {
        self.execute_in("postgres", statements);
    }

    /// Ends the connections of a role that are open, as a restart would, and waits until they are gone.
    ///
    /// # Panics
    /// When that fails.
    pub fn cut_off(&self, role: &str) {
        self.execute(&format!(
            "select pg_terminate_backend(pid, 30000) from pg_stat_activity where usename = '{role}'"
        ));
    }

    /// Runs statements as the superuser in this database.
    ///
    /// # Panics
    /// When they fail.
    pub fn execute_in(&self, database: &str, statements: &str) {
        let url = self.url_of(database);
        let run = async {
            let mut connection = PgConnection::connect(&url).await?;
            sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?;
            connection.close().await
        };
        apart(run).unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn try_start(&self) -> bool {
        self.keeper.obeys(&format!("--options=--port={} start", self.port))
    }
}

/// The suspended processes of a server.
pub struct Frozen(Vec<String>);

impl Frozen {
    fn signal(&self, signal: &str) {
        // A connection may have ended since they were listed.
        Command::new("kill").arg(signal).args(&self.0).status().expect("kill runs");
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

/// A port that nobody uses now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("the port").port()
}

/// Blocks on a future in a separate thread, so that it works with and without a runtime.
fn apart<T: Send>(work: impl Future<Output = T> + Send) -> T {
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(work)
        });
        worker.join().expect("the worker ends well")
    })
}

mod tests {
    use super::{apart, database, database_like, discard, start_private};
    use sqlx::{AssertSqlSafe, Connection, PgConnection};

    fn ask(url: &str, question: &str) -> Result<String, sqlx::Error> {
        apart(async {
            let mut connection = PgConnection::connect(url).await?;
            let answer = sqlx::query_scalar(AssertSqlSafe(question)).fetch_one(&mut connection).await;
            connection.close().await?;
            answer
        })
    }

    fn has_mark(url: &str) -> bool {
        ask(url, "select (to_regclass('mark') is not null)::text").expect("an answer") == "true"
    }

    fn leave_mark(url: &str) {
        assert!(ask(url, "create table mark ()").is_err(), "a statement without rows");
        assert!(has_mark(url));
    }

    #[test]
    fn a_database_is_fresh_and_a_copy_is_not() {
        let Some(url) = database() else { return };
        assert!(!has_mark(&url));
        leave_mark(&url);
        let copy = database_like(&url).expect("a copy");
        assert_ne!(copy, url);
        assert!(has_mark(&copy));
    }

    #[tokio::test]
    async fn a_database_is_nobody_elses_and_is_durable() {
        let (Some(one), Some(other)) = (database(), database()) else { return };
        leave_mark(&one);
        assert!(!has_mark(&other));
        assert_eq!(ask(&one, "show fsync").expect("an answer"), "on");
        discard(&one);
        assert!(ask(&one, "show fsync").is_err());
    }

    #[test]
    fn a_private_server_comes_back_with_its_data_and_its_new_settings() {
        let Some(server) = start_private() else { return };
        let url = server.url();
        leave_mark(&url);
        server.set_config("fsync = off");
        server.stop();
        assert!(ask(&url, "show fsync").is_err(), "it is stopped");
        server.start();
        assert_eq!(server.url(), url);
        assert_eq!(ask(&url, "show fsync").expect("an answer"), "off");
        server.crash();
        server.start();
        assert!(has_mark(&url));
    }
}
