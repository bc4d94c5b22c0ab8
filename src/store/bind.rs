//! Values that can be bound and read on both engines. A newtype that prints itself as text is bound as that text.

use rusqlite::{ToSql, types::FromSql};
use sqlx::{Decode, Encode, Postgres, Sqlite, Type};

/// A value that can be bound on both engines.
pub trait Bind: ToSql + for<'q> Encode<'q, Postgres> + Type<Postgres> {}
impl<T> Bind for T where T: ToSql + for<'q> Encode<'q, Postgres> + Type<Postgres> {}

/// A single value that both engines can tell.
pub trait Scalar:
    FromSql + for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}
impl<T> Scalar for T where
    T: FromSql + for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

/// Implements [`Bind`] for a type that has `Display`.
macro_rules! bind_as_text {
    (impl[$($bounds:tt)*] $type:ty) => {
        impl<$($bounds)*> rusqlite::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.to_string().into())
            }
        }
        impl<$($bounds)*> sqlx::Type<sqlx::Postgres> for $type {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <String as sqlx::Type<sqlx::Postgres>>::type_info()
            }
        }
        impl<$($bounds)*> sqlx::Encode<'_, sqlx::Postgres> for $type {
            fn encode_by_ref(
                &self,
                into: &mut sqlx::postgres::PgArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                sqlx::Encode::<sqlx::Postgres>::encode(self.to_string(), into)
            }
        }
    };
}
pub(crate) use bind_as_text;

/// One of a few words that the code knows, such as a status.
pub trait Word: std::fmt::Display {}

/// Binds, and prints, an enum by its serde name.
macro_rules! bind_as_word {
    ($type:ty) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let word = serde_json::to_value(self).map_err(|_| std::fmt::Error)?;
                out.write_str(word.as_str().ok_or(std::fmt::Error)?)
            }
        }
        impl $crate::store::bind::Word for $type {}
        $crate::store::bind::bind_as_text!(impl[] $type);
    };
}
pub(crate) use bind_as_word;
