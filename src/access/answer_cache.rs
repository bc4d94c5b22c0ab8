//! Answers to reads, kept ready for the next who asks the same. The guard asks here before it runs a handler, and puts in what
//! the handler answered. Everything else works without it: `--answer-cache off`.
//!
//! An answer is kept under the versions of the tables that it was read from ([`answer_versions`]), so that one which is out of
//! date is not found any more. How soon a write is noticed depends on how long the versions themselves count:
//!
//! - A commit of this process ([`commits`]) ends that at once: who has been answered a write sees it in the next read.
//! - A write by another process is noticed within 100 ms on SQLite, and within 800 ms on PostgreSQL. Management on PostgreSQL
//!   reads the versions for each call, so that all instances see a write at once.
//!
//! The versions are read before the rows: an answer may be newer than its versions say, never older.

use std::{
    convert::Infallible,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    http::{Request, Response},
};
use prometheus_client::metrics::counter::Counter;
use quick_cache::{Equivalent, Weighter, sync::Cache};

use super::{
    cached_answer::CachedAnswer,
    caller::{Caller, KeyCaller},
    key::KeyKind,
};
use crate::{
    store::{
        answer_versions::{self, AnswerVersions},
        clock::{Clock, Uptime},
        commits,
        db::{Db, Engine},
        error::StoreError,
        id::StudioId,
    },
    wire::{etag, representations::WantedForm},
};

/// The bytes of all answers that are kept, in sum.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// What an answer takes beside its body and its path, about.
const OVERHEAD: usize = 1024;
/// Answers that there is room for, about: it decides how much is allocated at the start.
const USUAL_ANSWERS: usize = 4096;
/// Studios whose versions are kept.
const STUDIOS: usize = 8192;
/// For how long it is known that what is answered to a request is not kept.
const NOT_KEPT_FOR: Duration = Duration::from_secs(1);
/// No answer is kept longer: a database that was set back to an earlier state under a running gateway counts from there again.
const LONGEST: Duration = Duration::from_mins(1);

/// The answers that are kept.
pub struct AnswerCache {
    db: Db,
    clock: Clock,
    answers: Cache<AnswerKey, Arc<Kept>, Bytewise>,
    studios: Cache<StudioId, Arc<Mutex<Option<ReadVersions>>>>,
    hits: Counter,
    misses: Counter,
}

/// The versions of a studio, and when they were asked for.
#[derive(Clone, Copy)]
struct ReadVersions {
    versions: AnswerVersions,
    commits: u64,
    asked_at: Uptime,
}

/// What an answer is kept under.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AnswerKey {
    studio: StudioId,
    operation: &'static str,
    version: i64,
    /// The path and the query.
    target: Box<str>,
}

/// The same, borrowed from the request. Its hash is that of an [`AnswerKey`]: the fields are the same, in the same order.
#[derive(Hash)]
struct AskedAnswer<'r> {
    studio: StudioId,
    operation: &'static str,
    version: i64,
    target: &'r str,
}

impl Equivalent<AnswerKey> for AskedAnswer<'_> {
    fn equivalent(&self, key: &AnswerKey) -> bool {
        let Self { studio, operation, version, target } = self;
        (*studio, *operation, *version, *target) == (key.studio, key.operation, key.version, &*key.target)
    }
}

#[derive(Clone)]
struct Bytewise;

impl Weighter<AnswerKey, Arc<Kept>> for Bytewise {
    fn weight(&self, key: &AnswerKey, kept: &Arc<Kept>) -> u64 {
        let body = match &**kept {
            Kept::Answer(answer) => answer.max_bytes(),
            Kept::Nothing { .. } => 0,
        };
        (key.target.len() + body + OVERHEAD) as u64
    }
}

/// What is kept for a request.
enum Kept {
    /// Its answer.
    Answer(CachedAnswer),
    /// Until then, that its answer is not kept: who waits for it reads at once, and nobody waits for another's read.
    Nothing { until: Uptime },
}

