//! What a key was used for: its calls by operation and hour, the networks they came from, and the pages that gave a
//! secret key away. It is what a rotation's "verify traffic" reads. Called by the command line and the dashboard.

use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{network::masked, stored::KeyId, usage::UseOutcome};
use crate::{
    store::{error::StoreError, instant::Instant, record::Record, studio::StudioOn},
    wire::problem::Code,
};

const HOUR: Duration = Duration::from_hours(1);

/// Precedes the address where GitHub found a key. It is no origin: that has no spaces.
const FOUND_BY_GITHUB: &str = "found by GitHub ";
/// As much is kept of such an address.
const ORIGIN_LENGTH: usize = 255;

/// Precedes the network of a report, where an exposure in a browser has an origin.
const REPORTED_FROM: &str = "reported from ";

/// A page that sent a secret key, or a report of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exposure {
    /// The page's origin.
    pub origin: String,
    /// The surface that it called.
    pub surface: String,
    /// First.
    pub first_seen_at: Instant,
    /// Last.
    pub last_seen_at: Instant,
    /// How often it was recorded.
    pub count: i64,
}

/// The calls of one operation in one hour, of one outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calls {
    /// The operation's id.
    pub operation: String,
    /// The start of the hour.
    pub hour: Instant,
    /// `admitted`, or the refusal's code.
    pub outcome: String,
    /// How many.
    pub calls: i64,
}

/// A masked network that a key was used from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UsedFrom {
    /// The network.
    pub network: IpNet,
    /// First.
    pub first_seen_at: Instant,
    /// Last.
    pub last_seen_at: Instant,
    /// When a call from there was admitted last; nothing where all were refused.
    pub last_admitted_at: Option<Instant>,
}

impl Exposure {
    /// What is stored as the origin of a report from this network.
    pub(super) fn report_from(network: IpNet) -> String {
        format!("{REPORTED_FROM}{network}")
    }

    /// What is stored as the origin of a key that GitHub found at this address.
    pub(super) fn found_by_github(url: &str) -> String {
        let url = url.chars().filter(|letter| !letter.is_control());
        FOUND_BY_GITHUB.chars().chain(url).take(ORIGIN_LENGTH).collect::<String>().trim_end().to_owned()
    }

    /// The reporter's network, if the key was reported and not sent by a page.
    pub fn reported_from(&self) -> Option<&str> {
        reported_from(&self.origin)
    }
}

/// Whether what is stored as an exposure's origin says that GitHub found the key.
pub fn is_found_by_github(origin: &str) -> bool {
    origin.starts_with(FOUND_BY_GITHUB.trim_end())
}

/// The reporter's network in what is stored as an exposure's origin, if it is a report.
pub fn reported_from(origin: &str) -> Option<&str> {
    origin.strip_prefix(REPORTED_FROM)
}

impl Record for Exposure {}
impl Record for Calls {}
impl Record for UsedFrom {}

const OF_THE_STUDIO: &str =
    "where key_id = $2 and exists (select 1 from keys where keys.id = $2 and keys.studio_id = $1)";

async fn about<R: Record>(on: StudioOn<'_>, id: KeyId, table: &str, order: &str) -> Result<Vec<R>, StoreError> {
    let text = format!("select * from {table} {OF_THE_STUDIO} order by {order} limit 10000");
    on.query(text).bind(id).all().await
}

/// Where a key was exposed, latest first.
pub async fn exposures(on: StudioOn<'_>, id: KeyId) -> Result<Vec<Exposure>, StoreError> {
    about(on, id, "key_exposures", "last_seen_at desc, origin").await
}

/// A key's calls by hour and operation, latest first.
pub async fn usage(on: StudioOn<'_>, id: KeyId) -> Result<Vec<Calls>, StoreError> {
    about(on, id, "key_usage", "hour desc, operation, outcome").await
}

/// The networks that a key was used from, latest first. Those that were once kept more exactly are masked as well.
pub async fn used_from(on: StudioOn<'_>, id: KeyId) -> Result<Vec<UsedFrom>, StoreError> {
    let kept: Vec<UsedFrom> = about(on, id, "key_networks", "last_seen_at desc, network").await?;
    let mut shown: Vec<UsedFrom> = Vec::new();
    for used in kept {
        let network = masked(used.network);
        match shown.iter_mut().find(|known| known.network == network) {
            Some(known) => {
                known.first_seen_at = known.first_seen_at.min(used.first_seen_at);
                known.last_admitted_at = known.last_admitted_at.max(used.last_admitted_at);
            }
            None => shown.push(UsedFrom { network, ..used }),
        }
    }
    Ok(shown)
}

