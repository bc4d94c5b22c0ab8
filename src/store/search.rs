//! The search text of a row: the words of a few fields, normalized, in the column `search`. Written by the same statement as the
//! row ([`super::row`]). An index contains it with the studio and the id, so that a search reads nothing else.
//!
//! Decision: a search scans the studio's texts in that index, in the order of the list, until a page is full. With 2,000 and
//! 100,000 titles on one core: 0.2 and 13 ms on SQLite without a match, 0.6 and 31 ms at worst (seven words that all rows have
//! and one that none has); 28 and 55 ms on PostgreSQL with 100,000. A trigram index finds a long rare word in 0.1 ms, but cannot
//! find one or two letters, which are the expensive ones, reads all studios, and needs an extension on PostgreSQL. A search
//! takes its cost from its key's rate.

use serde_json::{Map, Value};

use super::{
    db::{Engine, Statement},
    normalize::normalize_for_search,
};

/// The most bytes of a search text: PostgreSQL's limit for index entries. The fields' own limits are below it in every script;
/// only characters that expand to phrases exceed it.
const MOST: usize = 2000;
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
