//! The text that a row is found by: the words of a few of its fields, in one form without case and marks, in a column of
//! its own, `search`. It is written by the statement that writes the row ([`super::row`]), so no write passes it by, and
//! an index holds it together with the studio and the id, so that a search reads nothing wider than these.
//!
//! Decision: a search reads the studio's texts in that index, in the order of the list, until a page is full. Measured with
//! 2,000 and 100,000 titles on one core: 0.2 and 13 ms on SQLite where no row matches, 0.6 and 31 ms at the worst (seven words
//! that all rows have and one that none has); on PostgreSQL 28 and 55 ms with 100,000. An index of trigrams finds a long rare
//! word in 0.1 ms, but nothing of one or two letters, which are the dear ones, reads the words of all studios, and on
//! PostgreSQL needs an extension. A search takes from its key's rate by what it may cost.

use serde_json::{Map, Value, json};

use super::{
    backfill::RowPosition,
    db::{Db, Engine, Statement},
    error::StoreError,
    normalize::normalize_for_search,
};

/// Bytes of such a text at the most: PostgreSQL's indexes hold no longer ones. The fields' own limits keep below it in
/// every script; only signs that stand for whole phrases go beyond.
const MOST: usize = 2000;
/// Rows that are read and written at once where the text is missing.
const BATCH: u32 = 500;
/// Between two fields: no word holds it, so no word is found across both.
const BETWEEN: char = '\n';

/// The tables that are searched, and the columns whose words count.
const SEARCHED: &[(&str, &[&str])] = &[
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

/// The columns of a table whose words count; none where it is not searched.
pub(super) fn columns(table: &str) -> &'static [&'static str] {
    SEARCHED.iter().find(|(name, _)| *name == table).map_or(&[], |(_, columns)| columns)
}

/// The text that a row with these fields is found by.
pub(super) fn text(columns: &[&str], fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    for words in columns.iter().filter_map(|column| fields.get(*column)?.as_str()) {
        text.push_str(&normalize_for_search(words));
        text.push(BETWEEN);
    }
    text.truncate(text.floor_char_boundary(MOST));
    text
}

impl Statement<'_> {
    /// Appends the conditions that each of these words, which are folded, is found in a row's text.
    pub(super) fn filter_found(self, words: &[String]) -> Self {
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

/// Writes the texts of the next rows of a table that have none; the last of them, unless there are no more.
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
