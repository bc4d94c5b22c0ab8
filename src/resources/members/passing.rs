//! What time brings: memberships whose last day has passed are cancelled or expired, by the clocks of their studio. One
//! task in every instance; whichever takes a studio first does the work, and the others find it done.

use std::time::Duration;

use jiff::{civil::Date, tz};

use super::{
    period, store,
    unscoped::{self, Due},
};
use crate::{
    mail,
    store::{
        clock::Clock,
        db::{Db, Tx},
        error::StoreError,
        id::StudioId,
        moment::Moment,
        turns::lock_studio,
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
pub async fn expire_due(db: &Db, clock: &Clock) -> Result<(), StoreError> {
    let now = clock.now();
    // No day has passed anywhere that has not passed where days begin first.
    let first = tz::TimeZone::fixed(tz::offset(14));
    let mut failed = None;
    for Due { studio_id, time_zone } in unscoped::due(db.read(), first.to_datetime(now.timestamp()).date()).await? {
        failed = end_those_of(db, studio_id, &time_zone, clock).await.err().or(failed);
    }
    mail::remove_expired(db, now).await?;
    failed.map_or(Ok(()), Err)
}

async fn end_those_of(db: &Db, studio: StudioId, zone: &TimeZone, clock: &Clock) -> Result<(), StoreError> {
    let today = period::date_in(zone, clock.now())?;
    while store::is_due(db.read(), studio, today).await? {
        let (mut tx, now) = db.begin_write(clock).await?;
        // One at a time in a studio, so that each membership ends once, and nobody is invited meanwhile.
        lock_studio(&mut tx, studio).await?;
        end(&mut tx, studio, ("cancelled", "cancel_on"), today, now).await?;
        end(&mut tx, studio, ("expired", "ends_on"), today, now).await?;
        forget_mail(&mut tx, studio).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Ends some memberships whose last day, in this column, has passed.
async fn end(
    tx: &mut Tx,
    studio: StudioId,
    (status, column): (&'static str, &'static str),
    today: Date,
    now: Moment,
) -> Result<(), StoreError> {
    let whose = "status in ('invited', 'active', 'paused')";
    let at = if status == "cancelled" { "$2" } else { "cancelled_at" };
    // What a row is may have changed while this waited for it: the condition stands on the row itself, too.
    let text = format!(
        "update members set status = '{status}', cancelled_at = {at}, version = version + 1, \
        updated_at = case when updated_at > $4 then updated_at else $4 end \
        where studio_id = $1 and {whose} and {column} < $3 and id in (select id from members \
        where studio_id = $1 and {whose} and {column} < $3 limit {AT_ONCE})"
    );
    tx.on().query(text).bind(studio).bind(now.clock).bind(today.to_string()).bind(now.stamp()).execute().await.map(drop)
}

/// Nobody is invited to a membership that is over.
async fn forget_mail(tx: &mut Tx, studio: StudioId) -> Result<(), StoreError> {
    for table in ["outbox", "mail_links"] {
        let text = format!(
            "delete from {table} where studio_id = $1 and exists (select 1 from members where members.studio_id = $1 \
            and members.id = {table}.membership_id and members.status in ('cancelled', 'expired'))"
        );
        tx.on().query(text).bind(studio).execute().await?;
    }
    Ok(())
}
