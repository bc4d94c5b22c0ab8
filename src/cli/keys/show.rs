//! `keys list`, `keys show` and `keys usage`.

use clap::Args;
use serde::Serialize;

use super::end_old::in_words;
use super::view::{self, AfterItsEnd, Beside, Everything, status};
use crate::{
    access::{
        history::{self, Exposure, UsedFrom},
        key::KeyKind,
        keys,
        rotation_end::{self, RotationEnd},
        stored::{KeyId, StoredKey},
    },
    cli::{Done, database, output},
    store::{clock::Clock, db::Db, id::StudioId, instant::Instant},
};

/// What `keys list` takes.
#[derive(Args)]
pub struct ListKeys {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What `keys show` takes.
#[derive(Args)]
pub struct ShowKey {
    /// The key's id, `key_…`, from `keys list`
    key_id: KeyId,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What `keys usage` takes.
#[derive(Args)]
pub struct KeyUsage {
    /// The key's id, `key_…`, from `keys list`
    key_id: KeyId,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct KeyDetails<'k> {
    #[serde(flatten)]
    key: Beside<'k>,
    /// What its rotation does with it, if somebody chose that it ends it.
    rotation_end: Option<RotationEnd>,
    used_from: Vec<UsedFrom>,
    exposures: Vec<Exposure>,
}

async fn everything(db: &Db, studio: StudioId, now: Instant) -> Result<Everything, crate::cli::Failure> {
    let keys = keys::list(db.of(studio)).await?;
    Ok(Everything::new(keys, history::lately(db.of(studio), now).await?))
}

impl ListKeys {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio(db, &self.studio).await?.id.studio();
        let now = Clock::System.now();
        let all = everything(db, studio, now).await?;
        if self.json {
            return output::json(&all.keys.iter().map(|key| all.beside(key, now)).collect::<Vec<_>>());
        }
        let heading = ["ID", "NAME", "KEY", "STATUS", "LAST USED", "LAST HOUR", "LAST DAY", "REPLACES"];
        output::table(heading, &all.keys.iter().map(|key| row(key, &all.beside(key, now), now)).collect::<Vec<_>>())
    }
}

fn row(key: &StoredKey, beside: &Beside<'_>, now: Instant) -> [String; 8] {
    [
        key.id.to_string(),
        key.name.clone(),
        key.masked(),
        if beside.after_its_end.last_day > 0 {
            format!("{}, still called", status(key, now))
        } else {
            status(key, now).to_owned()
        },
        view::last_used(key),
        beside.calls_last_hour.to_string(),
        beside.calls_last_day.to_string(),
        output::or_dash(key.replaces),
    ]
}

impl ShowKey {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio_of(db, self.key_id).await?;
        let now = Clock::System.now();
        let all = everything(db, studio, now).await?;
        let key = keys::find(db.of(studio), self.key_id).await?;
        let whole = KeyDetails {
            key: all.beside(&key, now),
            rotation_end: rotation_end::find(db.of(studio), key.id).await?,
            used_from: history::used_from(db.of(studio), key.id).await?,
            exposures: history::exposures(db.of(studio), key.id).await?,
        };
        if self.json { output::json(&whole) } else { describe(&key, &whole, now) }
    }
}

fn describe(key: &StoredKey, whole: &KeyDetails<'_>, now: Instant) -> Done {
    let revoked_by = key.revoked_by.as_deref().map(|by| format!(" by {}", person(by))).unwrap_or_default();
    let is_secret = key.kind == KeyKind::Secret;
    let rights = if is_secret {
        [
            ("scopes", output::listed(&key.scopes.iter().collect::<Vec<_>>(), "none")),
            ("networks", output::listed(&key.networks, "any")),
        ]
    } else {
        [("reads", "public data".to_owned()), ("origins", output::listed(&key.origins, "any"))]
    };
    let rate = if is_secret { "a second" } else { "a second, for each network of visitors" };
    let mut fields = vec![
        ("id", key.id.to_string()),
        ("key", key.publishable.clone().unwrap_or_else(|| key.masked())),
        ("name", key.name.clone()),
        ("used by", key.used_by.clone().unwrap_or_else(|| "none".to_owned())),
        ("status", status(key, now).to_owned()),
    ];
    fields.extend(rights);
    fields.extend([
        ("rate limit", format!("{} {rate}", key.rate_limit)),
        ("replaces", output::or_dash(key.replaces)),
        ("created", format!("{} by {}", key.created_at, person(&key.created_by))),
        ("expires", key.expires_at.map_or_else(|| "never".to_owned(), |at| at.to_string())),
        (
            "rotation",
            whole.rotation_end.as_ref().map_or_else(|| "-".to_owned(), |end| in_words(Some(end), key.expires_at)),
        ),
        ("revoked", format!("{}{revoked_by}", output::or_dash(key.revoked_at))),
        ("reason", output::or_dash(key.revoke_reason.as_ref())),
        ("last used", last_use(key)),
        ("used from", used_from(&whole.used_from)),
        ("calls", calls(whole.key.calls_last_hour, whole.key.calls_last_day)),
        ("refused", calls(whole.key.refused_last_hour, whole.key.refused_last_day)),
    ]);
    output::fields(&fields)?;
    still_calling(key, whole, now)?;
    whole.exposures.iter().try_for_each(|seen| output::fields(&[("EXPOSED", exposed(seen, key))]))
}