impl AnswerCache {
    /// An empty cache.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self {
            db,
            clock,
            answers: Cache::with_weighter(USUAL_ANSWERS, MOST_BYTES, Bytewise),
            studios: Cache::new(STUDIOS),
            hits: Counter::default(),
            misses: Counter::default(),
        }
    }

    /// How many requests were answered with what is kept.
    pub fn hits(&self) -> Counter {
        self.hits.clone()
    }

    /// How many were read, though their answers are of those that are kept.
    pub fn misses(&self) -> Counter {
        self.misses.clone()
    }

    /// The bytes that are kept, about.
    pub fn bytes(&self) -> u64 {
        self.answers.weight()
    }

    /// The answer to this request, if one is kept and its versions count still. It asks nobody.
    pub fn get(&self, caller: &KeyCaller, request: &Request<Body>) -> Option<Response<Body>> {
        if caller.sources().is_empty() {
            return None;
        }
        let known = self.studios.get(&caller.studio())?;
        let known = (*known.lock().unwrap_or_else(PoisonError::into_inner))?;
        let is_current =
            known.commits == commits::count() && self.clock.uptime() < known.asked_at.plus(self.trust(caller));
        if !is_current {
            return None;
        }
        let asked = AskedAnswer {
            studio: caller.studio(),
            operation: caller.operation(),
            version: known.versions.of(caller.sources()),
            target: target(request),
        };
        match &*self.answers.get(&asked)? {
            Kept::Answer(answer) if self.is_true(answer) => {
                self.hits.inc();
                Some(answer.respond(&WantedForm::of(request.headers())))
            }
            _ => None,
        }
    }

    /// The answer to this request: the kept one, after the versions were read, or what `read` answers, which is kept. Many who
    /// ask for it at once wait for one read.
    ///
    /// # Errors
    /// When the versions cannot be read.
    pub async fn get_or_read<R>(
        &self,
        caller: &KeyCaller,
        request: Request<Body>,
        read: impl FnOnce(Request<Body>) -> R,
    ) -> Result<Response<Body>, StoreError>
    where
        R: Future<Output = Response<Body>>,
    {
        let key = AnswerKey {
            studio: caller.studio(),
            operation: caller.operation(),
            version: self.versions(caller.studio()).await?.of(caller.sources()),
            target: target(&request).into(),
        };
        let wanted = WantedForm::of(request.headers());
        let is_public = caller.kind() == KeyKind::Publishable;
        let read_at = self.clock.uptime();
        let place = loop {
            let kept = match self.answers.get_value_or_guard_async(&key).await {
                Ok(kept) => kept,
                Err(place) => break Some(place),
            };
            match &*kept {
                Kept::Answer(answer) if self.is_true(answer) => {
                    self.hits.inc();
                    return Ok(answer.respond(&wanted));
                }
                Kept::Nothing { until } if self.clock.uptime() < *until => break None,
                // One of those who see that makes room, and one of those who come then reads.
                _ => drop(self.answers.remove_if(&key, |there| Arc::ptr_eq(there, &kept))),
            }
        };
        self.misses.inc();
        let (kept, response) = match CachedAnswer::of(read(request).await, is_public, read_at).await {
            Ok(answer) => {
                // Compressed when it is asked for again: what is read once is not worth it.
                let response = answer.respond(&wanted.whole());
                (Kept::Answer(answer), response)
            }
            Err(response) => {
                let until = self.clock.uptime().plus(NOT_KEPT_FOR);
                let response = if is_public { etag::conditional(wanted.held(), response).await } else { response };
                (Kept::Nothing { until }, response)
            }
        };
        if let Some(place) = place {
            // Losing the place to an eviction only means that the next request reads again.
            drop(place.insert(Arc::new(kept)));
        }
        Ok(response)
    }

    /// Reads the versions of a studio, and keeps them.
    async fn versions(&self, studio: StudioId) -> Result<AnswerVersions, StoreError> {
        let (commits, asked_at) = (commits::count(), self.clock.uptime());
        let versions = answer_versions::read(self.db.of(studio)).await?;
        let Ok(known) = self.studios.get_or_insert_with(&studio, || Ok::<_, Infallible>(Arc::default()));
        *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(ReadVersions { versions, commits, asked_at });
        Ok(versions)
    }

    /// How long versions count that nobody in this process has changed.
    fn trust(&self, caller: &KeyCaller) -> Duration {
        match (self.db.engine(), caller.kind()) {
            (Engine::Sqlite, _) => Duration::from_millis(100),
            (Engine::Postgres, KeyKind::Publishable) => Duration::from_millis(800),
            (Engine::Postgres, KeyKind::Secret) => Duration::ZERO,
        }
    }

    fn is_true(&self, answer: &CachedAnswer) -> bool {
        answer.is_true(&self.clock, LONGEST)
    }
}

fn target(request: &Request<Body>) -> &str {
    request.uri().path_and_query().map_or("", |target| target.as_str())
}
