//! A page of a studio's rows: what is asked of a list, in which order it comes, and how it is read. Called by every list;
//! promises that a page costs what it shows.

use super::{Resource, Row};
use crate::store::{
    columns::Read,
    db::{Engine, Statement},
    error::StoreError,
    id::{Id, Named},
    instant::Instant,
    studio::StudioOn,
};

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
    /// Only rows in which each of these words is found, in the form of [`crate::store::normalize`].
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
    /// The first rows of a list.
    pub fn first(limit: i64) -> Self {
        Self { id: None, external_id: None, updated_since: None, after: None, words: Vec::new(), limit }
    }

    /// The order of its rows. Who asks what has changed since an instant gets it in the order of change: such a page
    /// costs what it shows, however little or much has changed.
    fn order(&self) -> &'static str {
        if self.updated_since.is_some() { "updated_at, id" } else { T::ORDER }
    }

    /// The position of a row in that order.
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
    /// For SQLite the statement names the index and the order of the tables. PostgreSQL moves no condition into a subquery
    /// with an offset, so it reads that one in order, instead of reading all rows and sorting the few that it expects.
    fn found<'c>(&self, on: StudioOn<'c>) -> Option<Statement<'c>> {
        let table = T::TABLE;
        let (texts, join) = match on.engine() {
            Engine::Sqlite => (format!("select id as hit from {table} indexed by {table}_by_search"), "cross join"),
            Engine::Postgres => (format!("select id as hit from (select id, search from {table}"), "join"),
        };
        let fence = match on.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " order by id offset 0) as texts where true",
        };
        let text = format!("select {table}.* from ({texts} where studio_id = $1");
        let statement = self.start(on.query(text))?.then(fence).filter_words(&self.words);
        Some(statement.then(&format!(") as hits {join} {table} on id = hit where studio_id = $1")))
    }

    /// Starts where it is asked to. Of two lower bounds, SQLite would take the one that says less.
    fn start<'c>(&self, statement: Statement<'c>) -> Option<Statement<'c>> {
        match (&self.after, self.updated_since) {
            (None, since) => Some(statement.filter("updated_at >=", since)),
            (Some(place), None) => T::after(statement, place),
            (Some(place), Some(_)) => {
                let (changed, id) = place.split_once(' ')?;
                let (changed, id) = (changed.parse::<Instant>().ok()?, id.parse::<Id<T>>().ok()?);
                Some(statement.after(["updated_at", "id"], changed, id))
            }
        }
    }
}

/// Reads a page of a studio's rows. `narrow` adds the resource's own filters. A few rows are read first, and the others at
/// once where they fit into a page if they are as large as these; so little more is read of large rows than is shown.
pub async fn list<T: Resource>(
    mut on: StudioOn<'_>,
    slice: Slice<T>,
    narrow: impl Fn(Statement<'_>) -> Statement<'_>,
) -> Result<Listed<T>, StoreError> {
    let mut page = Vec::new();
    let mut bytes = 0;
    // One row more than the page holds shows whether another page follows.
    let mut left = usize::try_from(slice.limit).unwrap_or_default() + 1;
    let mut next = slice;
    loop {
        let room = MOST_PAGE_BYTES - bytes;
        let fits = !page.is_empty() && bytes / page.len() * left <= room;
        let asked = if fits { left } else { left.min(READ_AT_ONCE) };
        next.limit = i64::try_from(asked).unwrap_or(i64::MAX);
        let read = read(on.again(), &next, &narrow).await?;
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
    on: StudioOn<'_>,
    slice: &Slice<T>,
    narrow: impl Fn(Statement<'_>) -> Statement<'_>,
) -> Result<Read<Row<T>>, StoreError> {
    let broken = || StoreError::Broken("a cursor's position does not parse".into());
    let (statement, order) = if slice.is_searched_in_order() {
        (slice.found(on).ok_or_else(broken)?, "hit")
    } else {
        let text = format!("select * from {} where studio_id = $1", T::TABLE);
        let statement = slice.start(on.query(text)).ok_or_else(broken)?;
        (statement.filter_words(&slice.words), slice.order())
    };
    let statement = statement.filter("id =", slice.id).filter("external_id =", slice.external_id.clone());
    let statement = if slice.updated_since.is_some() { statement.in_commit_order() } else { statement };
    narrow(statement).then(&format!(" order by {order} limit {}", slice.limit)).read().await
}
