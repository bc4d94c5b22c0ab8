//! The search text of a row: the words of a few fields, normalized, in the column `search`. Written by the same statement as the
//! row ([`super::row`]). An index contains it with the studio and the id, so that a search reads nothing else.
//!
//! Decision: a search scans the studio's texts in that index, in the order of the list, until a page is full. With 2,000 and
//! 100,000 titles on one core: 0.2 and 13 ms on SQLite without a match, 0.6 and 31 ms at worst (seven words that all rows have
//! and one that none has); 28 and 55 ms on PostgreSQL with 100,000. A trigram index finds a long rare word in 0.1 ms, but cannot
//! find one or two letters, which are the expensive ones, reads all studios, and needs an extension on PostgreSQL. A search
//! takes its cost from its key's rate.

use serde_json::{Map, Value, json};

use super::{
    backfill::RowPosition,
    db::{Db, Engine, Statement},
    error::StoreError,
    normalize::normalize_for_search,
};

/// The most bytes of a search text: PostgreSQL's limit for index entries. The fields' own limits are below it in every script;
/// only characters that expand to phrases exceed it.
const MOST: usize = 2000;
/// Rows per batch of the backfill.
const BATCH: u32 = 500;
/// Separates fields: no word contains it, so none matches across two.
const SEPARATOR: char = '\n';

/// The searched tables and columns.
const SEARCHED_COLUMNS: &[(&str, &[&str])] = &[
    ("classes", &["name"]),
    ("content", &["title"]),
    ("coupons", &["code"]),
    ("instructors", &["display_name", "first_name", "last_name"]),
    ("locations", &["name"]),
    ("members", &["first_name", "last_name", "email"]),
    ("plans", &["name"]),
    ("programs", &["name"]),
    ("rooms", &["name"]),
];

/// The searched columns of a table; none if it is not searched.
pub(super) fn columns(table: &str) -> &'static [&'static str] {
    SEARCHED_COLUMNS.iter().find(|(name, _)| *name == table).map_or(&[], |(_, columns)| columns)
}

/// The search text of a row with these fields.
pub(super) fn text(columns: &[&str], fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    for words in columns.iter().filter_map(|column| fields.get(*column)?.as_str()) {
        text.push_str(&normalize_for_search(words));
        text.push(SEPARATOR);
    }
    text.truncate(text.floor_char_boundary(MOST));
    text
}

impl Statement<'_> {
    /// Adds the conditions that the search text contains each of these normalized words.
    pub(super) fn filter_words(self, words: &[String]) -> Self {
        let position = match self.engine() {
            Engine::Sqlite => "instr",
            Engine::Postgres => "strpos",
        };
        words.iter().fold(self, |statement, word| {
            let place = statement.next_place();
            statement.then(&format!(" and {position}(search, ${place}) > 0")).bind(word.clone())
        })
    }
}

/// Fills the search texts of the next batch; returns the last row, or none at the end.
pub(super) async fn backfill_batch(
    db: &Db,
    table: &str,
    after: &RowPosition,
) -> Result<Option<RowPosition>, StoreError> {
    let columns = columns(table);
    let fields = columns.iter().map(|column| format!("'{column}', {column}")).collect::<Vec<_>>().join(", ");
    let (object, array, lock) = match db {
        Db::Sqlite { .. } => ("json_object", "json_group_array(json(given))", ""),
        Db::Postgres(_) => ("json_build_object", "cast(coalesce(json_agg(given), '[]') as text)", "for no key update"),
    };
    let missing = format!(
        "select {array} from (select {object}('studio_id', studio_id, 'id', id, {fields}) as given from {table} \
         where (studio_id, id) > ($1, $2) and search is null order by studio_id, id limit {BATCH} {lock}) as missing"
    );
    let mut tx = db.begin().await?;
    let statement = tx.on().query(missing).bind(after.studio.clone()).bind(after.id.clone());
    let found = statement.scalar::<String>().await?.unwrap_or_default();
    let mut rows: Vec<Map<String, Value>> =
        serde_json::from_str(&found).map_err(|error| StoreError::Broken(format!("rows without a text: {error}")))?;
    for row in &mut rows {
        let text = text(columns, row);
        row.retain(|name, _| matches!(name.as_str(), "studio_id" | "id"));
        row.insert("search".into(), text.into());
    }
    let Some(last) = rows.last() else { return Ok(None) };
    let value = |name: &str| last[name].as_str().unwrap_or_default().to_owned();
    let last = RowPosition { studio: value("studio_id"), id: value("id") };
    let each = match db {
        Db::Sqlite { .. } => "json_each($1) as given",
        Db::Postgres(_) => "jsonb_array_elements(cast($1 as jsonb)) as given (value)",
    };
    let write = format!(
        "update {table} set search = given.value ->> 'search' from {each} \
         where {table}.studio_id = given.value ->> 'studio_id' and {table}.id = given.value ->> 'id'"
    );
    tx.on().query(write).bind(json!(rows).to_string()).execute().await?;
    tx.commit().await?;
    Ok(Some(last))
}
