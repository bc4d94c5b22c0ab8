//! The connection to Redis, which is kept by a task and made again when it is lost. Many requests at once share it.
//!
//! Promises that a question takes no longer than its timeout, which is [`ANSWER_TIMEOUT`] in service. After a few that were not
//! answered in time the connection ends, so that the next wait for nothing; the task then connects once a second. A server that
//! answers too late, is read-only, is a cluster, or does not allow the login all that is asked of it is found out before it counts
//! as connected. Each change is logged once, without the URL.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use redis::{
    AsyncConnectionConfig, ErrorKind, FromRedisValue, RedisError, RedisResult, ScriptInvocation,
    aio::MultiplexedConnection,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{RedisUrl, bucket, windows};

/// How long a request waits for Redis.
pub const ANSWER_TIMEOUT: Duration = Duration::from_millis(20);
/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause before the next try.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// A connection on which nothing is asked is tried so often: who forwards it may drop it silently.
const TRY_EVERY: Duration = Duration::from_secs(30);
/// So many answers in a row that do not come in time end a connection: a single one may be late because this process was.
const LATE_ANSWERS: u32 = 3;
/// The name of a bucket, and those of windows, that only try whether the server does what it is asked.
const TRIAL_BUCKET: &str = "flow:trial";
const TRIAL_WINDOWS: [&str; 4] = ["flow:trial:1", "flow:trial:2", "flow:trial:3", "flow:trial:4"];

/// A server of Redis or Valkey. Clones share the connection.
#[derive(Clone)]
pub struct Redis(Arc<RedisParts>);

struct RedisParts {
    url: RedisUrl,
    answer_timeout: Duration,
    /// The link that was made before the task ran.
    first: Mutex<Option<RedisLink>>,
    connection: Mutex<Option<MultiplexedConnection>>,
    /// Answers that did not come in time, since one that did.
    late: AtomicU32,
    lost: Notify,
    is_connected: Gauge,
    losses: Counter,
}

/// A connection, and what runs it until it is dropped.
struct RedisLink {
    connection: MultiplexedConnection,
    driver: JoinSet<()>,
}

/// Why Redis is not used.
#[derive(Debug, thiserror::Error)]
pub enum RedisFailure {
    /// The network, or TLS.
    #[error("connection error: {0}")]
    Network(#[from] io::Error),
    /// The login.
    #[error("it refuses the user or the password of the URL")]
    Login,
    /// What it said, by its code.
    #[error("it answers {0}")]
    Refused(String),
    /// It does not answer.
    #[error("it did not answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// It ended the connection.
    #[error("it closed the connection")]
    Closed,
}

impl RedisFailure {
    /// Whether only a change of the URL or of the server's users mends it.
    fn is_about_the_login(&self) -> bool {
        match self {
            Self::Login => true,
            Self::Refused(code) => matches!(code.as_str(), "NOAUTH" | "WRONGPASS" | "NOPERM"),
            Self::Network(_) | Self::Timeout(_) | Self::Closed => false,
        }
    }
}

impl From<RedisError> for RedisFailure {
    fn from(error: RedisError) -> Self {
        match (error.kind(), error.code()) {
            (ErrorKind::AuthenticationFailed, _) => Self::Login,
            // Only the code: the rest may quote what was sent.
            (_, Some(code)) => Self::Refused(code.chars().filter(char::is_ascii_alphanumeric).take(32).collect()),
            (ErrorKind::Io, None) => Self::Closed,
            (_, None) => Self::Refused("what is not understood".to_owned()),
        }
    }
}

impl Redis {
    /// Tries to connect. Where that fails for now, [`Self::keep_connected`] goes on trying.
    ///
    /// # Errors
    /// When the server refuses the login.
    pub async fn open(url: RedisUrl, answer_timeout: Duration) -> Result<Self, RedisFailure> {
        let redis = Self(Arc::new(RedisParts {
            url,
            answer_timeout,
            first: Mutex::default(),
            connection: Mutex::default(),
            late: AtomicU32::default(),
            lost: Notify::new(),
            is_connected: Gauge::default(),
            losses: Counter::default(),
        }));
        match redis.connect().await {
            Ok(link) => {
                redis.set(&link);
                *lock(&redis.0.first) = Some(link);
            }
            Err(failure) if failure.is_about_the_login() => return Err(failure),
            Err(failure) => {
                tracing::warn!(redis = redis.0.url.place(), %failure, "no Redis: this instance bounds rates by itself");
            }
        }
        Ok(redis)
    }

