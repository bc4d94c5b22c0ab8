//! The conditions that lists put together: each is there only when a value was asked for. Used by every list; where an
//! engine needs its own words, both arms stand side by side.

use super::{
    bind::{Bind, Word},
    db::{Engine, Statement},
};

impl Engine {
    /// The condition that a column has one of the texts of the JSON list that is bound at a place. PostgreSQL expects
    /// only a few texts of an array, and so looks each of them up in the index.
    pub fn one_of(self, column: &str, place: u8) -> String {
        match self {
            Engine::Sqlite => format!("{column} in (select value from json_each(${place}))"),
            Engine::Postgres => {
                format!("{column} = any(array(select jsonb_array_elements_text(cast(${place} as jsonb))))")
            }
        }
    }
}

impl Statement<'_> {
    /// Appends a condition that is there only when a value was asked for: `filter("plan_id =", plan)`. Few rows may have the
    /// value, or nearly all, so that such a statement is planned for each call.
    pub fn filter<V: Bind>(self, condition: &'static str, value: Option<V>) -> Self {
        let place = self.next_place();
        if value.is_some() { self.filter_evenly(condition, value).planned_for(place) } else { self }
    }

    /// Appends such a condition on a word of a few, which stands in the text: there is a plan for each of them.
    pub fn filter_word(self, column: &'static str, word: Option<impl Word>) -> Self {
        match word {
            Some(word) => self.then(&format!(" and {column} = '{word}'")),
            None => self,
        }
    }

    /// Appends such a condition on a word that rows are picked out by and never found by. SQLite thinks so much of two
    /// filters that meet in an index that it would rather sort all that they find than go along another one.
    pub fn pick_word(self, column: &'static str, word: Option<impl Word>) -> Self {
        let Some(word) = word else { return self };
        let sign = match self.engine() {
            Engine::Sqlite => "+",
            Engine::Postgres => "",
        };
        self.then(&format!(" and {sign}{column} = '{word}'"))
    }

    /// Appends such a condition for which one plan is right, whatever the value: on a unique column, on the one that gives
    /// the order, or met by nearly all rows.
    pub fn filter_evenly<V: Bind>(self, condition: &'static str, value: Option<V>) -> Self {
        let place = self.next_place().to_string();
        match value {
            Some(value) => self.then(" and ").then(condition).then(" $").then(&place).bind(value),
            None => self,
        }
    }

    /// Appends the condition that a page starts with: behind a place in an order of two columns.
    pub fn behind<A: Bind, B: Bind>(self, [first, second]: [&'static str; 2], a: A, b: B) -> Self {
        let place = self.next_place();
        self.then(&format!(" and ({first}, {second}) > (${place}, ${})", place + 1)).bind(a).bind(b)
    }

    /// Appends the condition of a list of changes: on PostgreSQL, a row is told once no transaction is under way that began
    /// before the one that gave it its `updated_at`. Ids of transactions have the order of these instants (see
    /// [`super::moment`]), so what is held back is the end of the list. An id beyond the snapshot comes from another server,
    /// by a dump, and holds nothing back.
    pub fn told_in_order(self) -> Self {
        match self.engine() {
            Engine::Sqlite => self,
            Engine::Postgres => {
                let id =
                    |end| format!("(select cast(cast(pg_snapshot_{end}(pg_current_snapshot()) as text) as bigint))");
                self.then(&format!(" and (changed_by < {} or changed_by >= {})", id("xmin"), id("xmax")))
            }
        }
    }

    /// Appends a condition, when a value was asked for: a column's JSON list holds it.
    pub fn filter_holding(self, column: &'static str, value: Option<impl ToString>) -> Self {
        let Some(value) = value else { return self };
        let place = self.next_place();
        let condition = match self.engine() {
            Engine::Sqlite => format!(" and exists (select 1 from json_each({column}) where value = ${place})"),
            Engine::Postgres => format!(" and {column} @> to_jsonb(cast(${place} as text))"),
        };
        self.then(&condition).bind(value.to_string()).planned_for(place)
    }

    /// Has PostgreSQL plan the statement for the value that each call has here. It takes the plan for all values where that
    /// looks no dearer than those it made before; so that one looks dear. With the value at hand the condition is simply
    /// true, and gone before a plan is made.
    pub fn planned_for(self, place: usize) -> Self {
        match self.engine() {
            Engine::Sqlite => self,
            Engine::Postgres => {
                let dear = "(select count(*) from generate_series(1, 1000000000)) > 0";
                self.then(&format!(" and (${place} is not null or {dear})"))
            }
        }
    }
}
