//! How often the rows that an answer was read from were written. Triggers of the database count for each studio and table, in
//! the transaction of the write, so that no write can pass by: not one of a command, an import or a task either.
//! `access::answer_cache` keeps an answer while the counts of its tables stay.

use serde::Deserialize;

use super::{
    error::StoreError,
    record::{self, Record},
    studio::StudioOn,
};

/// A table whose writes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are named as the tables are")]
pub enum SourceTable {
    Studios,
    Instructors,
    Locations,
    Rooms,
    Programs,
    Classes,
    Occurrences,
    Plans,
    Content,
}

/// The counts of one studio.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct AnswerVersions {
    studios: i64,
    instructors: i64,
    locations: i64,
    rooms: i64,
    programs: i64,
    classes: i64,
    occurrences: i64,
    plans: i64,
    content: i64,
}

impl Record for AnswerVersions {}

impl AnswerVersions {
    /// The version of what is read from these tables. Each count only grows, so their sum names one state.
    pub fn of(&self, tables: &[SourceTable]) -> i64 {
        tables.iter().map(|table| self.count(*table)).sum()
    }

    fn count(&self, table: SourceTable) -> i64 {
        match table {
            SourceTable::Studios => self.studios,
            SourceTable::Instructors => self.instructors,
            SourceTable::Locations => self.locations,
            SourceTable::Rooms => self.rooms,
            SourceTable::Programs => self.programs,
            SourceTable::Classes => self.classes,
            SourceTable::Occurrences => self.occurrences,
            SourceTable::Plans => self.plans,
            SourceTable::Content => self.content,
        }
    }
}

/// The counts of a studio. Read them before the rows.
pub async fn read(on: StudioOn<'_>) -> Result<AnswerVersions, StoreError> {
    let sums: Vec<_> = record::fields::<AnswerVersions>()
        .into_iter()
        .map(|table| format!("cast(coalesce(sum({table}), 0) as bigint) as {table}"))
        .collect();
    let text =
        format!("select {{row}} from (select {} from answer_versions where studio_id = $1) as v", sums.join(", "));
    Ok(on.query(text).optional().await?.unwrap_or_default())
}
