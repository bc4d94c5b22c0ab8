//! What time changes: memberships whose last day has passed are cancelled or expired, in the time zone of their studio. One
//! task in every instance; whichever takes a studio first does the work, and the others find it done. Each leaves an audit row.

use std::time::Duration;

use jiff::{civil, tz};
use serde_json::json;

use super::{
    model::{MembershipId, MembershipStatus},
    period, queries,
    unscoped::{self, DueStudio},
};
use crate::{
    mail,
    resources::bookings,
    store::{
        audit::{self, Action, GATEWAY, Subject},
        clock::Clock,
        db::Db,
        error::StoreError,
        id::StudioId,
        turns::{TimetableTx, Turns, WriteTx},
    },
    wire::text::TimeZone,
};

/// How often: a membership ends within a minute of midnight.
pub const EXPIRE_EVERY: Duration = Duration::from_mins(1);
/// How long the clock must have run since it was set: what ended by a wrong clock would not begin again by the right one.
pub const AFTER_A_STEP: Duration = Duration::from_hours(1);
/// How many memberships end in one transaction.
const AT_ONCE: u64 = 500;

/// Ends memberships whose last day has passed, and removes mail that is not worth sending any more.
///
/// # Errors
/// When the database fails; a studio that fails does not keep the others waiting.
pub async fn expire_due(db: &Db, clock: &Clock, turns: &Turns) -> Result<(), StoreError> {
    let now = clock.now();
    // No day has passed anywhere that has not passed where days begin first.
    let first = tz::TimeZone::fixed(tz::offset(14));
    let mut failed = None;
    for DueStudio { studio_id, time_zone } in
        unscoped::due(db.read(), first.to_datetime(now.timestamp()).date()).await?
    {
        failed = end_those_of(db, clock, turns, (studio_id, &time_zone)).await.err().or(failed);
    }
    mail::remove_expired(db, now).await?;
    failed.map_or(Ok(()), Err)
}

async fn end_those_of(
    db: &Db,
    clock: &Clock,
    turns: &Turns,
    (studio, zone): (StudioId, &TimeZone),
) -> Result<(), StoreError> {
    let today = period::date_in(zone, clock.now())?;
    while queries::is_due(db.of(studio), today).await? {
        // One at a time in a studio, so that each membership ends once, and nobody is invited meanwhile.
        let mut tx = turns.begin(db, clock, studio, 1).await?;
        let mut ended = end(&mut tx, (MembershipStatus::Cancelled, "cancel_on"), today).await?;
        ended.extend(end(&mut tx, (MembershipStatus::Expired, "ends_on"), today).await?);
        queries::end_links_and_sessions(&mut tx).await?;
        bookings::give_back_all(&mut tx, &ended).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Ends those whose last day, in this column, has passed, with an audit row for each; which.
async fn end(
    tx: &mut TimetableTx,
    (status, column): (MembershipStatus, &'static str),
    today: civil::Date,
) -> Result<Vec<MembershipId>, StoreError> {
    let (now, is_cancelled) = (tx.now.clock, status == MembershipStatus::Cancelled);
    let (name, word) =
        if is_cancelled { ("members.end_cancelled", "cancelled") } else { ("members.expire", "expired") };
    let ended = queries::end_due(tx, (word, column), today, AT_ONCE).await?;
    let actions = ended.iter().map(|was| {
        let cancelled_at = if is_cancelled { Some(now) } else { was.cancelled_at };
        let state = |status: MembershipStatus, cancelled_at| json!({"status": status, "cancelled_at": cancelled_at});
        let action = Action::by(&GATEWAY.into(), name, Subject::of(was.id));
        action.changed(&state(was.status, was.cancelled_at), &state(status, cancelled_at))
    });
    audit::add_all(tx.on(), actions, now).await?;
    Ok(ended.into_iter().map(|was| was.id).collect())
}