/// The calls of one operation and outcome with one key, since some time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Served {
    /// The operation's id.
    pub operation: String,
    /// `admitted`, or the refusal's code.
    pub outcome: String,
    /// How many.
    pub calls: i64,
    /// The hour of the last one.
    pub last_hour: Instant,
}

#[derive(Deserialize)]
struct HourWithCalls {
    hour: Instant,
}

impl Record for Served {}
impl Record for HourWithCalls {}

/// What a key was called for since an hour, by operation and outcome.
pub async fn served(on: StudioOn<'_>, id: KeyId, since: Instant) -> Result<Vec<Served>, StoreError> {
    let text = format!(
        "select operation, outcome, cast(sum(calls) as bigint) as calls, max(hour) as last_hour \
        from key_usage {OF_THE_STUDIO} and hour >= $3 group by operation, outcome order by operation, outcome"
    );
    on.query(text).bind(id).bind(since).all().await
}

/// The hours since a time in which a key was called, admitted or not.
pub async fn hours_with_calls(on: StudioOn<'_>, id: KeyId, since: Instant) -> Result<Vec<Instant>, StoreError> {
    let text = format!("select distinct hour from key_usage {OF_THE_STUDIO} and hour >= $3 order by hour");
    let hours: Vec<HourWithCalls> = on.query(text).bind(id).bind(since).all().await?;
    Ok(hours.into_iter().map(|row| row.hour).collect())
}

/// The calls of one operation with one key, lately. Calls are counted by the clock's hours, and an hour counts when any
/// part of it is within the time that is asked for: silence is then never claimed too early.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lately {
    /// The key.
    pub key_id: KeyId,
    /// The operation's id.
    pub operation: String,
    /// In the last hour.
    pub last_hour: i64,
    /// In the last day.
    pub last_day: i64,
    /// Those of the last hour that were refused.
    pub refused_last_hour: i64,
    /// Those of the last day that were refused.
    pub refused_last_day: i64,
    /// Those of the last hour that were refused because the key was revoked or had expired.
    pub after_its_end_last_hour: i64,
    /// Those of the last day.
    pub after_its_end_last_day: i64,
}

impl Record for Lately {}

/// The calls of the last hour and day with all keys of a studio.
pub async fn lately(on: StudioOn<'_>, now: Instant) -> Result<Vec<Lately>, StoreError> {
    let (an_hour_ago, a_day_ago) = (now.minus(HOUR).hour(), now.minus(24 * HOUR).hour());
    let refused = format!("outcome <> '{}'", UseOutcome::ADMITTED);
    let ended = format!("outcome in ('{}', '{}')", Code::RevokedKey.name(), Code::ExpiredKey.name());
    let sum = |which: &str, name: &str| {
        let of =
            |name: &str, which: &str| format!("cast(sum(case when {which} then calls else 0 end) as bigint) as {name}");
        format!(
            "{}, {}",
            of(&format!("{name}last_hour"), &format!("hour >= $2 and {which}")),
            of(&format!("{name}last_day"), which)
        )
    };
    let text = format!(
        "select key_id, operation, {}, {}, {} \
        from key_usage where hour >= $3 and key_id in (select id from keys where studio_id = $1) \
        group by key_id, operation order by key_id, operation",
        sum("1 = 1", ""),
        sum(&refused, "refused_"),
        sum(&ended, "after_its_end_"),
    );
    on.query(text).bind(an_hour_ago).bind(a_day_ago).all().await
}

/// The operations that a studio's keys were called for since a time.
pub async fn operations(on: StudioOn<'_>, since: Instant) -> Result<Vec<String>, StoreError> {
    let text = "select operation from (select distinct operation from key_usage \
        where hour >= $2 and key_id in (select id from keys where studio_id = $1)) as used order by operation";
    let found: Vec<UsedOperation> = on.query(text).bind(since.hour()).all().await?;
    Ok(found.into_iter().map(|used| used.operation).collect())
}

#[derive(Deserialize)]
struct UsedOperation {
    operation: String,
}

impl Record for UsedOperation {}

/// The keys of a studio that browsers have sent.
pub async fn exposed(on: StudioOn<'_>) -> Result<Vec<KeyId>, StoreError> {
    let text = "select distinct k.id from keys as k join key_exposures as e on e.key_id = k.id \
        where k.studio_id = $1 order by k.id";
    let found: Vec<Exposed> = on.query(text).all().await?;
    Ok(found.into_iter().map(|key| key.id).collect())
}

#[derive(Deserialize)]
struct Exposed {
    id: KeyId,
}

impl Record for Exposed {}
