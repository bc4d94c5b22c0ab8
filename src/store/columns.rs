//! Decodes a row with serde, straight from its columns in their order, on either engine. Called for every record that is read
//! outside a transaction of SQLite; there, where each row costs a thread hop, rows come as one JSON text instead ([`super::run`]).

mod postgres;
mod sqlite;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IntoDeserializer, SeqAccess, Visitor},
    forward_to_deserialize_any,
};
use serde_json::Error;

pub(super) use self::postgres::{all as all_of_postgres, values};
pub(super) use self::sqlite::all as all_of_sqlite;
use super::error::StoreError;

/// Rows that were read, and how many bytes the engine sent for them.
#[derive(Debug)]
pub struct Read<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// The bytes.
    pub bytes: usize,
}

impl<R> Default for Read<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), bytes: 0 }
    }
}

impl<R> Read<R> {
    /// Decodes one more row.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when it does not fit the record.
    fn add<'r>(&mut self, row: impl Columns<'r>) -> Result<(), StoreError>
    where
        R: Deserialize<'r>,
    {
        let mut columns = RowReader { row, next: 0, bytes: 0 };
        self.rows.push(R::deserialize(&mut columns).map_err(|error| broken(&error))?);
        self.bytes += columns.bytes;
        Ok(())
    }
}

fn broken(error: &Error) -> StoreError {
    StoreError::Broken(format!("a row does not decode: {error}"))
}

/// The columns of a row.
trait Columns<'r>: Copy {
    /// How many there are.
    fn count(self) -> usize;

    /// One of them, counted from 0.
    ///
    /// # Errors
    /// When no record has a column of its type.
    fn column(self, at: usize) -> Result<ColumnValue<'r>, Error>;
}

/// A value of a row, in the engine's memory.
enum ColumnValue<'r> {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    Text(&'r str),
    Json(&'r [u8]),
}

impl ColumnValue<'_> {
    fn bytes(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Integer(_) | Self::Real(_) => 8,
            Self::Text(text) => text.len(),
            Self::Json(text) => text.len(),
        }
    }
}

/// The columns left to read, and the bytes of those that were read.
struct RowReader<C> {
    row: C,
    next: usize,
    bytes: usize,
}

impl<'de, C: Columns<'de>> SeqAccess<'de> for RowReader<C> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.next == self.row.count() {
            return Ok(None);
        }
        let column = self.row.column(self.next)?;
        self.next += 1;
        self.bytes += column.bytes();
        seed.deserialize(column).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.row.count() - self.next)
    }
}

impl<'de, C: Columns<'de>> Deserializer<'de> for &mut RowReader<C> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Deserializer<'de> for ColumnValue<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(truth) => visitor.visit_bool(truth),
            Self::Integer(number) => visitor.visit_i64(number),
            Self::Real(number) => visitor.visit_f64(number),
            Self::Text(text) => visitor.visit_borrowed_str(text),
            Self::Json(text) => serde_json::Deserializer::from_slice(text).deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self, Self::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A word stands for a variant without fields.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(word) => visitor.visit_enum(word.into_deserializer()),
            Self::Json(text) => serde_json::Deserializer::from_slice(text).deserialize_enum(name, variants, visitor),
            _ => Err(Error::custom("no word")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}
