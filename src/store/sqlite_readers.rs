//! Reads of a SQLite file outside a transaction. Each has a connection of its own, and its rows are decoded out of SQLite's memory.
//! A read begins on the thread that asks, if another thread of the runtime is free of reads. One that takes longer than
//! [`SHORT_READ`], or meets a lock, starts again on a thread that may block. Called by [`super::db::Statement`]; [`super::db::Db::snapshot`] takes a turn here, too.
//!
//! Promises that no more than [`MOST`] read at once, that one waits for its turn for [`CONNECTION_WAIT`] at most, that a read which
//! waits for the disk leaves the runtime a thread, and that a request which is given up leaves nothing behind: its read ends, and its
//! connection serves the next.
//!
//! Decision: this uses rusqlite and not sqlx, which sends each row across threads, keeps a copy of each value, and looks after a
//! connection whenever it is given back. `cargo bench --bench lists` shows what a page costs.

use std::{
    fmt, mem,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags, Rows, Statement, types::Value};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{spawn_blocking, yield_now},
    time::timeout,
};

use super::{deadline::CONNECTION_WAIT, error::StoreError, file_watch::FileWatch, health};

/// Reads at once. One studio gets four at most ([`super::admission`]).
pub(super) const MOST: u32 = 6;
/// Prepared statements that each connection keeps: more than there are lists and filters in use.
const STATEMENTS: usize = 256;
/// How long a read may keep the thread that asks. A page of a list takes a tenth of it; a thread hop costs as much as such a page.
const SHORT_READ: Duration = Duration::from_millis(2);
/// How many steps of SQLite's program pass between two looks at the clock: some 20 µs.
const STEPS_BETWEEN_LOOKS: i32 = 500;

/// The readers of a file. Clones share them.
#[derive(Clone)]
pub struct SqliteReaders(Arc<ReaderParts>);

struct ReaderParts {
    file: ReadFile,
    watched: Arc<OnceLock<FileWatch>>,
    turns: Arc<Semaphore>,
    /// Reads that may run on threads of the runtime: one fewer than it has, so that all else goes on while a disk hangs.
    on_runtime: Semaphore,
    /// Those that wait for work. The last that was used is used next: its statements and its pages are in memory.
    idle: Mutex<Vec<Connection>>,
}

/// A turn to read, which ends when it is dropped.
#[derive(Debug)]
pub struct ReadTurn(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// A file to read.
#[derive(Clone, Debug)]
pub(super) struct ReadFile {
    /// Its path without symbolic links.
    pub(super) path: PathBuf,
    /// Whether nobody writes it, so that SQLite needs no files beside it.
    pub(super) is_immutable: bool,
}

impl SqliteReaders {
    /// Readers of a file. Each connection is opened when it is first needed.
    pub(super) fn new(file: ReadFile, watched: Arc<OnceLock<FileWatch>>) -> Self {
        let turns = Arc::new(Semaphore::new(MOST as usize));
        let on_runtime = Semaphore::new(Handle::current().metrics().num_workers() - 1);
        Self(Arc::new(ReaderParts { file, watched, turns, on_runtime, idle: Mutex::default() }))
    }

    /// Waits for a turn to read.
    ///
    /// # Errors
    /// When none comes in time, or the database was closed.
    pub(super) async fn turn(&self) -> Result<ReadTurn, StoreError> {
        let turns = || Arc::clone(&self.0.turns);
        // A timer for each read would cost more than most of them wait.
        let turn = match turns().try_acquire_owned() {
            Ok(turn) => return Ok(ReadTurn(turn)),
            // On the heap: what is rare should not make the state of each request larger.
            Err(_) => Box::pin(timeout(CONNECTION_WAIT, turns().acquire_owned())).await,
        };
        let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?;
        Ok(ReadTurn(turn.map_err(|_| sqlx::Error::PoolClosed)?))
    }

    /// Runs a statement, and does something with its rows. A read that takes long runs `work` a second time.
    ///
    /// # Errors
    /// When the database fails, or `work` does.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        text: String,
        values: Vec<Value>,
        work: impl Fn(Rows<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turn().await?;
        let done = if let Some(done) = self.0.read_here(&text, &values, &work) {
            drop(turn);
            // The runtime sees no wait in such a read: who reads again and again would keep its thread from everybody else.
            yield_now().await;
            done?
        } else {
            let shared = Arc::clone(&self.0);
            let read = spawn_blocking(move || {
                let done = shared.read(&text, &values, work);
                drop(turn);
                done
            });
            read.await.map_err(|_| sqlx::Error::WorkerCrashed)??
        };
        health::answered();
        Ok(done)
    }

    /// How many connections are open, and how many of them read.
    pub(super) fn connections(&self) -> (u32, u32) {
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        let reading = MOST.saturating_sub(number(self.0.turns.available_permits()));
        (number(self.0.idle().len()) + reading, reading)
    }

    /// Closes every connection once it is idle.
    pub(super) async fn close(&self) {
        let all = self.0.turns.acquire_many(MOST).await;
        self.0.turns.close();
        drop(all);
        let idle = mem::take(&mut *self.0.idle());
        spawn_blocking(|| drop(idle)).await.ok();
    }
}

impl fmt::Debug for SqliteReaders {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("SqliteReaders").field(&self.0.file.path).finish()
    }
}

