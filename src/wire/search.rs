//! What a list is searched by, `q`: words, each a part of some text of the row, whatever its case. Called by every list
//! that people search, and by the rates of keys, which take from a key what its search costs ([`cost_of`]).
//!
//! SQLite folds the case of ASCII alone and PostgreSQL that of its locale, so a search is told to both as a pattern in
//! which each letter stands in both its cases: the same rows are found on either engine, in every script. It is
//! the one filter that looks at each row it passes, since no index knows the middle of a text.

use std::{borrow::Cow, str::FromStr};

use serde::{Deserialize, Deserializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{Schema, Type},
    },
};

use super::schema::NOT_BLANK;
use crate::store::db::{Engine, Statement};

/// Words of a search at the most.
const MOST_WORDS: usize = 8;
/// Characters of a word at the most.
const MOST_LETTERS: usize = 64;
/// Characters of a search at the most: its words with one space between them.
const MOST: usize = MOST_WORDS * (MOST_LETTERS + 1) - 1;

/// Words that are looked for: 1 to 8, of at most 64 characters each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search(Vec<String>);

/// Why a text is no search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSearch {
    /// There is nothing to look for.
    #[error("`q` is blank: leave it out to list everything")]
    Blank,
    /// Too many words.
    #[error("`q` has more than {MOST_WORDS} words")]
    Words,
    /// A word that is too long.
    #[error("`q` has a word of more than {MOST_LETTERS} characters")]
    Letters,
}

/// What a request costs its key, by its query as it came: 1, or more where it searches. What is no search is refused
/// before anything is read, and costs 1.
#[must_use]
pub fn cost_of(query: Option<&str>) -> u32 {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let search = pairs.find(|(name, _)| name == "q").and_then(|(_, text)| text.parse::<Search>().ok());
    search.map_or(1, |search| search.cost())
}

impl FromStr for Search {
    type Err = NoSearch;

    fn from_str(text: &str) -> Result<Self, NoSearch> {
        let words: Vec<_> = text.split_whitespace().take(MOST_WORDS + 1).map(str::to_owned).collect();
        match words.len() {
            0 => Err(NoSearch::Blank),
            1..=MOST_WORDS if words.iter().all(|word| word.chars().count() <= MOST_LETTERS) => Ok(Self(words)),
            1..=MOST_WORDS => Err(NoSearch::Letters),
            _ => Err(NoSearch::Words),
        }
    }
}

impl Search {
    /// How many plain pages this search may cost: from 3 for one word to 10 for eight.
    #[must_use]
    pub fn cost(&self) -> u32 {
        2 + u32::try_from(self.0.len()).unwrap_or(u32::MAX - 2)
    }

    /// Keeps the rows in which each word is found in one of these columns.
    pub fn narrow<'c>(wanted: Option<&Self>, statement: Statement<'c>, columns: &[&str]) -> Statement<'c> {
        let engine = statement.engine();
        let (operator, escape) = match engine {
            Engine::Sqlite => ("glob", ""),
            Engine::Postgres => ("similar to", " escape ''"),
        };
        let words = wanted.into_iter().flat_map(|wanted| wanted.0.iter());
        words.fold(statement, |statement, word| {
            let place = statement.next_place();
            let any: Vec<_> = columns.iter().map(|column| format!("{column} {operator} ${place}{escape}")).collect();
            statement.then(&format!(" and ({})", any.join(" or "))).bind(pattern(word, engine)).planned_for(place)
        })
    }
}

fn pattern(word: &str, engine: Engine) -> String {
    let anything = if engine == Engine::Sqlite { '*' } else { '%' };
    let mut pattern = String::from(anything);
    for letter in word.chars() {
        match letter {
            // The one sign that means "none of these" in brackets, and nothing outside of them.
            '^' => pattern.push(letter),
            _ => pattern.extend(['['].into_iter().chain(cases(letter)).chain([']'])),
        }
    }
    pattern.push(anything);
    pattern
}

/// A letter and what it is in the other cases, as far as that is one letter, too.
fn cases(letter: char) -> impl Iterator<Item = char> {
    let one = |mut letters: Box<dyn Iterator<Item = char>>| letters.next().filter(|_| letters.next().is_none());
    let others = [one(Box::new(letter.to_lowercase())), one(Box::new(letter.to_uppercase()))];
    [letter].into_iter().chain(others.into_iter().flatten().filter(move |other| *other != letter))
}

impl<'de> Deserialize<'de> for Search {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <Cow<'de, str>>::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for Search {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MOST))
            .pattern(Some(NOT_BLANK))
            .examples(["vinyasa"])
            .into()
    }
}

impl ToSchema for Search {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_at_most_eight_words_of_at_most_64_characters() {
        let read = |text: &str| text.parse::<Search>().map(|search| search.0.len());
        assert_eq!([read("yin"), read("  a b\u{a0}c "), read(&"ö".repeat(64))], [Ok(1), Ok(3), Ok(1)]);
        assert_eq!(read(&vec!["x".repeat(64); 8].join(" ")), Ok(8));
        assert_eq!([read(""), read(" \u{3000}")], [Err(NoSearch::Blank); 2]);
        assert_eq!([read(&"a ".repeat(9)), read(&"a ".repeat(50))], [Err(NoSearch::Words); 2]);
        assert_eq!(read(&"ö".repeat(65)), Err(NoSearch::Letters));
    }

    #[test]
    fn a_search_costs_more_than_a_page_and_more_with_each_word() {
        let costs = [
            None,
            Some(""),
            Some("limit=5"),
            Some("q="),
            Some("q=yin"),
            Some("limit=5&q=yin+yang"),
            Some("q=a%20b%20c%20d%20e%20f%20g%20h"),
        ];
        assert_eq!(costs.map(cost_of), [1, 1, 1, 1, 3, 4, 10]);
    }
}
