//! A row of a studio: what every resource's table has in common, and the reading and writing that follow from it.
//! Every function names the studio right after the database, so that no row of another studio is ever touched.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    db::{Engine, On, Statement},
    error::StoreError,
    id::{Id, Named, StudioId},
    instant::Instant,
    moment::Moment,
    record::{self, Read, Record},
    search,
};

/// The fields of a resource, beyond those that every row has. Its field names are its table's columns.
pub trait Resource: Named + Serialize + DeserializeOwned + ToSchema + Clone + PartialEq + Send + Sync + Unpin {
    /// Its table.
    const TABLE: &'static str;
    /// The columns that hold JSON.
    const JSON: &'static [&'static str];
    /// The fields that are worked out for each answer and stand in no column: the last ones, each with a default.
    const WORKED_OUT: &'static [&'static str] = &[];
    /// The order of its lists. It ends with the id, so that no two rows share a place.
    const ORDER: &'static str = "id";

    /// Where a row stands in that order: what a cursor remembers.
    fn place(row: &Row<Self>) -> String {
        row.id.to_string()
    }

    /// Goes on behind a place; `None` when it is none.
    fn behind<'c>(statement: Statement<'c>, place: &str) -> Option<Statement<'c>> {
        Some(statement.filter_evenly("id >", Some(place.parse::<Id<Self>>().ok()?)))
    }
}

/// A row: who it is, which edit this is, and the resource's own fields beside it in one object.
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
        Self { version: self.version + 1, ..self.told_anew(now) }
    }

    /// This row, which tells something else and was not edited, such as its local start by another zone's clocks: who
    /// follows the changes is told of it, and its version stays.
    pub fn told_anew(self, now: Moment) -> Self {
        // Never back in time: a write that began later may have come first.
        Self { updated_at: now.stamp().max(self.updated_at), ..self }
    }
}

impl<T: Resource> Record for Row<T> {
    const JSON: &'static [&'static str] = T::JSON;

    fn columns() -> Vec<&'static str> {
        let mut columns = vec!["id", "version", "created_at", "updated_at"];
        columns.extend(record::fields::<T>().into_iter().filter(|field| !T::WORKED_OUT.contains(field)));
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

/// Bytes of a page at the most, unless one row alone is larger.
pub const MOST_PAGE_BYTES: usize = 1024 * 1024;
/// Rows that are read at once while nobody knows how large they are: a usual page, and the row behind it.
const READ_AT_ONCE: usize = 26;

/// What is asked of a list: the filters that every list has, and where its page starts.
#[derive(Clone, Debug)]
pub struct Slice<T: Named> {
    /// Only the row with this id.
    pub id: Option<Id<T>>,
    /// Only the row with this id of the integrator's.
    pub external_id: Option<String>,
    /// Only rows edited at or after this instant.
    pub updated_since: Option<Instant>,
    /// Only rows behind this place.
    pub after: Option<String>,
    /// Only rows in which each of these words is found, in the form of [`super::fold`].
    pub words: Vec<String>,
    /// At most so many rows.
    pub limit: i64,
}

/// A page of rows, and whether others follow.
#[derive(Debug)]
pub struct Listed<T: Named> {
    /// The rows: as many as were asked for, or fewer that are large.
    pub rows: Vec<Row<T>>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl<T: Resource> Slice<T> {
    /// The order of its rows. Who asks what has changed since an instant gets it in the order of change: such a page
    /// costs what it shows, however little or much has changed.
    fn order(&self) -> &'static str {
        if self.updated_since.is_some() { "updated_at, id" } else { T::ORDER }
    }

    /// Where a row stands in that order.
    pub fn place(&self, row: &Row<T>) -> String {
        if self.updated_since.is_some() { format!("{} {}", row.updated_at, row.id) } else { T::place(row) }
    }

    /// Whether it goes on in the list's own order: what that order's filters let pass begins behind its place.
    pub fn goes_on_in_order(&self) -> bool {
        self.after.is_some() && self.updated_since.is_none()
    }

    /// Whether all of the studio's texts are to be searched, in the order of ids: the index of them is read instead of rows.
    fn is_searched_in_order(&self) -> bool {
        let few = self.id.is_some() || self.external_id.is_some() || self.updated_since.is_some();
        !self.words.is_empty() && !few && T::ORDER == "id"
    }

