//! What a step of the schema leaves to be computed for the rows that are there: the texts of search, and the keys of e-mail
//! addresses. Called when a database is opened. What is still to be done stands in the database, in `rows_to_fill`, so that
//! it goes on where it was ended; it is done in batches, each a transaction.

use serde::Deserialize;

use super::{
    db::{Db, Engine, On},
    error::StoreError,
    id::StudioId,
    mailbox,
    record::Record,
    search,
};

/// The names of the keys of addresses in `rows_to_fill`, and the tables that they are in; any other name is a table that is
/// searched.
const EMAIL_KEYS: [(&str, &str); 2] = [("email_key", "members"), ("operators_email_key", "staff")];
/// Rows whose keys are looked at at once.
const BATCH: u32 = 500;

/// Where a row stands among all of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct RowPosition {
    /// Its studio.
    pub studio: String,
    /// Its id.
    pub id: String,
}

/// Computes all that is still to be.
pub(super) async fn backfill(db: &Db) -> Result<(), StoreError> {
    loop {
        let next = "select min(name) from rows_to_fill";
        let Some(name) = db.read().query(next).scalar::<Option<String>>().await?.flatten() else { return Ok(()) };
        let keyed = EMAIL_KEYS.into_iter().find(|(known, _)| *known == name).map(|(_, table)| table);
        let mut last = Some(RowPosition::default());
        while let Some(place) = last {
            last = match keyed {
                Some(table) => renew_keys(db, table, &place).await?,
                None => search::backfill_batch(db, &name, &place).await?,
            };
        }
        let mut tx = db.begin().await?;
        tx.on().query("delete from rows_to_fill where name = $1").bind(name).execute().await?;
        tx.commit().await?;
    }
}

#[derive(Deserialize)]
struct Keyed {
    studio_id: StudioId,
    id: String,
    email: String,
    email_key: Option<String>,
}

impl Record for Keyed {}

/// Writes the keys of the next people whose address has another now; the last one looked at, unless there are no more. Of two
/// who were told apart by the form of their domain alone, the one who has the key keeps it.
async fn renew_keys(db: &Db, table: &str, after: &RowPosition) -> Result<Option<RowPosition>, StoreError> {
    let text = format!(
        "select {{rows}} from (select studio_id, id, email, email_key from {table} where (studio_id, id) > ($1, $2) \
         order by studio_id, id limit {BATCH}) as page"
    );
    let mut tx = db.begin().await?;
    let page: Vec<Keyed> = tx.on().query(text).bind(after.studio.clone()).bind(after.id.clone()).all().await?;
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
