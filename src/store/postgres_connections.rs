//! The connections to PostgreSQL: those of sqlx's pool, and those among them that are kept at hand for reads. Called by [`super::db`].
//!
//! The pool asks the server whether a connection still works whenever it is given back: one more round trip for each read. So a read
//! that went well keeps its connection here, and the next read takes it. One that failed, or whose read was given up, goes back to
//! the pool, which looks after it; and so does one that a transaction needs.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use sqlx::{Connection as _, PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::time::{Instant, timeout};

use super::deadline::CONNECTION_WAIT;

/// How many connections are kept, as many as may read at once ([`super::admission`]); the rest is the writers'.
pub(super) const MOST_KEPT: u32 = 12;
/// How long a connection may be idle and still be used without a test.
pub(super) const TEST_AFTER_IDLE: Duration = Duration::from_millis(500);
/// After so long a connection goes back to the pool, which closes old ones: a server does not get rid of some memory otherwise.
const KEPT_FOR: Duration = Duration::from_mins(10);

/// The connections of one database. Clones share them.
#[derive(Clone, Debug)]
pub struct PostgresConnections {
    pool: PgPool,
    kept: Arc<Mutex<Vec<KeptConnection>>>,
}

/// A connection that waits for work.
#[derive(Debug)]
struct KeptConnection {
    connection: PoolConnection<Postgres>,
    /// When it was taken from the pool.
    taken: Instant,
    /// When it was used last.
    used: Instant,
}

/// A connection to read with. Dropped without [`keep`](Self::keep), it goes back to the pool.
pub(super) struct ReadConnection<'r> {
    connections: &'r PostgresConnections,
    connection: PoolConnection<Postgres>,
    taken: Instant,
}

impl PostgresConnections {
    /// Those of a pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, kept: Arc::default() }
    }

    /// Opens as many connections as may read at once. To open one takes longer than a read may wait for its turn: the first of many
    /// simultaneous requests would be refused. Those that cannot be opened now are opened when they are needed.
    pub(super) async fn open_ahead(&self) {
        let opened = join_all((0..MOST_KEPT).map(|_| self.pool.acquire())).await;
        for connection in opened.into_iter().flatten() {
            ReadConnection { connections: self, connection, taken: Instant::now() }.keep();
        }
    }

    /// The pool, for transactions. Where it has no connection that waits for work, it gets one of those that are kept.
    pub fn pool(&self) -> &PgPool {
        if self.pool.num_idle() == 0 {
            self.kept().pop();
        }
        &self.pool
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// When none is free in time, or the server cannot be reached.
    pub(super) async fn take(&self) -> Result<ReadConnection<'_>, sqlx::Error> {
        // Bound first, so that the lock is not held while the server answers.
        let kept = self.kept().pop();
        if let Some(KeptConnection { mut connection, taken, used }) = kept {
            // On the heap, as below: what is rare should not make the state of each request larger.
            let is_well = used.elapsed() < TEST_AFTER_IDLE
                || matches!(Box::pin(timeout(CONNECTION_WAIT, connection.ping())).await, Ok(Ok(())));
            if is_well {
                return Ok(ReadConnection { connections: self, connection, taken });
            }
        }
        Ok(ReadConnection {
            connections: self,
            connection: Box::pin(self.pool.acquire()).await?,
            taken: Instant::now(),
        })
    }

    /// How many connections are open, and how many of them wait for work.
    pub(super) fn count(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle() + self.kept().len())
    }

    /// Closes every connection once it is idle.
    pub(super) async fn close(&self) {
        let closed = self.pool.close();
        self.kept().clear();
        closed.await;
    }

    fn kept(&self) -> MutexGuard<'_, Vec<KeptConnection>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadConnection<'_> {
    /// For one statement.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Keeps it for the next read. Only after a statement whose rows were all read.
    pub(super) fn keep(self) {
        let Self { connections, connection, taken } = self;
        let used = Instant::now();
        let mut kept = connections.kept();
        if kept.len() < MOST_KEPT as usize && used - taken < KEPT_FOR && !connections.pool.is_closed() {
            kept.push(KeptConnection { connection, taken, used });
        }
    }
}
