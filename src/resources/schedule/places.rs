//! Whether a location or a room is used: asked before it is removed, while the studio's timetable is locked.

use super::{
    clocks,
    layout::Plan,
    store::{self, Use},
};
use crate::store::{
    db::Tx,
    error::StoreError,
    id::{Id, Named, StudioId},
    instant::Instant,
};

/// How a location or a room is used: `column` is the one that names it. What a class is going to do there counts, also
/// where it is not laid out yet.
pub async fn use_of<T: Named>(
    tx: &mut Tx,
    studio: StudioId,
    column: &'static str,
    id: Id<T>,
    now: Instant,
) -> Result<Use, StoreError> {
    let found = store::use_in_rows(tx, studio, column, id, now).await?;
    if found == Use::Named {
        for class in store::classes_naming(tx.on(), studio, column, id).await? {
            let clocks = clocks::read(tx, studio, [class.fields.location_id]).await?;
            let zone = clocks.at(class.fields.location_id).clone();
            if Plan::new(class.id, &class.fields, zone).goes_on(now) {
                return Ok(Use::Ahead);
            }
        }
    }
    Ok(found)
}
