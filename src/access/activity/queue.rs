//! Calls that are answered and not written yet. The server adds to a list in memory; [`Usage`](crate::access::usage::Usage)
//! takes it, writes it, and gives back what it could not write.
//!
//! The list is bounded, and so is the part of each studio's publishable keys and of its secret keys: a flood of calls with the
//! key of a website drops no call of a server, and a flood of many studios leaves every other a few calls. What is dropped is
//! counted, for the studio and for the operator.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus_client::metrics::counter::Counter;

use super::{CallId, DroppedCalls, RecordedCall};
use crate::{
    access::{key::KeyKind, network::Network, stored::LiveKey, surface::Surface, unscoped},
    store::{db::Tx, error::StoreError, id::StudioId, instant::Instant},
    wire::{
        mask::{logged_method, logged_path},
        problem::Code,
        request::RequestId,
    },
};

/// Calls that wait, before every studio is left [`ALWAYS_TAKEN`] alone.
const MAX_CALLS: usize = 4_000;
/// Calls of a studio's keys of one kind.
const MAX_CALLS_OF_STUDIO: usize = 500;
/// Those that are taken of them however many wait.
const ALWAYS_TAKEN: usize = 10;
/// Calls that memory is reserved for, so that recording a usual number allocates nothing.
const RESERVED_CALLS: usize = 512;
/// After so many new rows a studio's oldest ones are deleted.
const TRIM_AFTER_ROWS: usize = 2_000;

/// A call that was answered.
#[derive(Clone, Debug)]
pub struct AnsweredCall {
    /// When.
    pub at: Instant,
    /// The listener that it came to.
    pub surface: Surface,
    /// The operation's id.
    pub operation: Option<&'static str>,
    /// What was called, where that is no operation.
    pub unknown: Option<MethodAndPath>,
    /// The client's network.
    pub network: Network,
    /// The answer's status.
    pub status: u16,
    /// Whether authorization refused it.
    pub refused: bool,
    /// The code of an error.
    pub code: Option<Code>,
    /// The scope that the key lacked.
    pub required_scope: Option<&'static str>,
    /// Its id.
    pub request_id: RequestId,
    /// How long it took.
    pub took: Duration,
}

/// Method and path of a call to no operation, cut short and with keys masked.
#[derive(Clone, Debug)]
pub struct MethodAndPath {
    method: String,
    path: String,
}

impl MethodAndPath {
    /// Those that were sent.
    pub fn of(method: &str, path: &str) -> Self {
        Self { method: logged_method(method).into_owned(), path: logged_path(path).into_owned() }
    }
}

/// The calls that wait. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ActivityQueue {
    is_on: bool,
    waiting: Arc<Mutex<Waiting>>,
    dropped: Counter,
}

/// What waits, or what was taken to be written.
#[derive(Debug)]
pub(in crate::access) struct Waiting {
    calls: Vec<(Arc<LiveKey>, AnsweredCall)>,
    studios: HashMap<StudioId, StudioCounts>,
    /// Rows of each studio since its oldest ones were deleted.
    written: HashMap<StudioId, usize>,
}

#[derive(Clone, Copy, Debug, Default)]
struct StudioCounts {
    /// Calls of its publishable keys.
    publishable: usize,
    /// Calls of its secret keys.
    secret: usize,
    dropped: i64,
    /// The hour of the last one that was dropped.
    hour: Option<Instant>,
}

impl ActivityQueue {
    /// An empty list, which takes calls or none.
    pub fn new(is_on: bool) -> Self {
        Self { is_on, waiting: Arc::new(Mutex::new(Waiting::new())), dropped: Counter::default() }
    }

    /// Adds a call of a key.
    pub fn record(&self, key: &Arc<LiveKey>, call: AnsweredCall) {
        if !self.is_on {
            return;
        }
        let mut waiting = self.lock();
        let Waiting { calls, studios, .. } = &mut *waiting;
        let of_studio = studios.entry(key.stored.studio_id).or_default();
        let waiting = match key.stored.kind {
            KeyKind::Publishable => &mut of_studio.publishable,
            KeyKind::Secret => &mut of_studio.secret,
        };
        if *waiting < if calls.len() < MAX_CALLS { MAX_CALLS_OF_STUDIO } else { ALWAYS_TAKEN } {
            *waiting += 1;
            calls.push((Arc::clone(key), call));
        } else {
            of_studio.dropped += 1;
            of_studio.hour = Some(call.at.hour());
            self.dropped.inc();
        }
    }

