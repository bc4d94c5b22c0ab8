//! What a replacement has taken over from the key that it replaces: of the operations and networks that the old key served
//! in thirty days, which the new one has served; what was refused to it; and when the old key's next call is to be
//! expected. Called by the command line (and the dashboard), before somebody revokes the old key. A job that runs once a
//! night is not idle at noon.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use ipnet::IpNet;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{
    call_pattern::Forecast,
    history::{self, Served, UsedFrom},
    stored::{KeyId, StoredKey},
    usage::UseOutcome,
};
use crate::store::{db::Db, error::StoreError, id::StudioId, instant::Instant};

/// How far back what the old key served counts.
pub const WINDOW: Duration = Duration::from_hours(30 * 24);

/// A key and its replacement.
#[derive(Clone, Copy, Debug)]
pub struct Rotation<'k> {
    /// The key that is replaced.
    pub old: &'k StoredKey,
    /// Its replacement.
    pub new: &'k StoredKey,
}

/// What a replacement has taken over.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    /// The key that is replaced.
    pub old: KeyId,
    /// Its replacement.
    pub new: KeyId,
    /// From when on what the old key served counts.
    pub since: Instant,
    /// The operations that the old key served.
    pub operations: Vec<CoveredOperation>,
    /// The networks that it served.
    pub networks: Vec<CoveredNetwork>,
    /// What was refused to the new key.
    pub refused: Vec<Served>,
    /// When the old key's next call is to be expected.
    pub next_call: Forecast,
}

/// An operation that the old key served.
#[derive(Clone, Debug, Serialize)]
pub struct CoveredOperation {
    /// The operation's id.
    pub operation: String,
    /// Whether the new key has served it.
    pub covered: bool,
    /// Admitted calls with the old key.
    pub old_calls: i64,
    /// The hour of the last one.
    pub old_last_hour: Instant,
    /// Admitted calls with the new key.
    pub new_calls: i64,
    /// The hour of the last one.
    pub new_last_hour: Option<Instant>,
}

/// A masked network that the old key served.
#[derive(Clone, Debug, Serialize)]
pub struct CoveredNetwork {
    /// The network.
    pub network: IpNet,
    /// Whether the new key has served it.
    pub covered: bool,
    /// When the old key served it last.
    pub old_last_at: Instant,
    /// When the new key did.
    pub new_last_at: Option<Instant>,
}

impl<'k> Rotation<'k> {
    /// The rotation that a key is part of: as the old key, where it has a replacement, else as the new one.
    pub fn of(keys: &'k [StoredKey], id: KeyId, now: Instant) -> Option<Self> {
        let find = |wanted: KeyId| keys.iter().find(|key| key.id == wanted);
        let key = find(id)?;
        match StoredKey::replacement(keys, id, now) {
            Some(new) => Some(Self { old: key, new }),
            None => Some(Self { old: find(key.replaces?)?, new: key }),
        }
    }
}

/// What the new key has taken over.
pub async fn coverage(
    db: &Db,
    studio: StudioId,
    rotation: Rotation<'_>,
    zone: &TimeZone,
    now: Instant,
) -> Result<Coverage, StoreError> {
    let Rotation { old, new } = rotation;
    let since = old.ended_at(now).unwrap_or(now).minus(WINDOW);
    let served = history::served(db.of(studio), old.id, since.hour()).await?;
    let taken_over = history::served(db.of(studio), new.id, new.created_at.hour()).await?;
    let networks = history::used_from(db.of(studio), old.id).await?;
    let new_networks = history::used_from(db.of(studio), new.id).await?;
    Ok(Coverage {
        old: old.id,
        new: new.id,
        since,
        operations: operations(served, &taken_over),
        networks: covered_networks(&networks, &new_networks, since),
        refused: taken_over.into_iter().filter(|served| served.outcome != UseOutcome::ADMITTED).collect(),
        next_call: forecast(db, studio, old.id, zone, now).await?,
    })
}

/// When a key's next call is to be expected, by its calls of thirty days.
pub async fn forecast(
    db: &Db,
    studio: StudioId,
    key: KeyId,
    zone: &TimeZone,
    now: Instant,
) -> Result<Forecast, StoreError> {
    let hours = history::hours_with_calls(db.of(studio), key, now.minus(WINDOW).hour()).await?;
    Ok(Forecast::of(&hours.into_iter().collect::<BTreeSet<_>>(), zone, now))
}

fn operations(old: Vec<Served>, new: &[Served]) -> Vec<CoveredOperation> {
    let is_admitted = |served: &&Served| served.outcome == UseOutcome::ADMITTED;
    let new: HashMap<_, _> =
        new.iter().filter(is_admitted).map(|served| (&served.operation, (served.calls, served.last_hour))).collect();
    let covered = |served: Served| {
        let by_new = new.get(&served.operation);
        CoveredOperation {
            covered: by_new.is_some(),
            old_calls: served.calls,
            old_last_hour: served.last_hour,
            new_calls: by_new.map_or(0, |(calls, _)| *calls),
            new_last_hour: by_new.map(|(_, last)| *last),
            operation: served.operation,
        }
    };
    old.into_iter().filter(|served| is_admitted(&served)).map(covered).collect()
}

fn covered_networks(old: &[UsedFrom], new: &[UsedFrom], since: Instant) -> Vec<CoveredNetwork> {
    let new: HashMap<_, _> = new.iter().filter_map(|used| Some((used.network, used.last_admitted_at?))).collect();
    let covered = |used: &UsedFrom| {
        let old_last_at = used.last_admitted_at.filter(|at| *at >= since)?;
        let new_last_at = new.get(&used.network).copied();
        Some(CoveredNetwork { network: used.network, covered: new_last_at.is_some(), old_last_at, new_last_at })
    };
    old.iter().filter_map(covered).collect()
}
