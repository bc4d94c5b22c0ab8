//! The columns of SQLite, in its own memory.

use rusqlite::{
    Row, Rows,
    types::{Type, ValueRef},
};
use serde::de::Error as _;
use serde_json::Error;

use super::{ColumnValue, Columns, Read};
use crate::store::{error::StoreError, record::Record};

/// A row, and which of its columns hold JSON: SQLite keeps that as text.
#[derive(Clone, Copy)]
struct SqliteColumns<'r> {
    row: &'r Row<'r>,
    are_json: &'r [bool],
}

/// Decodes all rows of a statement that selects the columns of a record.
///
/// # Errors
/// When the database fails; [`StoreError::Broken`] when a row does not decode.
pub(in crate::store) fn all<R: Record>(mut rows: Rows<'_>, are_json: &[bool]) -> Result<Read<R>, StoreError> {
    let mut read = Read::default();
    while let Some(row) = rows.next()? {
        read.add(SqliteColumns { row, are_json })?;
    }
    Ok(read)
}

impl<'r> Columns<'r> for SqliteColumns<'r> {
    fn count(self) -> usize {
        self.are_json.len()
    }

    fn column(self, at: usize) -> Result<ColumnValue<'r>, Error> {
        let value = self.row.get_ref(at).map_err(Error::custom)?;
        Ok(match value {
            ValueRef::Null => ColumnValue::Null,
            ValueRef::Integer(number) => ColumnValue::Integer(number),
            ValueRef::Real(number) => ColumnValue::Real(number),
            ValueRef::Text(text) if self.are_json[at] => ColumnValue::Json(text),
            ValueRef::Text(text) => ColumnValue::Text(str::from_utf8(text).map_err(Error::custom)?),
            ValueRef::Blob(_) => return Err(Error::custom(format!("no record has a column of type {}", Type::Blob))),
        })
    }
}