    /// The beginning of a list's statement that goes through the index of texts, and to a row where all words are found.
    /// SQLite is told the index and the order of the tables. PostgreSQL moves no condition into a subquery with an offset,
    /// so that it reads that one in order, instead of reading all rows and sorting those that it believes to be few.
    fn found<'c>(&self, on: On<'c>, studio: StudioId) -> Option<Statement<'c>> {
        let table = T::TABLE;
        let (texts, join) = match on.engine() {
            Engine::Sqlite => (format!("select id as hit from {table} indexed by {table}_by_search"), "cross join"),
            Engine::Postgres => (format!("select id as hit from (select id, search from {table}"), "join"),
        };
        let fence = match on.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " order by id offset 0) as texts where true",
        };
        let text = format!("select {{rows}} from (select {table}.* from ({texts} where studio_id = $1");
        let statement = self.start(on.query(text).bind(studio))?.then(fence).filter_found(&self.words);
        Some(statement.then(&format!(") as hits {join} {table} on id = hit where studio_id = $1")))
    }

    /// Starts where it is asked to. Of two lower bounds, SQLite would take the one that says less.
    fn start<'c>(&self, statement: Statement<'c>) -> Option<Statement<'c>> {
        match (&self.after, self.updated_since) {
            (None, since) => Some(statement.filter_evenly("updated_at >=", since)),
            (Some(place), None) => T::behind(statement, place),
            (Some(place), Some(_)) => {
                let (changed, id) = place.split_once(' ')?;
                let (changed, id) = (changed.parse::<Instant>().ok()?, id.parse::<Id<T>>().ok()?);
                Some(statement.behind(["updated_at", "id"], changed, id))
            }
        }
    }
}

/// Reads a page of a studio's rows. `narrow` adds the resource's own filters. A few rows are read first, and the others at
/// once where they fit into a page if they are as large as these; so little more is read of large rows than is shown.
pub async fn list<T: Resource>(
    mut on: On<'_>,
    studio: StudioId,
    slice: Slice<T>,
    narrow: impl Fn(Statement<'_>) -> Statement<'_>,
) -> Result<Listed<T>, StoreError> {
    let mut page = Vec::new();
    let mut bytes = 0;
    // One row more than the page holds tells whether another page follows.
    let mut left = usize::try_from(slice.limit).unwrap_or_default() + 1;
    let mut next = slice;
    loop {
        let room = MOST_PAGE_BYTES - bytes;
        let fits = !page.is_empty() && bytes / page.len() * left <= room;
        let asked = if fits { left } else { left.min(READ_AT_ONCE) };
        next.limit = i64::try_from(asked).unwrap_or(i64::MAX);
        let read = read(on.again(), studio, &next, &narrow).await?;
        let is_end = read.rows.len() < asked;
        left -= read.rows.len().min(left);
        bytes += read.bytes;
        page.extend(read.rows);
        if is_end {
            return Ok(Listed { rows: page, more: false });
        }
        if left == 0 || bytes >= MOST_PAGE_BYTES {
            page.pop();
            return Ok(Listed { rows: page, more: true });
        }
        next.after = page.last().map(|row| next.place(row));
    }
}

/// Reads rows with one statement.
async fn read<T: Resource>(
    on: On<'_>,
    studio: StudioId,
    slice: &Slice<T>,
    narrow: impl Fn(Statement<'_>) -> Statement<'_>,
) -> Result<Read<Row<T>>, StoreError> {
    let broken = || StoreError::Broken("a sealed place is none".into());
    let (statement, order) = if slice.is_searched_in_order() {
        (slice.found(on, studio).ok_or_else(broken)?, "hit")
    } else {
        let text = format!("select {{rows}} from (select * from {} where studio_id = $1", T::TABLE);
        let statement = slice.start(on.query(text).bind(studio)).ok_or_else(broken)?;
        (statement.filter_found(&slice.words), slice.order())
    };
    let statement = statement.filter_evenly("id =", slice.id).filter_evenly("external_id =", slice.external_id.clone());
    let statement = if slice.updated_since.is_some() { statement.told_in_order() } else { statement };
    narrow(statement).then(&format!(" order by {order} limit {}) as page", slice.limit)).read().await
}

/// Finds a row.
pub async fn find<T: Resource>(on: On<'_>, studio: StudioId, id: Id<T>) -> Result<Option<Row<T>>, StoreError> {
    select(on, studio, id, "").await
}

/// Finds a row and keeps it from changing until the transaction ends.
pub async fn lock<T: Resource>(on: On<'_>, studio: StudioId, id: Id<T>) -> Result<Option<Row<T>>, StoreError> {
    select(on, studio, id, " {lock}").await
}

async fn select<T: Resource>(
    on: On<'_>,
    studio: StudioId,
    id: Id<T>,
    lock: &str,
) -> Result<Option<Row<T>>, StoreError> {
    on.query(format!("select {{row}} from {} where studio_id = $1 and id = $2{lock}", T::TABLE))
        .bind(studio)
        .bind(id)
        .optional()
        .await
}

/// Whether a studio has none of these rows.
pub async fn is_without_any<T: Resource>(on: On<'_>, studio: StudioId) -> Result<bool, StoreError> {
    let text = format!("select count(*) from (select id from {} where studio_id = $1 limit 1) as one", T::TABLE);
    Ok(on.query(text).bind(studio).scalar::<i64>().await?.unwrap_or_default() == 0)
}

/// Gives many rows that were changed by one write an instant of their own, as far as there are any left.
pub fn spread<T: Resource>(rows: &mut [Row<T>], now: Moment) {
    let changed = rows.iter_mut().filter(|row| row.updated_at == now.stamp());
    for (number, row) in (0..).zip(changed) {
        row.updated_at = now.of_row(number).stamp();
    }
}

/// Which of these ids name a row.
pub async fn known<T: Resource>(on: On<'_>, studio: StudioId, ids: &[Id<T>]) -> Result<Vec<Id<T>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let asked = on.engine().one_of("id", 2);
    let text = format!("select {{rows}} from (select id from {} where studio_id = $1 and {asked}) as found", T::TABLE);
    let found = on.query(text).bind(studio).bind(serde_json::json!(ids).to_string()).all::<Known<T>>().await?;
    Ok(found.into_iter().map(|known| known.id).collect())
}

/// An id that was found.
#[derive(Deserialize)]
#[serde(bound = "")]
struct Known<T: Named> {
    id: Id<T>,
}

impl<T: Named> Record for Known<T> {}

/// Writes a new row.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn insert<T: Resource>(on: On<'_>, studio: StudioId, row: &Row<T>) -> Result<(), StoreError> {
    record::insert(on, T::TABLE, studio, row).await
}

/// Writes new rows, in one statement.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn insert_all<T: Resource>(on: On<'_>, studio: StudioId, rows: &[Row<T>]) -> Result<(), StoreError> {
    record::insert_all(on, T::TABLE, studio, rows).await
}

