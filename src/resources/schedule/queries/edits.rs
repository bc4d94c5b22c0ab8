//! The queries of the mark that an occurrence was edited by hand. [`super::super::edited`] says what the mark means.

use std::collections::HashSet;

use serde::Deserialize;

use super::super::model::OccurrenceId;
use crate::{
    resources::classes::ClassId,
    store::{db::Engine, error::StoreError, record::Record, studio::StudioOn},
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

/// Stores whether these were edited, and the fields that had given way before. An occurrence that equals its plan does not count
/// as edited.
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

/// Clears the mark of the occurrences of a class that equal their plan. Called before the plan changes: after that, they
/// would differ for another reason.
pub async fn clear_unneeded_edits(on: StudioOn<'_>, class: ClassId) -> Result<(), StoreError> {
    let text = format!(
        "update occurrences set edited = false, gave_way = '[]' \
        where studio_id = $1 and class_id = $2 and edited and not {IS_EDITED}"
    );
    on.query(text).bind(class).execute().await.map(drop)
}
