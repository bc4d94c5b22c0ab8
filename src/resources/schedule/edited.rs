//! Which occurrences somebody edited by hand, so that they keep as they are when their class changes. The mark is no field
//! of any answer: it counts only while an occurrence differs from its plan, which `overridden` shows, in more than the room
//! or the instructor that it had given way to others before.

use super::{
    model::Occurrence,
    queries::edits::{edits_of, note_edited},
};
use crate::store::{error::StoreError, row::Row, studio::StudioTx};

/// Notes whether an occurrence keeps as it is when its class changes: once somebody made it differ from its plan, and for as
/// long as it does. What a studio notes for itself makes no difference.
pub async fn note_edit(tx: &mut StudioTx, before: &Row<Occurrence>, after: &Row<Occurrence>) -> Result<(), StoreError> {
    if after.version == before.version {
        return Ok(());
    }
    let was = edits_of(tx.on(), &[before.id]).await?.pop();
    let was_edited = was.as_ref().is_some_and(|was| was.edited);
    let gave_way = was.filter(|was| was.edited).map_or_else(|| before.fields.gave_way(), |was| was.gave_way);
    // What somebody decides about is nothing that was taken any more.
    let is_as_it_was = |field: &&str| match *field {
        "room_id" => after.fields.room_id == before.fields.room_id,
        _ => after.fields.instructor_id == before.fields.instructor_id,
    };
    let gave_way: Vec<_> = gave_way.iter().map(String::as_str).filter(is_as_it_was).collect();
    let differs = after.fields.overridden.iter().any(|field| !gave_way.contains(&field.as_str()));
    let is_edited = differs && (was_edited || after.fields.takes_place_otherwise(&before.fields));
    note_edited(tx.on(), &[after.id], is_edited, &gave_way).await
}
