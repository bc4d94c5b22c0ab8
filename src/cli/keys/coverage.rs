//! `keys coverage`: which calls a replacement has taken over, and when the old key's next call is expected.

use clap::Args;
use jiff::tz::TimeZone;

use crate::{
    access::{
        call_pattern::Forecast,
        coverage::{Coverage, CoveredNetwork, CoveredOperation, Rotation, coverage},
        history::Served,
        keys,
        stored::KeyId,
    },
    cli::{Done, Failure, database, output},
    resources::studios,
    store::{clock::Clock, db::Db, id::StudioId, instant::Instant},
};

/// Shows which calls a replacement has taken over, and when the old key's next call is expected
///
/// Of the operations and networks that the old key served in the last 30 days, which has the new key served? Revoke the old
/// key when the answer is all of them, and its next expected call has come with the new key.
#[derive(Args)]
pub struct KeyCoverage {
    /// The id of the old key or of its replacement, `key_…`
    key_id: KeyId,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl KeyCoverage {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio_of(db, self.key_id).await?;
        let all = keys::list(db.of(studio)).await?;
        let rotation = Rotation::of(&all, self.key_id, Clock::System.now()).ok_or_else(|| {
            let id = self.key_id;
            Failure::refused(format!(
                "{id} has no replacement and replaces no key: `flow-gateway keys rotate {id}` creates a replacement"
            ))
        })?;
        let zone = zone_of(db, studio).await?;
        let told = coverage(db, studio, rotation, &zone, Clock::System.now()).await?;
        if self.json { output::json(&told) } else { describe(&told, rotation, &zone) }
    }
}

async fn zone_of(db: &Db, studio: StudioId) -> Result<TimeZone, Failure> {
    let found = studios::find(db.of(studio)).await?;
    let studio = found.ok_or_else(|| Failure::refused("there is no such studio any more"))?;
    studio.fields.time_zone.rules().map_err(Failure::refused)
}

fn describe(told: &Coverage, rotation: Rotation<'_>, zone: &TimeZone) -> Done {
    let Rotation { old, new } = rotation;
    let is_covered = |operation: &&CoveredOperation| operation.covered;
    let is_reached = |network: &&CoveredNetwork| network.covered;
    output::fields(&[
        ("old key", format!("{} ({})", old.id, old.masked())),
        ("replacement", format!("{} ({})", new.id, new.masked())),
        ("operations", of(told.operations.iter().filter(is_covered).count(), told.operations.len())),
        ("networks", of(told.networks.iter().filter(is_reached).count(), told.networks.len())),
        ("call pattern", told.next_call.pattern.to_string()),
        ("next call", next_call(&told.next_call, zone)),
    ])?;
    operations(told)?;
    networks(told)?;
    told.refused.iter().try_for_each(|Served { operation, outcome, calls, .. }| {
        let calls = output::counted(*calls, "call");
        output::line(&format!("REFUSED to the replacement: {calls} of {operation}, {outcome}"))
    })
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "NO" }.to_owned()
}

fn operations(told: &Coverage) -> Done {
    let rows: Vec<_> = told
        .operations
        .iter()
        .map(|row| {
            [row.operation.clone(), yes_or_no(row.covered), row.old_calls.to_string(), row.new_calls.to_string()]
        })
        .collect();
    section(["OPERATION", "TAKEN OVER", "CALLS WITH OLD KEY", "WITH NEW KEY"], &rows)
}

fn networks(told: &Coverage) -> Done {
    let rows: Vec<_> = told
        .networks
        .iter()
        .map(|row| {
            let seen = output::or_dash(row.new_last_at);
            [row.network.to_string(), yes_or_no(row.covered), row.old_last_at.to_string(), seen]
        })
        .collect();
    section(["NETWORK", "TAKEN OVER", "LAST CALL WITH OLD KEY", "WITH NEW KEY"], &rows)
}

/// A table below an empty line; nothing if it has no rows.
fn section(heading: [&str; 4], rows: &[[String; 4]]) -> Done {
    if rows.is_empty() {
        return Ok(());
    }
    output::line("")?;
    output::table(heading, rows)
}

fn of(part: usize, whole: usize) -> String {
    match whole {
        0 => "the old key served none in the last 30 days".to_owned(),
        _ => format!("{part} of {whole} taken over; the old key served them in the last 30 days"),
    }
}

fn next_call(forecast: &Forecast, zone: &TimeZone) -> String {
    let local = |at: Instant| zone.to_datetime(at.timestamp()).strftime("%a %Y-%m-%d %H:%M").to_string();
    let next = match (forecast.next_at, forecast.next_by) {
        (Some(at), _) => format!("expected at about {}", local(at)),
        (None, Some(by)) => format!("expected before {}, judging by the longest pause so far", local(by)),
        (None, None) => "cannot be predicted".to_owned(),
    };
    let missed = forecast.missed_at.map(|at| format!("; the call expected at {} did not come", local(at)));
    next + &missed.unwrap_or_default()
}
