//! The conditions that lists put together: each is there only when a value was asked for. Used by every list; where an
//! engine needs its own words, both arms stand side by side.

use serde::Serialize;

use super::{
    bind::{Bind, Word},
    db::{Engine, Statement},
    id::{Id, Named},
};

/// The order of a log, whose ids sort by time, and the row that a page goes on behind.
#[derive(Debug)]
pub enum LogOrder<T: Named> {
    /// Oldest first, after this row.
    Oldest(Option<Id<T>>),
    /// Newest first, before this row.
    Newest(Option<Id<T>>),
}

impl<T: Named> Clone for LogOrder<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Named> Copy for LogOrder<T> {}

impl Statement<'_> {
    /// Appends the end of a log's list: the order, and at most so many rows.
    pub fn log_page<T: Named>(self, order: LogOrder<T>, limit: i64) -> Self {
        let statement = match order {
            LogOrder::Oldest(behind) => self.filter("id >", behind).then(" order by id"),
            LogOrder::Newest(behind) => self.filter("id <", behind).then(" order by id desc"),
        };
        statement.then(&format!(" limit {limit}"))
    }

    /// Appends a condition, when a value was asked for: `filter("slug =", slug)`. One plan serves all values: for a unique
    /// column, the one that gives the order, or a condition that nearly all rows meet.
    pub fn filter<V: Bind>(self, condition: &'static str, value: Option<V>) -> Self {
        let place = self.next_place().to_string();
        match value {
            Some(value) => self.then(" and ").then(condition).then(" $").then(&place).bind(value),
            None => self,
        }
    }

    /// The same with a custom plan for each value: few rows may have it, or nearly all.
    pub fn filter_custom_plan<V: Bind>(self, condition: &'static str, value: Option<V>) -> Self {
        let place = self.next_place();
        if value.is_some() { self.filter(condition, value).custom_plan(place) } else { self }
    }

    /// Appends the condition that a column is a word of a few, as a literal: there is a plan for each of them.
    pub fn filter_literal(self, column: &'static str, word: Option<impl Word>) -> Self {
        match word {
            Some(word) => self.then(&format!(" and {column} = '{word}'")),
            None => self,
        }
    }

    /// The same without an index: rows that were found otherwise are picked out. SQLite thinks so much of two conditions
    /// that meet in an index that it would rather sort all that they find than go along another one.
    pub fn filter_unindexed(self, column: &'static str, word: Option<impl Word>) -> Self {
        let Some(word) = word else { return self };
        let sign = match self.engine() {
            Engine::Sqlite => "+",
            Engine::Postgres => "",
        };
        self.then(&format!(" and {sign}{column} = '{word}'"))
    }

    /// Appends the condition that a column's JSON list contains a value, with a custom plan.
    pub fn filter_contains(self, column: &'static str, value: Option<impl ToString>) -> Self {
        let Some(value) = value else { return self };
        let place = self.next_place();
        let condition = match self.engine() {
            Engine::Sqlite => format!(" and exists (select 1 from json_each({column}) where value = ${place})"),
            Engine::Postgres => format!(" and {column} @> to_jsonb(cast(${place} as text))"),
        };
        self.then(&condition).bind(value.to_string()).custom_plan(place)
    }

    /// Appends the condition that a column is one of these texts. PostgreSQL expects only a few texts of an array, and so
    /// looks each of them up in the index.
    pub fn one_of(self, column: &str, texts: &[impl Serialize]) -> Self {
        let place = self.next_place();
        let condition = match self.engine() {
            Engine::Sqlite => format!(" and {column} in (select value from json_each(${place}))"),
            Engine::Postgres => {
                format!(" and {column} = any(array(select jsonb_array_elements_text(cast(${place} as jsonb))))")
            }
        };
        self.then(&condition).bind_list(texts)
    }

    /// Binds a list as the next `$n`: the text of a JSON array.
    pub fn bind_list(self, list: &[impl Serialize]) -> Self {
        self.bind(serde_json::json!(list).to_string())
    }

    /// Appends the condition that a page starts with: after a position in an order of two columns.
    pub fn after<A: Bind, B: Bind>(self, [first, second]: [&'static str; 2], a: A, b: B) -> Self {
        let place = self.next_place();
        self.then(&format!(" and ({first}, {second}) > (${place}, ${})", place + 1)).bind(a).bind(b)
    }

    /// Appends the condition of a list of changes: on PostgreSQL, a row is listed once no transaction is under way that began
    /// before the one that gave it its `updated_at`. Ids of transactions have the order of these instants (see
    /// [`super::moment`]), so what is held back is the end of the list. An id beyond the snapshot comes from another server,
    /// by a dump, and holds nothing back.
    pub fn in_commit_order(self) -> Self {
        match self.engine() {
            Engine::Sqlite => self,
            Engine::Postgres => {
                let id =
                    |end| format!("(select cast(cast(pg_snapshot_{end}(pg_current_snapshot()) as text) as bigint))");
                self.then(&format!(" and (changed_by < {} or changed_by >= {})", id("xmin"), id("xmax")))
            }
        }
    }

    /// Has PostgreSQL plan the statement for the value that each call has here. It takes the plan for all values where that
    /// looks no dearer than those it made before; so that one looks dear. With the value at hand the condition is simply
    /// true, and gone before a plan is made.
    ///
    /// PostgreSQL's own words for it cost more: with 100,000 rows, a page by a usual value took twice as long with
    /// `plan_cache_mode` set for its transaction (two round trips more), and 1.7 times as long by an unnamed statement
    /// (parsed each time). By a rare value the three were alike.
    pub fn custom_plan(self, place: usize) -> Self {
        match self.engine() {
            Engine::Sqlite => self,
            Engine::Postgres => {
                let dear = "(select count(*) from generate_series(1, 1000000000)) > 0";
                self.then(&format!(" and (${place} is not null or {dear})"))
            }
        }
    }
}
