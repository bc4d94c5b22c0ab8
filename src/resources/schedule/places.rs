//! Whether a location or a room is used: asked before it is removed.

use super::{
    clocks,
    layout::ClassPlan,
    queries::{self, Use},
};
use crate::store::{
    error::StoreError,
    id::{Id, Named},
    turns::TimetableTx,
};

/// How a location or a room is used: `column` is the one that names it. What a class is going to do there counts, also
/// where it is not laid out yet.
pub async fn use_of<T: Named>(tx: &mut TimetableTx, column: &'static str, id: Id<T>) -> Result<Use, StoreError> {
    let now = tx.now.clock;
    let found = queries::use_in_rows(tx, column, id, now).await?;
    if found == Use::Named {
        for class in queries::classes_naming(tx.on(), column, id).await? {
            let clocks = clocks::read(tx, [class.fields.location_id]).await?;
            let zone = clocks.at(class.fields.location_id).clone();
            if ClassPlan::new(class.id, &class.fields, zone).goes_on(now) {
                return Ok(Use::Ahead);
            }
        }
    }
    Ok(found)
}
