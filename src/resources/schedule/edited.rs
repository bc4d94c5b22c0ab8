//! Which occurrences somebody edited by hand, so that they keep as they are when their class changes. The mark is no field
//! of any answer: it counts only while an occurrence differs from its plan, which `overridden` shows, in more than the room
//! or the instructor that it had given way to others before.

use std::collections::HashSet;

use serde::Deserialize;

use super::model::{Occurrence, OccurrenceId};
use crate::{
    resources::classes::ClassId,
    store::{
        db::Engine,
        error::StoreError,
        record::Record,
        row::Row,
        studio::{StudioOn, StudioTx},
    },
};

/// Whether an occurrence counts as edited, in SQL: one that equals its plan follows its class again, and so does one that
/// lacks but what was taken when it was laid out.
pub const IS_EDITED: &str = "(edited and overridden <> '[]' and overridden <> gave_way)";

/// Whether somebody edited an occurrence, and what it had given way before.
#[derive(Debug, Deserialize)]
pub struct Edit {
    /// The occurrence.
    pub id: OccurrenceId,
    /// The fields that were taken.
    pub gave_way: Vec<String>,
    /// Whether somebody edited it.
    pub edited: bool,
}

impl Record for Edit {
    const JSON: &'static [&'static str] = &["gave_way", "edited"];
}

/// Whether somebody edited these.
pub async fn edits_of(on: StudioOn<'_>, ids: &[OccurrenceId]) -> Result<Vec<Edit>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let edited = match on.engine() {
        Engine::Sqlite => format!("iif({IS_EDITED}, 'true', 'false')"),
        Engine::Postgres => IS_EDITED.to_owned(),
    };
    let text = format!(
        "select id, case when {IS_EDITED} then gave_way else '[]' end as gave_way, {edited} as edited \
        from occurrences where studio_id = $1"
    );
    on.query(text).one_of("id", ids).all().await
}

/// Which of these somebody edited.
pub async fn edited_of(on: StudioOn<'_>, ids: &[OccurrenceId]) -> Result<HashSet<OccurrenceId>, StoreError> {
    let edits = edits_of(on, ids).await?;
    Ok(edits.into_iter().filter(|edit| edit.edited).map(|edit| edit.id).collect())
}

/// Notes whether somebody edited these, none of those that equal their plan, and what they had given way before.
pub async fn note_edited(
    on: StudioOn<'_>,
    ids: &[OccurrenceId],
    is_edited: bool,
    gave_way: &[&str],
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mark = if is_edited { "(overridden <> '[]')" } else { "false" };
    // Its words are ours, and written as `overridden` is: the two are compared.
    let gave_way = serde_json::json!(if is_edited { gave_way } else { &[] });
    let text = format!("update occurrences set edited = {mark}, gave_way = '{gave_way}' where studio_id = $1");
    on.query(text).one_of("id", ids).execute().await.map(drop)
}

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

/// Takes the mark from the occurrences of a class that equal their plan. Called before the plan changes: after that, they
/// would differ for another reason.
pub async fn release(on: StudioOn<'_>, class: ClassId) -> Result<(), StoreError> {
    let text = format!(
        "update occurrences set edited = false, gave_way = '[]' \
        where studio_id = $1 and class_id = $2 and edited and not {IS_EDITED}"
    );
    on.query(text).bind(class).execute().await.map(drop)
}
