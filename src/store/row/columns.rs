//! A row as JSON: one flat object to write, one array of columns to read.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

use super::{Resource, Row};
use crate::store::{
    id::{Id, Named},
    instant::Instant,
};

/// One flat object: what Management answers, and what is written to the table.
impl<T: Serialize + Named> Serialize for Row<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'r, T: Named> {
            id: Id<T>,
            version: i64,
            created_at: Instant,
            updated_at: Instant,
            #[serde(flatten)]
            fields: &'r T,
        }
        let Self { id, version, created_at, updated_at, fields } = self;
        Flat { id: *id, version: *version, created_at: *created_at, updated_at: *updated_at, fields }.serialize(to)
    }
}

/// One array: what `{row}` selects. The first four values are the row's, the rest the resource's.
impl<'de, T: Resource> Deserialize<'de> for Row<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct RowVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Resource> Visitor<'de> for RowVisitor<T> {
            type Value = Row<T>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(out, "the columns of a {}", T::NOUN)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut columns: A) -> Result<Row<T>, A::Error> {
                let mut next = || A::Error::custom("too few columns");
                Ok(Row {
                    id: columns.next_element()?.ok_or_else(&mut next)?,
                    version: columns.next_element()?.ok_or_else(&mut next)?,
                    created_at: columns.next_element()?.ok_or_else(&mut next)?,
                    updated_at: columns.next_element()?.ok_or_else(&mut next)?,
                    fields: T::deserialize(SeqAccessDeserializer::new(columns))?,
                })
            }
        }

        from.deserialize_seq(RowVisitor(std::marker::PhantomData))
    }
}
