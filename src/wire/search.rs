//! What a list is searched by, `q`: words, each a part of some text of the row, whatever its case. Called by every list that people search.
//!
//! SQLite folds the case of ASCII alone and PostgreSQL that of its locale, so a search is told to both as a pattern in
//! which each letter stands in both its cases: the same rows are found on either engine, in every script. It is
//! the one filter that looks at each row it passes, since no index knows the middle of a text.

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

/// Characters of a search at the most.
const MOST: usize = 100;

/// Words that are looked for, 1 to 100 characters, not all of them blank.
#[derive(Clone, Debug)]
pub struct Search(String);

impl Search {
    /// Keeps the rows in which each word is found in one of these columns.
    pub fn narrow<'c>(wanted: Option<&Self>, statement: Statement<'c>, columns: &[&str]) -> Statement<'c> {
        let engine = statement.engine();
        let (operator, escape) = match engine {
            Engine::Sqlite => ("glob", ""),
            Engine::Postgres => ("similar to", " escape ''"),
        };
        let words = wanted.into_iter().flat_map(|wanted| wanted.0.split_whitespace());
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
        let text = String::deserialize(from)?;
        match text.chars().count() {
            1..=MOST if !text.trim().is_empty() => Ok(Self(text)),
            _ => Err(de::Error::custom(format!("`q` has 1 to {MOST} characters, and is not blank"))),
        }
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