fn exposed(seen: &Exposure, key: &StoredKey) -> String {
    let Exposure { origin, surface, first_seen_at, last_seen_at, count } = seen;
    let when = if count == &1 {
        format!("at {first_seen_at}")
    } else {
        format!("{count} times from {first_seen_at} to {last_seen_at}")
    };
    let what = match seen.reported_from() {
        _ if history::is_found_by_github(origin) => format!("{origin}, {when}"),
        Some(network) => format!("somebody on {network} reported this key as found, {when}"),
        None => format!("a page of {origin} sent this key to the {surface} surface, {when}"),
    };
    if key.revoked_at.is_some() { what } else { format!("{what}: revoke it, then make a new one") }
}

/// Who did something: a member of staff by their address alone, not by their id as well.
fn person(by: &str) -> &str {
    let address = by.strip_prefix("usr_").and_then(|_| by.split_once(" (")?.1.strip_suffix(')'));
    address.unwrap_or(by)
}

fn calls(last_hour: i64, last_day: i64) -> String {
    format!("{last_hour} in the last hour, {last_day} in the last day")
}

fn last_use(key: &StoredKey) -> String {
    let from = key.last_used_from.map(|network| format!(" from {network}")).unwrap_or_default();
    format!("{}{from}", view::last_used(key))
}

fn used_from(networks: &[UsedFrom]) -> String {
    output::listed(&networks.iter().map(|used| used.network).collect::<Vec<_>>(), "nowhere")
}

/// Who still calls with a key that was revoked or has expired.
fn still_calling(key: &StoredKey, whole: &KeyDetails<'_>, now: Instant) -> Done {
    let AfterItsEnd { last_hour, last_day } = whole.key.after_its_end;
    let Some(ended) = key.ended_at(now).filter(|_| last_day > 0) else { return Ok(()) };
    let since: Vec<_> =
        whole.used_from.iter().filter(|used| used.last_seen_at >= ended).map(|used| used.network).collect();
    let from = output::listed(&since, "unknown networks");
    output::fields(&[("STILL CALLING", format!("{}, from {from}", calls(last_hour, last_day)))])
}

impl KeyUsage {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio_of(db, self.key_id).await?;
        let calls = history::usage(db.of(studio), self.key_id).await?;
        if self.json {
            return output::json(&calls);
        }
        let key = keys::find(db.of(studio), self.key_id).await?;
        let networks = history::used_from(db.of(studio), key.id).await?;
        output::fields(&[("last used", last_use(&key)), ("used from", used_from(&networks))])?;
        let rows: Vec<_> = calls
            .into_iter()
            .map(|calls| [calls.hour.to_string(), calls.operation, calls.outcome, calls.calls.to_string()])
            .collect();
        output::table(["HOUR", "OPERATION", "OUTCOME", "CALLS"], &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_staff_is_shown_by_their_address_and_anybody_else_as_they_are() {
        for (by, shown) in [
            ("usr_01jdc9x0aetqt8q3yv0gcm1v5k (anna@casa.example)", "anna@casa.example"),
            ("usr_01jdc9x0aetqt8q3yv0gcm1v5k", "usr_01jdc9x0aetqt8q3yv0gcm1v5k"),
            ("command line (root)", "command line (root)"),
            ("exposure report", "exposure report"),
        ] {
            assert_eq!(person(by), shown);
        }
    }
}
