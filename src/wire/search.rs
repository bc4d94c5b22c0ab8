//! What a list is searched by, `q`: words, each a part of some text of the row, without regard to case and marks. Called by
//! every list that people search, and by the rates of keys, which take from a key what its search costs ([`cost_of`]).

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

/// Words of a search at the most.
const MOST_WORDS: usize = 8;
/// Characters of a word at the most.
const MOST_LETTERS: usize = 64;
/// Characters of a search at the most: its words with one space between them.
const MOST: usize = MOST_WORDS * (MOST_LETTERS + 1) - 1;

/// What a search costs beside a plain page, in pages.
const COST: u32 = 5;
/// What each word after the first adds to that.
const COST_OF_WORD: u32 = 2;

/// Words that are looked for, 1 to 8, of at most 64 characters each: in the form of [`normalize_for_search`], the longest first, since
/// few rows have those.
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
pub fn cost_of(query: Option<&str>) -> u32 {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let search = pairs.find(|(name, _)| name == "q").and_then(|(_, text)| text.parse::<Search>().ok());
    search.map_or(1, |search| search.cost())
}

impl FromStr for Search {
    type Err = NoSearch;

    fn from_str(text: &str) -> Result<Self, NoSearch> {
        let words: Vec<_> = text.split_whitespace().take(MOST_WORDS + 1).collect();
        if words.len() > MOST_WORDS {
            return Err(NoSearch::Words);
        }
        if words.iter().any(|word| word.chars().count() > MOST_LETTERS) {
            return Err(NoSearch::Letters);
        }
        // A sign that stands for a phrase has spaces in its form.
        let folded = normalize_for_search(&words.join(" "));
        let mut words: Vec<_> = folded.split_whitespace().map(str::to_owned).collect();
        words.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        words.dedup();
        words.truncate(MOST_WORDS);
        if words.is_empty() { Err(NoSearch::Blank) } else { Ok(Self(words)) }
    }
}

impl Search {
    /// What this search takes from a key's rate, in plain pages: from 5 for one word to 19 for eight.
    pub fn cost(&self) -> u32 {
        (1..self.0.len()).fold(COST, |cost, _| cost + COST_OF_WORD)
    }

    /// The words, in the form in which rows are searched.
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
        assert_eq!([read(""), read(" \u{3000}"), read("\u{301} \u{200b}")], [Err(NoSearch::Blank); 3]);
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
        assert_eq!(costs.map(cost_of), [1, 1, 1, 1, 5, 7, 19]);
    }
}
