//! The columns of PostgreSQL, in the binary form of its protocol.

use serde::{Deserialize, de::Error as _};
use serde_json::{Error, Value};
use sqlx::{
    PgExecutor, Postgres, Row as _, ValueRef as _,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::{ColumnValue, Columns, Read, RowReader, broken};
use crate::store::{deadline::by_deadline, error::StoreError, instant::POSTGRES_EPOCH, record::Record};

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
pub(in crate::store) async fn all<R: Record>(
    query: Query<'_, Postgres, PgArguments>,
    on: impl PgExecutor<'_>,
) -> Result<Read<R>, StoreError> {
    let mut read = Read::default();
    for row in &by_deadline(query.fetch_all(on)).await? {
        read.add(row)?;
    }
    Ok(read)
}

/// The columns of a row as JSON, in their order; an instant as its microseconds.
///
/// # Errors
/// [`StoreError::Broken`] when a column has a type that no record has.
pub(in crate::store) fn values(row: &PgRow) -> Result<Vec<Value>, StoreError> {
    Vec::deserialize(&mut RowReader { row, next: 0, bytes: 0 }).map_err(|error| broken(&error))
}

impl<'r> Columns<'r> for &'r PgRow {
    fn count(self) -> usize {
        self.len()
    }

    fn column(self, at: usize) -> Result<ColumnValue<'r>, Error> {
        let value = self.try_get_raw(at).map_err(Error::custom)?;
        if value.is_null() {
            return Ok(ColumnValue::Null);
        }
        let bytes = value.as_bytes().map_err(Error::custom)?;
        Ok(match value.type_info().oid().map(|oid| oid.0) {
            Some(TEXT) => ColumnValue::Text(value.as_str().map_err(Error::custom)?),
            Some(INT8) => ColumnValue::Integer(i64::from_be_bytes(number(bytes)?)),
            Some(INT4) => ColumnValue::Integer(i32::from_be_bytes(number(bytes)?).into()),
            Some(TIMESTAMPTZ) => {
                ColumnValue::Integer(i64::from_be_bytes(number(bytes)?).saturating_add(POSTGRES_EPOCH))
            }
            Some(JSONB) => ColumnValue::Json(
                bytes.strip_prefix(&[JSONB_VERSION]).ok_or_else(|| Error::custom("another version of jsonb"))?,
            ),
            Some(BOOL) => ColumnValue::Bool(bytes != [0]),
            Some(FLOAT8) => ColumnValue::Real(f64::from_be_bytes(number(bytes)?)),
            _ => return Err(Error::custom(format!("no record has a column of type {}", value.type_info()))),
        })
    }
}

/// The bytes of a number.
fn number<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(Error::custom)
}