impl ReaderParts {
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads on the thread that asks. `None` if it may not, no connection is open, or the read has to wait or takes long.
    fn read_here<T>(
        &self,
        text: &str,
        values: &[Value],
        work: impl Fn(Rows<'_>) -> Result<T, StoreError>,
    ) -> Option<Result<T, StoreError>> {
        let _place = self.on_runtime.try_acquire().ok()?;
        let connection = self.idle().pop()?;
        let began = Instant::now();
        let done = set_limits(&connection, Duration::ZERO, Some(move || began.elapsed() > SHORT_READ))
            .and_then(|()| run_on(&connection, text, values, work));
        self.idle().push(connection);
        // It was interrupted, met a lock or could not read: the other thread has the time to find out which.
        (!matches!(done, Err(StoreError::Unavailable(_)))).then_some(done)
    }

    /// Reads on a thread that may block.
    fn read<T>(
        &self,
        text: &str,
        values: &[Value],
        work: impl Fn(Rows<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.take()?;
        let done = set_limits(&connection, CONNECTION_WAIT, None::<fn() -> bool>)
            .and_then(|()| run_on(&connection, text, values, work));
        self.idle().push(connection);
        done
    }

    /// A connection that is open, or a new one.
    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle().pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let connection = self.file.connect()?;
        // A file that replaced ours must not be read with it.
        self.watched.get().map_or(Ok(()), FileWatch::check)?;
        Ok(connection)
    }
}

impl ReadFile {
    fn connect(&self) -> Result<Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if self.is_immutable {
            let path = percent_encode(self.path.as_os_str().as_bytes(), NON_ALPHANUMERIC);
            Connection::open_with_flags(format!("file:{path}?immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)?
        } else {
            Connection::open_with_flags(&self.path, flags)?
        };
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    }
}

/// Sets how long the next read waits for a lock, and what interrupts it.
fn set_limits(
    connection: &Connection,
    wait: Duration,
    is_over: Option<impl FnMut() -> bool + Send + 'static>,
) -> Result<(), StoreError> {
    connection.busy_timeout(wait)?;
    connection.progress_handler(STEPS_BETWEEN_LOOKS, is_over)?;
    Ok(())
}

fn run_on<T>(
    connection: &Connection,
    text: &str,
    values: &[Value],
    work: impl Fn(Rows<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    bind(&mut statement, values)?;
    work(statement.raw_query())
}

/// Binds the value of each `$n`. SQLite takes that for a name, and numbers names as it meets them.
fn bind(statement: &mut Statement<'_>, values: &[Value]) -> Result<(), rusqlite::Error> {
    for place in 1..=statement.parameter_count() {
        let number = statement.parameter_name(place).and_then(|name| name.get(1..)?.parse::<usize>().ok());
        let value = number.and_then(|number| values.get(number.checked_sub(1)?));
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(())
}
