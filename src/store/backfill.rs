//! Computes what a migration leaves to be filled in existing rows: search texts, and keys of e-mail addresses. Runs when a
//! database is opened, in batches of one transaction each. `rows_to_fill` lists what is left, so that an interrupted run
//! continues.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    db::{Db, Engine, On},
    error::StoreError,
    id::StudioId,
    mailbox,
    record::Record,
    search,
};

/// The entries of `rows_to_fill` for address keys, and their tables; any other entry is a searched table.
const EMAIL_KEYS: [(&str, &str); 2] = [("email_key", "members"), ("operators_email_key", "staff")];
/// Rows per batch.
const BATCH: u32 = 500;

/// The position of a row in a table.
#[derive(Clone, Debug, Default)]
struct RowPosition {
    /// Its studio.
    studio: String,
    /// Its id.
    id: String,
}

/// Computes everything that is left.
pub(super) async fn backfill(db: &Db) -> Result<(), StoreError> {
    loop {
        let next = "select min(name) from rows_to_fill";
        let Some(name) = db.read().query(next).scalar::<Option<String>>().await?.flatten() else { return Ok(()) };
        let address_table = EMAIL_KEYS.into_iter().find(|(known, _)| *known == name).map(|(_, table)| table);
        let mut last = Some(RowPosition::default());
        while let Some(place) = last {
            last = match address_table {
                Some(table) => renew_keys(db, table, &place).await?,
                None => renew_search_texts(db, &name, &place).await?,
            };
        }
        let mut tx = db.begin().await?;
        tx.on().query("delete from rows_to_fill where name = $1").bind(name).execute().await?;
        tx.commit().await?;
    }
}

/// Fills the search texts of the next batch; returns the last row, or none at the end.
async fn renew_search_texts(db: &Db, table: &str, after: &RowPosition) -> Result<Option<RowPosition>, StoreError> {
    let columns = search::columns(table);
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
        let text = search::text(columns, row);
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

#[derive(Deserialize)]
struct AddressRow {
    studio_id: StudioId,
    id: String,
    email: String,
    email_key: Option<String>,
}

impl Record for AddressRow {}

/// Updates the address keys of the next batch; returns the last row, or none at the end. If two people now get the same key,
/// the one that has it keeps it.
async fn renew_keys(db: &Db, table: &str, after: &RowPosition) -> Result<Option<RowPosition>, StoreError> {
    let text = format!(
        "select studio_id, id, email, email_key from {table} where (studio_id, id) > ($1, $2) \
         order by studio_id, id limit {BATCH}"
    );
    let mut tx = db.begin().await?;
    let page: Vec<AddressRow> = tx.on().query(text).bind(after.studio.clone()).bind(after.id.clone()).all().await?;
    let Some(last) = page.last().map(|row| RowPosition { studio: row.studio_id.to_string(), id: row.id.clone() })
    else {
        return Ok(None);
    };
    for row in page {
        let key = mailbox::key(&row.email);
        if row.email_key.as_ref() != Some(&key) {
            renew(tx.on(), row.studio_id, table, (row.id, key)).await?;
        }
    }
    tx.commit().await?;
    Ok(Some(last))
}

async fn renew(on: On<'_>, studio: StudioId, table: &str, (id, key): (String, String)) -> Result<(), StoreError> {
    let place = match on.engine() {
        Engine::Sqlite => "$3",
        Engine::Postgres => "cast($3 as text)",
    };
    let text = format!(
        "update {table} set email_key = {place} where studio_id = $1 and id = $2 \
         and not exists (select 1 from {table} as other where other.studio_id = $1 and other.email_key = {place})"
    );
    on.query(text).bind(studio).bind(id).bind(key).execute().await.map(drop)
}