/// Writes the next versions of rows, in one statement.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn update_all<T: Resource>(on: On<'_>, studio: StudioId, rows: &[Row<T>]) -> Result<(), StoreError> {
    record::update_all(on, T::TABLE, studio, rows).await
}

/// Writes the next version of a row.
///
/// # Errors
/// [`StoreError::Taken`] when a unique value is there already.
pub async fn update<T: Resource>(on: On<'_>, studio: StudioId, row: &Row<T>) -> Result<(), StoreError> {
    record::update(on, T::TABLE, studio, row).await
}

/// Removes a row for good.
pub async fn delete<T: Resource>(on: On<'_>, studio: StudioId, id: Id<T>) -> Result<(), StoreError> {
    let text = format!("delete from {} where studio_id = $1 and id = $2", T::TABLE);
    on.query(text).bind(studio).bind(id).execute().await.map(drop)
}

/// Whether another row of the studio has this value in this column: says which unique rule a write broke.
pub async fn is_taken<T: Resource>(
    on: On<'_>,
    studio: StudioId,
    row: Id<T>,
    column: &'static str,
    value: &str,
) -> Result<bool, StoreError> {
    let text = format!("select count(*) from {} where studio_id = $1 and id <> $2 and {column} = $3", T::TABLE);
    let others = on.query(text).bind(studio).bind(row).bind(value.to_owned()).scalar::<i64>().await?;
    Ok(others.unwrap_or_default() > 0)
}

/// One flat object: what Management answers, and what is written to the table.
impl<T: Serialize + Named> Serialize for Row<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'r, T: Named> {
            id: Id<T>,
            version: i64,
            created_at: Instant,
            updated_at: Instant,
            #[serde(flatten)]
            fields: &'r T,
        }
        let Self { id, version, created_at, updated_at, fields } = self;
        Flat { id: *id, version: *version, created_at: *created_at, updated_at: *updated_at, fields }.serialize(to)
    }
}

/// One array: what `{row}` selects. The first four values are the row's, the rest the resource's.
impl<'de, T: Resource> Deserialize<'de> for Row<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Columns<T>(std::marker::PhantomData<T>);

        impl<'de, T: Resource> Visitor<'de> for Columns<T> {
            type Value = Row<T>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(out, "the columns of a {}", T::NOUN)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut columns: A) -> Result<Row<T>, A::Error> {
                let mut next = || A::Error::custom("too few columns");
                Ok(Row {
                    id: columns.next_element()?.ok_or_else(&mut next)?,
                    version: columns.next_element()?.ok_or_else(&mut next)?,
                    created_at: columns.next_element()?.ok_or_else(&mut next)?,
                    updated_at: columns.next_element()?.ok_or_else(&mut next)?,
                    fields: T::deserialize(SeqAccessDeserializer::new(columns))?,
                })
            }
        }

        from.deserialize_seq(Columns(std::marker::PhantomData))
    }
}