    /// How many calls were dropped, for the metrics.
    pub fn dropped(&self) -> Counter {
        self.dropped.clone()
    }

    pub(in crate::access) fn take(&self) -> Waiting {
        let mut waiting = self.lock();
        let written = std::mem::take(&mut waiting.written);
        std::mem::replace(&mut waiting, Waiting { written, ..Waiting::new() })
    }

    /// Takes back what could not be written. It is older than what came meanwhile, which is dropped where both are too many.
    pub(in crate::access) fn take_back(&self, unwritten: Waiting) {
        let mut waiting = self.lock();
        let newer = std::mem::replace(&mut *waiting, unwritten);
        waiting.written.extend(newer.written);
        for (studio, of_studio) in newer.studios {
            let known = waiting.studios.entry(studio).or_default();
            known.dropped += of_studio.dropped;
            known.hour = of_studio.hour.or(known.hour);
        }
        drop(waiting);
        for (key, call) in newer.calls {
            self.record(&key, call);
        }
    }

    /// Gives up on calls that can never be written.
    pub(in crate::access) fn drop_all(&self, unwritten: &Waiting) {
        self.dropped.inc_by(unwritten.calls.len() as u64);
    }

    /// The studios that have had many rows since the last time.
    pub fn take_studios_to_trim(&self) -> Vec<StudioId> {
        let written = &mut self.lock().written;
        written.extract_if(|_, rows| *rows >= TRIM_AFTER_ROWS).map(|(studio, _)| studio).collect()
    }

    pub(in crate::access) fn note_written(&self, written: &Waiting) {
        let mut waiting = self.lock();
        for (studio, of_studio) in &written.studios {
            *waiting.written.entry(*studio).or_default() += of_studio.publishable + of_studio.secret;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn new() -> Self {
        Self { calls: Vec::with_capacity(RESERVED_CALLS), studios: HashMap::new(), written: HashMap::new() }
    }

    pub(in crate::access) fn is_empty(&self) -> bool {
        self.studios.is_empty()
    }

    pub(in crate::access) async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let rows: Vec<_> = self.calls.iter().map(|(key, call)| row(key, call)).collect();
        if !rows.is_empty() {
            unscoped::add_activity(tx.on(), &rows).await?;
        }
        let mut dropped: Vec<_> = self.studios.iter().filter_map(|(studio, of)| of.dropped_calls(*studio)).collect();
        if !dropped.is_empty() {
            // In one order in every instance, so that two never wait for each other's rows in a circle.
            dropped.sort_by_key(|dropped| (dropped.studio_id, dropped.hour));
            unscoped::add_dropped(tx.on(), &dropped).await?;
        }
        Ok(())
    }
}

impl StudioCounts {
    fn dropped_calls(self, studio_id: StudioId) -> Option<DroppedCalls> {
        self.hour.map(|hour| DroppedCalls { studio_id, hour, calls: self.dropped })
    }
}

fn row(key: &LiveKey, call: &AnsweredCall) -> RecordedCall {
    let AnsweredCall {
        at,
        surface,
        operation,
        unknown,
        network,
        status,
        refused,
        code,
        required_scope,
        request_id,
        took,
    } = call;
    let (method, path) = unknown.clone().map(|called| (called.method, called.path)).unzip();
    RecordedCall {
        id: CallId::new(*at),
        studio_id: key.stored.studio_id,
        at: *at,
        surface: served_surface(*surface, key.stored.kind).name().to_owned(),
        operation: operation.map(str::to_owned),
        method,
        path,
        key_id: key.stored.id,
        network: network.masked(),
        status: *status,
        refused: *refused,
        code: code.map(|code| code.name().to_owned()),
        required_scope: required_scope.map(str::to_owned),
        request_id: request_id.as_str().to_owned(),
        duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
    }
}

/// On the shared port the key's kind decides which surface answers.
fn served_surface(listener: Surface, kind: KeyKind) -> Surface {
    match (listener, kind) {
        (Surface::Api, KeyKind::Publishable) => Surface::Storefront,
        (Surface::Api, KeyKind::Secret) => Surface::Management,
        (other, _) => other,
    }
}
