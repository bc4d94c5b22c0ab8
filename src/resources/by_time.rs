//! What changes as time passes, with no write: content that is published at a set time, coupons that begin and end. It is
//! listed as changed (`updated_since`): the row's `updated_at` moves, its version does not. A task of
//! the server in every instance; whichever comes first does the work, and the others find it done.

mod queries;
mod unscoped;

use std::time::Duration;

use crate::store::{clock::Clock, db::Db, error::StoreError};

/// How often it is looked.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Rows of one transaction.
const AT_ONCE: u32 = 100;

/// Lists as changed all rows that time has changed by now.
pub async fn touch_due(db: &Db, clock: &Clock) -> Result<(), StoreError> {
    loop {
        let due = unscoped::due(db.read(), clock.now(), AT_ONCE).await?;
        if due.is_empty() {
            return Ok(());
        }
        let (mut tx, now) = db.begin_write_of(clock, AT_ONCE).await?;
        for (due, number) in due.iter().zip(0..) {
            queries::touch(tx.on().of(due.studio_id), due, now.of_row(number)).await?;
        }
        tx.commit().await?;
    }
}
