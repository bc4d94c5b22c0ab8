//! `keys coverage`: whether a replacement has taken over, and when the old key's next call is to be expected.

use clap::Args;
use jiff::tz::TimeZone;

use crate::{
    access::{
        call_pattern::Forecast,
        coverage::{Coverage as Covered, CoveredNetwork, CoveredOperation, Rotation, coverage},
        history::Served,
        keys,
        stored::KeyId,
    },
    cli::{Done, Failure, database, output},
    resources::studios,
    store::{clock::Clock, db::Db, id::StudioId, instant::Instant},
};

/// What `keys coverage` takes.
#[derive(Args)]
pub struct Coverage {
    /// The old key or its replacement: the row's id, `key_…`
    key_id: KeyId,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Coverage {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio_of(db, self.key_id).await?;
        let all = keys::list(db.read(), studio).await?;
        let rotation = Rotation::of(&all, self.key_id, Clock::System.now()).ok_or_else(|| {
            let id = self.key_id;
            Failure::refused(format!(
                "{id} has no replacement and replaces no key: `flow-gateway keys rotate {id}` makes one"
            ))
        })?;
        let zone = zone_of(db, studio).await?;
        let told = coverage(db, studio, rotation, &zone, Clock::System.now()).await?;
        if self.json { output::json(&told) } else { describe(&told, rotation, &zone) }
    }
}

async fn zone_of(db: &Db, studio: StudioId) -> Result<TimeZone, Failure> {
    let found = studios::find(db.of(studio)).await?;
    let studio = found.ok_or_else(|| Failure::refused("the studio is gone"))?;
    studio.fields.time_zone.rules().map_err(Failure::refused)
}

fn describe(told: &Covered, rotation: Rotation<'_>, zone: &TimeZone) -> Done {
    let Rotation { old, new } = rotation;
    let is_covered = |operation: &&CoveredOperation| operation.covered;
    let is_reached = |network: &&CoveredNetwork| network.covered;
    output::fields(&[
        ("old key", format!("{} ({})", old.id, old.masked())),
        ("replacement", format!("{} ({})", new.id, new.masked())),
        ("operations", of(told.operations.iter().filter(is_covered).count(), told.operations.len())),
        ("networks", of(told.networks.iter().filter(is_reached).count(), told.networks.len())),
        ("old key is called", told.next_call.pattern.clone()),
        ("its next call", next_call(&told.next_call, zone)),
    ])?;
    let yes_or_no = |yes: bool| if yes { "yes" } else { "NO" }.to_owned();
    let rows: Vec<_> = told
        .operations
        .iter()
        .map(|row| {
            [row.operation.clone(), yes_or_no(row.covered), row.old_calls.to_string(), row.new_calls.to_string()]
        })
        .collect();
    output::table(["OPERATION", "TAKEN OVER", "OLD CALLS", "NEW CALLS"], &rows)?;
    let rows: Vec<_> = told
        .networks
        .iter()
        .map(|row| {
            let seen = output::or_dash(row.new_last_at);
            [row.network.to_string(), yes_or_no(row.covered), row.old_last_at.to_string(), seen]
        })
        .collect();
    output::table(["NETWORK", "TAKEN OVER", "OLD LAST CALL", "NEW LAST CALL"], &rows)?;
    told.refused.iter().try_for_each(|Served { operation, outcome, calls, .. }| {
        output::line(&format!("The replacement was refused {calls} times for {operation}: {outcome}"))
    })
}

fn of(part: usize, whole: usize) -> String {
    format!("{part} of {whole} that the old key served in 30 days")
}

fn next_call(forecast: &Forecast, zone: &TimeZone) -> String {
    let local = |at: Instant| zone.to_datetime(at.timestamp()).strftime("%a %Y-%m-%d %H:%M").to_string();
    let next = match (forecast.next_at, forecast.next_by) {
        (Some(at), _) => format!("at about {}", local(at)),
        (None, Some(by)) => format!("by {}, going by its longest silence", local(by)),
        (None, None) => "nobody can tell".to_owned(),
    };
    let missed = forecast.missed_at.map(|at| format!("; none came when one was expected, {}", local(at)));
    next + &missed.unwrap_or_default()
}
