//! A row of a studio: what every resource's table has in common, and the reading and writing that follow from it.
//! Every function takes a [`StudioOn`], so that no row of another studio is ever touched.

mod columns;
mod slice;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

pub use self::slice::{Listed, MOST_PAGE_BYTES, Slice, list};
use super::{
    db::Statement,
    error::StoreError,
    id::{Id, Named},
    instant::Instant,
    moment::Moment,
    record::{self, Record},
    search,
    studio::StudioOn,
};

/// The fields of a resource, beyond those that every row has. Its field names are its table's columns.
pub trait Resource: Named + Serialize + DeserializeOwned + ToSchema + Clone + PartialEq + Send + Sync + Unpin {
    /// Its table.
    const TABLE: &'static str;
    /// The columns that hold JSON.
    const JSON: &'static [&'static str];
    /// The computed fields, which have no column: the last ones, each with a default.
    const COMPUTED: &'static [&'static str] = &[];
    /// The order of its lists. It ends with the id, so that no two rows share a place.
    const ORDER: &'static str = "id";

    /// The position of a row in that order, which a cursor holds.
    fn place(row: &Row<Self>) -> String {
        row.id.to_string()
    }

    /// Continues after a position; `None` when that is not valid.
    fn after<'c>(statement: Statement<'c>, place: &str) -> Option<Statement<'c>> {
        Some(statement.filter("id >", Some(place.parse::<Id<Self>>().ok()?)))
    }
}

/// A row: its id, its version, and the resource's own fields, in one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T: Named> {
    /// The id.
    pub id: Id<T>,
    /// Counts edits, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The resource's own fields.
    pub fields: T,
}

impl<T: Resource> Row<T> {
    /// A row that was never there before.
    pub fn new(now: Moment, fields: T) -> Self {
        let at = now.stamp();
        Self { id: Id::new(at), version: 1, created_at: at, updated_at: at, fields }
    }

    /// This row with other fields.
    pub fn with(&self, fields: T) -> Self {
        let Self { id, version, created_at, updated_at, .. } = *self;
        Self { id, version, created_at, updated_at, fields }
    }

    /// The next version of this row; the same, when nothing would change.
    pub fn edited(self, now: Moment, fields: T) -> Self {
        let before = self.fields;
        Self { fields, ..self }.edited_since(&before, now)
    }

    /// This row, whose fields were these before, as its next version; the same, when they still are.
    pub fn edited_since(self, before: &T, now: Moment) -> Self {
        if self.fields == *before {
            return self;
        }
        Self { version: self.version + 1, ..self.as_changed(now) }
    }

    /// This row, of which a computed value changed without an edit, such as its local start in another time zone: it
    /// is listed as changed, and its version stays.
    pub fn as_changed(self, now: Moment) -> Self {
        // Never back in time: a write that began later may have come first.
        Self { updated_at: now.stamp().max(self.updated_at), ..self }
    }
}

impl<T: Resource> Record for Row<T> {
    const JSON: &'static [&'static str] = T::JSON;

    fn columns() -> Vec<&'static str> {
        let mut columns = vec!["id", "version", "created_at", "updated_at"];
        columns.extend(record::fields::<T>().into_iter().filter(|field| !T::COMPUTED.contains(field)));
        columns
    }

    fn written_columns() -> Vec<&'static str> {
        let mut columns = Self::columns();
        columns.extend((!search::columns(T::TABLE).is_empty()).then_some("search"));
        columns
    }

    fn written(&self) -> Result<Value, serde_json::Error> {
        let mut row = serde_json::to_value(self)?;
        if let (searched @ [_, ..], Value::Object(fields)) = (search::columns(T::TABLE), &mut row) {
            let text = search::text(searched, fields);
            fields.insert("search".into(), text.into());
        }
        Ok(row)
    }
}

/// Finds a row.
pub async fn find<T: Resource>(on: StudioOn<'_>, id: Id<T>) -> Result<Option<Row<T>>, StoreError> {
    select(on, id, "").await
}

