//! The search parameter `q`: words, each contained in some text of the row, ignoring case and accents.

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
use crate::store::normalize::normalize_for_search;

/// The most words.
const MAX_WORDS: usize = 8;
/// The most characters of a word.
const MAX_WORD_LENGTH: usize = 64;
/// The most characters of a search: its words with one space between them.
const MOST: usize = MAX_WORDS * (MAX_WORD_LENGTH + 1) - 1;

/// The cost of a search with one word, in pages.
const COST: u32 = 5;
/// The cost of each further word.
const COST_OF_WORD: u32 = 2;

/// The normalized search words, 1 to 8 of at most 64 characters, longest first, since few rows contain those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search(Vec<String>);

/// Why a search is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearch {
    /// It is blank.
    #[error("`q` is blank: leave it out to list everything")]
    Blank,
    /// Too many words.
    #[error("`q` has more than {MAX_WORDS} words")]
    Words,
    /// A word that is too long.
    #[error("`q` has a word of more than {MAX_WORD_LENGTH} characters")]
    Letters,
}

/// The cost of a request by its query: 1, or more if it searches. An invalid search is refused before any read, and costs 1.
pub fn cost_of(query: Option<&str>) -> u32 {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let search = pairs.find(|(name, _)| name == "q").and_then(|(_, text)| text.parse::<Search>().ok());
    search.map_or(1, |search| search.cost())
}

impl FromStr for Search {
    type Err = InvalidSearch;

    fn from_str(text: &str) -> Result<Self, InvalidSearch> {
        let words: Vec<_> = text.split_whitespace().take(MAX_WORDS + 1).collect();
        if words.len() > MAX_WORDS {
            return Err(InvalidSearch::Words);
        }
        if words.iter().any(|word| word.chars().count() > MAX_WORD_LENGTH) {
            return Err(InvalidSearch::Letters);
        }
        // Some characters expand to several words.
        let folded = normalize_for_search(&words.join(" "));
        let mut words: Vec<_> = folded.split_whitespace().map(str::to_owned).collect();
        words.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        words.dedup();
        words.truncate(MAX_WORDS);
        if words.is_empty() { Err(InvalidSearch::Blank) } else { Ok(Self(words)) }
    }
}

impl Search {
    /// The cost of this search in pages: from 5 for one word to 19 for eight.
    pub fn cost(&self) -> u32 {
        (1..self.0.len()).fold(COST, |cost, _| cost + COST_OF_WORD)
    }

    /// The normalized words.
    pub fn words(&self) -> &[String] {
        &self.0
    }
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
        assert_eq!(read("a b c d e f g h"), Ok(8));
        assert_eq!(read(&vec!["x".repeat(64); 8].join(" ")), Ok(1));
        assert_eq!([read(""), read(" \u{3000}"), read("\u{301} \u{200b}")], [Err(InvalidSearch::Blank); 3]);
        assert_eq!([read(&"a ".repeat(9)), read(&"a ".repeat(50))], [Err(InvalidSearch::Words); 2]);
        assert_eq!(read(&"ö".repeat(65)), Err(InvalidSearch::Letters));
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
        assert_eq!(costs.map(cost_of), [1, 1, 1, 1, 5, 7, 19]);
    }
}
