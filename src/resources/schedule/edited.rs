//! Which occurrences somebody edited by hand, so that they keep as they are when their class changes. The mark is no field
//! of any answer: it counts only while an occurrence differs from its plan, which `overridden` shows.

use std::collections::HashSet;

use serde::Deserialize;

use super::model::OccurrenceId;
use crate::{
    resources::classes::ClassId,
    store::{db::On, error::StoreError, id::StudioId, record::Record},
};

/// Whether an occurrence counts as edited, in SQL: one that equals its plan follows its class again.
pub const IS_EDITED: &str = "(edited and overridden <> '[]')";

#[derive(Deserialize)]
struct Edited {
    id: OccurrenceId,
}

impl Record for Edited {}

/// Which of these somebody edited.
///
/// # Errors
/// When the database fails.
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
///
/// # Errors
/// When the database fails.
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

/// Takes the mark from the occurrences of a class that equal their plan. Called before the plan changes: after that, they
/// would differ for another reason.
///
/// # Errors
/// When the database fails.
pub async fn release(on: On<'_>, studio: StudioId, class: ClassId) -> Result<(), StoreError> {
    let text =
        "update occurrences set edited = false where studio_id = $1 and class_id = $2 and edited and overridden = '[]'";
    on.query(text).bind(studio).bind(class).execute().await.map(drop)
}