/// Finds a row and keeps it from changing until the transaction ends.
pub async fn lock<T: Resource>(on: StudioOn<'_>, id: Id<T>) -> Result<Option<Row<T>>, StoreError> {
    select(on, id, " {lock}").await
}

async fn select<T: Resource>(on: StudioOn<'_>, id: Id<T>, lock: &str) -> Result<Option<Row<T>>, StoreError> {
    on.query(format!("select {{row}} from {} where studio_id = $1 and id = $2{lock}", T::TABLE))
        .bind(id)
        .optional()
        .await
}

/// The rows with these ids, as far as there are any, in no particular order.
pub async fn find_all<T: Resource>(on: StudioOn<'_>, ids: &[Id<T>]) -> Result<Vec<Row<T>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    on.query(format!("select * from {} where studio_id = $1", T::TABLE)).one_of("id", ids).all().await
}

/// Whether a studio has none of these rows.
pub async fn is_without_any<T: Resource>(on: StudioOn<'_>) -> Result<bool, StoreError> {
    let text = format!("select count(*) from (select id from {} where studio_id = $1 limit 1) as one", T::TABLE);
    Ok(on.query(text).scalar::<i64>().await?.unwrap_or_default() == 0)
}

/// Gives many rows that were changed by one write an instant of their own, as far as there are any left.
pub fn spread<T: Resource>(rows: &mut [Row<T>], now: Moment) {
    let changed = rows.iter_mut().filter(|row| row.updated_at == now.stamp());
    for (number, row) in (0..).zip(changed) {
        row.updated_at = now.of_row(number).stamp();
    }
}

/// Which of these ids name a row.
pub async fn known<T: Resource>(on: StudioOn<'_>, ids: &[Id<T>]) -> Result<Vec<Id<T>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!("select id from {} where studio_id = $1", T::TABLE);
    let found = on.query(text).one_of("id", ids).all::<KnownId<T>>().await?;
    Ok(found.into_iter().map(|known| known.id).collect())
}

/// An id that was found.
#[derive(Deserialize)]
#[serde(bound = "")]
struct KnownId<T: Named> {
    id: Id<T>,
}

impl<T: Named> Record for KnownId<T> {}

/// Writes a new row.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn insert<T: Resource>(on: StudioOn<'_>, row: &Row<T>) -> Result<(), StoreError> {
    on.insert(T::TABLE, row).await
}

/// Writes new rows, in one statement.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn insert_all<T: Resource>(on: StudioOn<'_>, rows: &[Row<T>]) -> Result<(), StoreError> {
    on.insert_all(T::TABLE, rows).await
}

/// Writes the next versions of rows, in one statement.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn update_all<T: Resource>(on: StudioOn<'_>, rows: &[Row<T>]) -> Result<(), StoreError> {
    on.update_all(T::TABLE, rows).await
}

/// Writes the next version of a row.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn update<T: Resource>(on: StudioOn<'_>, row: &Row<T>) -> Result<(), StoreError> {
    on.update(T::TABLE, row).await
}

/// Removes a row for good.
pub async fn delete<T: Resource>(on: StudioOn<'_>, id: Id<T>) -> Result<(), StoreError> {
    let text = format!("delete from {} where studio_id = $1 and id = $2", T::TABLE);
    on.query(text).bind(id).execute().await.map(drop)
}

/// Whether another row of the studio has this value in this column: says which unique rule a write broke.
pub async fn is_taken<T: Resource>(
    on: StudioOn<'_>,
    row: Id<T>,
    column: &'static str,
    value: &str,
) -> Result<bool, StoreError> {
    let text = format!("select count(*) from {} where studio_id = $1 and id <> $2 and {column} = $3", T::TABLE);
    let others = on.query(text).bind(row).bind(value.to_owned()).scalar::<i64>().await?;
    Ok(others.unwrap_or_default() > 0)
}
