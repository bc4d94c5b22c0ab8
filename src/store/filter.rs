//! The conditions that lists put together: each is there only when a value was asked for. Used by every list; where an
//! engine needs its own words, both arms stand side by side.

use super::{
    bind::Bind,
    db::{Engine, Statement},
};

impl Engine {
    /// The texts of the JSON list that is bound at a place, as rows.
    #[must_use]
    pub fn each_of(self, place: u8) -> String {
        match self {
            Engine::Sqlite => format!("select value from json_each(${place})"),
            Engine::Postgres => format!("select jsonb_array_elements_text(cast(${place} as jsonb))"),
        }
    }
}

impl Statement<'_> {
    /// Appends a condition that is there only when a value was asked for: `filter("status =", status)`.
    pub fn filter<V: Bind>(self, condition: &'static str, value: Option<V>) -> Self {
        let place = self.next_place().to_string();
        match value {
            Some(value) => self.then(" and ").then(condition).then(" $").then(&place).bind(value),
            None => self,
        }
    }

    /// Appends a condition, when a value was asked for, that rows are picked out by and never found by. SQLite thinks so
    /// much of two filters that meet in an index that it would rather sort all that they find than go along another one.
    pub fn pick<V: Bind>(self, column: &'static str, value: Option<V>) -> Self {
        let Some(value) = value else { return self };
        let sign = match self.engine() {
            Engine::Sqlite => "+",
            Engine::Postgres => "",
        };
        let place = self.next_place();
        self.then(&format!(" and {sign}{column} = ${place}")).bind(value)
    }

    /// Appends a condition, when a value was asked for: a column's JSON list holds it.
    pub fn filter_holding(self, column: &'static str, value: Option<impl ToString>) -> Self {
        let Some(value) = value else { return self };
        let place = self.next_place();
        let condition = match self.engine() {
            Engine::Sqlite => format!(" and exists (select 1 from json_each({column}) where value = ${place})"),
            Engine::Postgres => format!(" and {column} @> to_jsonb(cast(${place} as text))"),
        };
        self.then(&condition).bind(value.to_string())
    }

    /// Appends the condition that a page starts with: behind a place in an order of two columns.
    pub fn behind<A: Bind, B: Bind>(self, [first, second]: [&'static str; 2], a: A, b: B) -> Self {
        let place = self.next_place();
        self.then(&format!(" and ({first}, {second}) > (${place}, ${})", place + 1)).bind(a).bind(b)
    }
}
