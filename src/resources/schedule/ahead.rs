//! The rolling horizon: lays out what comes into view as days pass. One task in every instance; whichever takes a
//! studio's timetable first does the work, and the others find it done.
//!
//! Nobody waits for an answer here, so nothing is refused: where a room or an instructor is taken, the occurrence is
//! laid out without it, and says so in `overridden`.

use std::time::Duration;

use jiff::{ToSpan, civil::Date, tz};

use super::{
    clocks, conflicts,
    layout::{ClassPlan, WEEKS_AHEAD},
    queries,
    unscoped::{self, DueClass},
};
use crate::{
    resources::classes::{Class, ClassStatus},
    store::{
        clock::Clock,
        db::Db,
        error::StoreError,
        instant::Instant,
        row::{self, Row},
        turns::{TimetableTx, Turns, WriteTx},
    },
};

/// How often the horizon is looked at.
pub const LAY_OUT_EVERY: Duration = Duration::from_mins(5);
/// Instants for what is laid out of one class.
const INSTANTS: u32 = 100;
/// How many classes it takes at once.
const AT_ONCE: i64 = 100;

/// Lays out what is due by now.
pub async fn lay_out_once(db: &Db, clock: &Clock, turns: &Turns) -> Result<(), StoreError> {
    loop {
        let until = due_before(clock.now()).to_string();
        let due = unscoped::due(db.read(), until, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(());
        }
        let mut failed = None;
        for class in due {
            // One that fails does not keep the others waiting.
            failed = lay_out_one(db, clock, turns, class).await.err().or(failed);
        }
        if let Some(cause) = failed {
            return Err(cause);
        }
    }
}

async fn lay_out_one(
    db: &Db,
    clock: &Clock,
    turns: &Turns,
    DueClass { studio_id, id }: DueClass,
) -> Result<(), StoreError> {
    let mut tx = turns.begin(db, clock, studio_id, INSTANTS).await?;
    let class = row::find::<Class>(tx.on(), id).await?;
    if let Some(class) = class.filter(|class| class.fields.status == ClassStatus::Active) {
        extend(&mut tx, &class).await?;
    }
    tx.commit().await
}

/// Classes that are laid out up to here are laid out far enough in every zone, also where the day begins last.
fn due_before(now: Instant) -> Date {
    let last = tz::TimeZone::fixed(tz::offset(-12));
    last.to_datetime(now.timestamp()).date().saturating_add(WEEKS_AHEAD.weeks())
}

async fn extend(tx: &mut TimetableTx, class: &Row<Class>) -> Result<(), StoreError> {
    let (moment, now) = (tx.now, tx.now.clock);
    let clocks = clocks::read(tx, [class.fields.location_id]).await?;
    let plan = ClassPlan::new(class.id, &class.fields, clocks.at(class.fields.location_id).clone());
    let noted = queries::horizon_of(tx.on(), class.id).await?;
    let (from, until) = (noted.unwrap_or_else(|| plan.today(now)).max(plan.today(now)), plan.horizon(now));
    // What the clocks of one day moved into the next is named by the day before.
    let there = queries::planned_from(tx.on(), class.id, from.saturating_sub(2.days())).await?;
    let planned = plan.between(from, until, now).into_iter();
    let planned = planned.filter(|occurrence| !there.contains(&occurrence.planned_start));
    for (occurrence, number) in planned.zip(0..) {
        let row = Row::new(moment.of_row(number), occurrence);
        let row = conflicts::without_clashes(tx, &plan, row).await?;
        row::insert(tx.on(), &row).await?;
    }
    queries::show_new(tx.on(), class.id).await?;
    queries::note_horizon(tx.on(), class.id, plan.note(until.max(from))).await
}
