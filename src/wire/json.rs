//! Parses JSON strictly: an object with a duplicate name is refused, since RFC 8259, section 4 leaves open which one counts.
//!
//! Called by writes and the import.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::problem::{Fault, Problem};

/// Why a text was refused.
#[derive(Debug)]
pub enum Unreadable {
    /// It is not JSON.
    NotJson(serde_json::Error),
    /// It has an object with a duplicate name.
    Twice(Fault),
}

/// Parses a request body.
///
/// # Errors
/// `malformed_request` when it is not JSON, or has a duplicate name.
pub fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    read(bytes).map_err(|unreadable| match unreadable {
        Unreadable::Twice(fault) => {
            Problem::malformed(format!("The body has a name twice: {}. Send it once.", fault.pointer))
                .with_errors(vec![fault])
        }
        Unreadable::NotJson(error) => {
            Problem::malformed(format!("The body is not JSON: line {}, column {}.", error.line(), error.column()))
        }
    })
}

/// Parses a JSON text.
///
/// # Errors
/// When it is not JSON, or has a duplicate name.
pub fn read(bytes: &[u8]) -> Result<Value, Unreadable> {
    let twice = Cell::new(None);
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let read = Reader { at: JsonPosition::Root, twice: &twice }.deserialize(&mut text);
    let read = read.and_then(|value| text.end().map(|()| value));
    match (read, twice.take()) {
        (_, Some(pointer)) => Err(Unreadable::Twice(Fault::at(pointer, "appears twice in its object"))),
        (Ok(value), None) => Ok(value),
        (Err(error), None) => Err(Unreadable::NotJson(error)),
    }
}

/// The position of a value. Formatted as a JSON pointer only for errors.
#[derive(Clone, Copy)]
enum JsonPosition<'p> {
    Root,
    Member(&'p JsonPosition<'p>, &'p str),
    Entry(&'p JsonPosition<'p>, usize),
}

impl fmt::Display for JsonPosition<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(parent, name) => write!(out, "{parent}/{}", super::input::escape(name)),
            Self::Entry(parent, index) => write!(out, "{parent}/{index}"),
        }
    }
}

/// Deserializes one value.
struct Reader<'p> {
    at: JsonPosition<'p>,
    /// The pointer of the first duplicate.
    twice: &'p Cell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) =
            entries.next_element_seed(Reader { at: JsonPosition::Entry(&self.at, list.len()), twice: self.twice })?
        {
            list.push(entry);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let at = JsonPosition::Member(&self.at, &name);
            if object.contains_key(&name) {
                self.twice.set(Some(at.to_string()));
                return Err(A::Error::custom("a member stands twice"));
            }
            let value = members.next_value_seed(Reader { at, twice: self.twice })?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_json_is_read_as_serde_reads_it() {
        for text in [
            r#"{"a": [1, -2, 3.5, 1e3, 18446744073709551615, true, null, "é\n"], "b": {"a": {}}, "": 0}"#,
            "[]",
            "\"text\"",
            " 7 ",
        ] {
            assert_eq!(parse(text.as_bytes()).expect(text), serde_json::from_str::<Value>(text).expect(text));
        }
        let deep = "[".repeat(200) + &"]".repeat(200);
        for text in ["", "{", "{} x", "[1,]", "{\"a\": 01}", "nul", "1e999", deep.as_str()] {
            let refused = parse(text.as_bytes()).expect_err(text);
            assert!(refused.detail().starts_with("The body is not JSON: line 1"), "{text}: {}", refused.detail());
        }
    }

    #[test]
    fn a_member_that_stands_twice_is_named_at_any_depth() {
        for (text, pointer) in [
            (r#"{"name": 1, "name": 1}"#, "/name"),
            (r#"{"a": {"b": [{"c/d": 1, "c\u002fd": 2}]}}"#, "/a/b/0/c~1d"),
            (r#"{"a": 1, "b": 2, "": 3, "": 4"#, "/"),
        ] {
            let refused = parse(text.as_bytes()).expect_err(text);
            assert_eq!(refused.errors()[0].pointer, pointer, "{text}");
        }
        assert_eq!(parse(br#"{"a": {"a": 1}, "b": {"a": 1}}"#).expect("JSON"), json!({"a": {"a": 1}, "b": {"a": 1}}));
    }
}
