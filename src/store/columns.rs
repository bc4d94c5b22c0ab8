//! Decodes a PostgreSQL row with serde, straight from the bytes of its columns in order. For PostgreSQL, writing a page as JSON
//! would take as long as finding its rows; on SQLite, where each row costs a thread hop, a page is one JSON text instead.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IntoDeserializer, SeqAccess, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};
use sqlx::{
    PgExecutor, Postgres, Row as _, ValueRef as _,
    postgres::{PgArguments, PgRow, PgValueRef},
    query::Query,
};

use super::{deadline::by_deadline, error::StoreError, instant::POSTGRES_EPOCH, record::Record};

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

/// Object ids of our column types, fixed in `pg_type.dat`.
const BOOL: u32 = 16;
const INT8: u32 = 20;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const FLOAT8: u32 = 701;
const TIMESTAMPTZ: u32 = 1184;
const JSONB: u32 = 3802;
/// The version byte before the text of a `jsonb`.
const JSONB_VERSION: u8 = 1;

/// Runs a query that selects the columns of a record, and returns all rows.
///
/// # Errors
/// When the database fails; [`StoreError::Broken`] when a row does not decode.
pub(super) async fn all<R: Record>(
    query: Query<'_, Postgres, PgArguments>,
    on: impl PgExecutor<'_>,
) -> Result<Read<R>, StoreError> {
    let mut read = Read::default();
    for row in by_deadline(query.fetch_all(on)).await? {
        let mut columns = RowReader { row: &row, next: 0, bytes: 0 };
        let broken = |error| StoreError::Broken(format!("a row does not decode: {error}"));
        read.rows.push(R::deserialize(&mut columns).map_err(broken)?);
        read.bytes += columns.bytes;
    }
    Ok(read)
}

/// The columns of a row as JSON, in their order; an instant as its microseconds.
///
/// # Errors
/// [`StoreError::Broken`] when a column has a type that no record has.
pub(super) fn values(row: &PgRow) -> Result<Vec<Value>, StoreError> {
    let broken = |error| StoreError::Broken(format!("a row does not decode: {error}"));
    Vec::deserialize(&mut RowReader { row, next: 0, bytes: 0 }).map_err(broken)
}

/// The columns left to read, and the bytes of those that were read.
struct RowReader<'de> {
    row: &'de PgRow,
    next: usize,
    bytes: usize,
}

impl<'de> SeqAccess<'de> for RowReader<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.next == self.row.len() {
            return Ok(None);
        }
        let value = self.row.try_get_raw(self.next).map_err(Error::custom)?;
        self.next += 1;
        self.bytes += value.as_bytes().map_or(0, <[u8]>::len);
        seed.deserialize(ColumnReader(value)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.row.len() - self.next)
    }
}

impl<'de> Deserializer<'de> for &mut RowReader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct ColumnReader<'de>(PgValueRef<'de>);

impl<'de> ColumnReader<'de> {
    /// The bytes of a number.
    fn bytes<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Error> {
        bytes.try_into().map_err(Error::custom)
    }

    fn json(bytes: &'de [u8]) -> Result<serde_json::Deserializer<serde_json::de::SliceRead<'de>>, Error> {
        let text = bytes.strip_prefix(&[JSONB_VERSION]).ok_or_else(|| Error::custom("another version of jsonb"))?;
        Ok(serde_json::Deserializer::from_slice(text))
    }
}

impl<'de> Deserializer<'de> for ColumnReader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            return visitor.visit_unit();
        }
        let bytes = self.0.as_bytes().map_err(Error::custom)?;
        match self.0.type_info().oid().map(|oid| oid.0) {
            Some(TEXT) => visitor.visit_borrowed_str(self.0.as_str().map_err(Error::custom)?),
            Some(INT8) => visitor.visit_i64(i64::from_be_bytes(Self::bytes(bytes)?)),
            Some(INT4) => visitor.visit_i32(i32::from_be_bytes(Self::bytes(bytes)?)),
            Some(TIMESTAMPTZ) => {
                visitor.visit_i64(i64::from_be_bytes(Self::bytes(bytes)?).saturating_add(POSTGRES_EPOCH))
            }
            Some(JSONB) => Self::json(bytes)?.deserialize_any(visitor),
            Some(BOOL) => visitor.visit_bool(bytes != [0]),
            Some(FLOAT8) => visitor.visit_f64(f64::from_be_bytes(Self::bytes(bytes)?)),
            _ => Err(Error::custom(format!("no record has a column of type {}", self.0.type_info()))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A word stands for a variant without fields.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.as_str().map_err(Error::custom)?.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}
