//! Which occurrences somebody edited by hand, so that they keep as they are when their class changes. The mark is no field
//! of any answer: it counts only while an occurrence differs from its plan, which `overridden` shows, in more than the room
//! or the instructor that it had given way to others before.

use std::collections::HashSet;

use serde::Deserialize;

use super::model::{Occurrence, OccurrenceId};
use crate::{
    resources::classes::ClassId,
    store::{
        db::{On, Tx},
        error::StoreError,
        id::StudioId,
        record::Record,
        row::Row,
    },
};

/// Whether an occurrence counts as edited, in SQL: one that equals its plan follows its class again, and so does one that
/// lacks but what was taken when it was laid out.
pub const IS_EDITED: &str = "(edited and overridden <> '[]' and overridden <> gave_way)";

#[derive(Deserialize)]
struct Edited {
    id: OccurrenceId,
}

impl Record for Edited {}

/// Which of these somebody edited.
pub async fn edited_of(
    on: On<'_>,
    studio: StudioId,
    ids: &[OccurrenceId],
) -> Result<HashSet<OccurrenceId>, StoreError> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let asked = on.engine().one_of("id", 2);
    let text = format!(
        "select {{rows}} from (select id from occurrences where studio_id = $1 and {asked} and {IS_EDITED}) as found"
    );
    let found = on.query(text).bind(studio).bind(serde_json::json!(ids).to_string()).all::<Edited>().await?;
    Ok(found.into_iter().map(|edited| edited.id).collect())
}

/// Notes whether somebody edited these; none of those that equal their plan.
pub async fn note_edited(
    on: On<'_>,
    studio: StudioId,
    ids: &[OccurrenceId],
    is_edited: bool,
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let asked = on.engine().one_of("id", 2);
    let mark = if is_edited { "(overridden <> '[]')" } else { "false" };
    let text = format!("update occurrences set edited = {mark} where studio_id = $1 and {asked}");
    on.query(text).bind(studio).bind(serde_json::json!(ids).to_string()).execute().await.map(drop)
}

/// Notes whether an occurrence keeps as it is when its class changes: once somebody made it differ from its plan, and for as
/// long as it does. What a studio notes for itself makes no difference.
pub async fn note_edit(
    tx: &mut Tx,
    studio: StudioId,
    before: &Row<Occurrence>,
    after: &Row<Occurrence>,
) -> Result<(), StoreError> {
    if after.version == before.version {
        return Ok(());
    }
    let was_edited = edited_of(tx.on(), studio, &[before.id]).await?.contains(&before.id);
    let gave_way = if was_edited { given_way(tx.on(), studio, before.id).await? } else { before.fields.gave_way() };
    // What somebody decides about is nothing that was taken any more.
    let is_as_it_was = |field: &String| match field.as_str() {
        "room_id" => after.fields.room_id == before.fields.room_id,
        _ => after.fields.instructor_id == before.fields.instructor_id,
    };
    let gave_way: Vec<_> = gave_way.into_iter().filter(is_as_it_was).collect();
    let differs = after.fields.overridden.iter().any(|field| !gave_way.contains(field));
    let is_edited = differs && (was_edited || after.fields.takes_place_otherwise(&before.fields));
    note_edited(tx.on(), studio, &[after.id], is_edited).await?;
    note_given_way(tx.on(), studio, after.id, if is_edited { &gave_way } else { &[] }).await
}

/// What an occurrence that was edited had given way before.
async fn given_way(on: On<'_>, studio: StudioId, id: OccurrenceId) -> Result<Vec<String>, StoreError> {
    let text = "select cast(gave_way as text) from occurrences where studio_id = $1 and id = $2";
    let found = on.query(text).bind(studio).bind(id).scalar::<String>().await?;
    Ok(found.and_then(|found| serde_json::from_str(&found).ok()).unwrap_or_default())
}

async fn note_given_way(on: On<'_>, studio: StudioId, id: OccurrenceId, fields: &[String]) -> Result<(), StoreError> {
    // Its words are ours, and written as `overridden` is: the two are compared.
    let fields = serde_json::json!(fields);
    let text = format!(
        "update occurrences set gave_way = '{fields}' where studio_id = $1 and id = $2 and gave_way <> '{fields}'"
    );
    on.query(text).bind(studio).bind(id).execute().await.map(drop)
}

/// Takes the mark from the occurrences of a class that equal their plan. Called before the plan changes: after that, they
/// would differ for another reason.
pub async fn release(on: On<'_>, studio: StudioId, class: ClassId) -> Result<(), StoreError> {
    let text = format!(
        "update occurrences set edited = false, gave_way = '[]' \
        where studio_id = $1 and class_id = $2 and edited and not {IS_EDITED}"
    );
    on.query(text).bind(studio).bind(class).execute().await.map(drop)
}