    /// Keeps the connection, for ever.
    pub async fn keep_connected(self) {
        let mut link = lock(&self.0.first).take();
        let mut told = None;
        loop {
            if let Some(mut link) = link.take() {
                self.hold(&mut link).await;
                told = None;
            }
            sleep(RETRY_AFTER).await;
            match self.connect().await {
                Ok(connected) => {
                    self.set(&connected);
                    link = Some(connected);
                }
                Err(failure) => {
                    let why = failure.to_string();
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(redis = self.0.url.place(), failure = why, "cannot connect to Redis");
                    }
                    told = Some(why);
                }
            }
        }
    }

    /// Returns once the connection is lost.
    async fn hold(&self, link: &mut RedisLink) {
        // Before the state is read, so that no loss is missed.
        let lost = self.0.lost.notified();
        tokio::pin!(lost);
        while self.is_connected() {
            tokio::select! {
                () = &mut lost => return,
                _ = link.driver.join_next() => self.lose(&RedisFailure::Closed),
                () = sleep(TRY_EVERY) => {
                    self.ask::<i64>(&trial_of_bucket()).await;
                }
            }
        }
    }

    /// Whether it answers.
    pub fn is_connected(&self) -> bool {
        lock(&self.0.connection).is_some()
    }

    /// One while Redis answers, else zero.
    pub fn connected(&self) -> Gauge {
        self.0.is_connected.clone()
    }

    /// How often a connection was lost.
    pub fn losses(&self) -> Counter {
        self.0.losses.clone()
    }

    /// The answer of a script; `None` if Redis does not answer in time.
    pub(super) async fn ask<T: FromRedisValue + Send>(&self, call: &ScriptInvocation<'_>) -> Option<T> {
        let connection = lock(&self.0.connection).clone()?;
        // On the heap, so that requests are no larger where there is no Redis.
        match Box::pin(answer(call, connection, self.0.answer_timeout)).await {
            Ok(answer) => {
                self.0.late.store(0, Ordering::Relaxed);
                Some(answer)
            }
            Err(failure) => {
                let is_late = matches!(failure, RedisFailure::Timeout(_));
                if !is_late || self.0.late.fetch_add(1, Ordering::Relaxed) + 1 >= LATE_ANSWERS {
                    self.lose(&failure);
                }
                None
            }
        }
    }

    async fn connect(&self) -> Result<RedisLink, RedisFailure> {
        let link = timeout(CONNECT_TIMEOUT, self.0.url.connect())
            .await
            .map_err(|_| RedisFailure::Timeout(CONNECT_TIMEOUT))??;
        for trial in
            [trial_of_bucket(), windows::trial("begin", TRIAL_WINDOWS), windows::trial("succeeded", TRIAL_WINDOWS)]
        {
            let _: i64 = answer(&trial, link.connection.clone(), self.0.answer_timeout).await?;
        }
        Ok(link)
    }

    fn set(&self, link: &RedisLink) {
        self.0.late.store(0, Ordering::Relaxed);
        *lock(&self.0.connection) = Some(link.connection.clone());
        self.0.is_connected.set(1);
        tracing::info!(redis = self.0.url.place(), "rates are shared through Redis");
    }

    fn lose(&self, failure: &RedisFailure) {
        if lock(&self.0.connection).take().is_some() {
            self.0.is_connected.set(0);
            self.0.losses.inc();
            tracing::warn!(redis = self.0.url.place(), %failure, "Redis is lost: this instance bounds rates by itself");
            self.0.lost.notify_waiters();
        }
    }
}

impl RedisUrl {
    async fn connect(&self) -> Result<RedisLink, RedisFailure> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            Some(tls) => self.log_in(tls.connect(stream).await?).await,
            None => self.log_in(stream).await,
        }
    }

    async fn log_in(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<RedisLink, RedisFailure> {
        // Ours bounds each question.
        let settings = AsyncConnectionConfig::default().set_response_timeout(None);
        let (mut connection, running) = MultiplexedConnection::new_with_config(&self.login, stream, settings).await?;
        let mut driver = JoinSet::new();
        driver.spawn(running);
        for script in [&bucket::SCRIPT, &windows::SCRIPT] {
            script.load_async(&mut connection).await?;
        }
        Ok(RedisLink { connection, driver })
    }
}

/// Asks of a bucket what every request may ask.
fn trial_of_bucket() -> ScriptInvocation<'static> {
    let mut trial = bucket::SCRIPT.key(TRIAL_BUCKET);
    trial.arg(1).arg(1).arg("");
    trial
}

async fn answer<T: FromRedisValue>(
    call: &ScriptInvocation<'_>,
    mut connection: MultiplexedConnection,
    longest: Duration,
) -> Result<T, RedisFailure> {
    let asked: Result<RedisResult<T>, _> = timeout(longest, call.invoke_async(&mut connection)).await;
    Ok(asked.map_err(|_| RedisFailure::Timeout(longest))??)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
