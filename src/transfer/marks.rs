//! The marks that the lines of a batch tell of their rows, where the resource has one. They are written once the rows are,
//! for a row that a line says nothing of is marked by what its fields tell.

use std::collections::HashSet;

use serde_json::Value;

use super::carried::Carried;
use crate::store::{
    db::Tx,
    error::StoreError,
    id::{Id, StudioId},
};

/// The marks of a batch.
pub struct Marks<T: Carried> {
    there: HashSet<Id<T>>,
    set: Vec<Id<T>>,
    unset: Vec<Id<T>>,
}

impl<T: Carried> Marks<T> {
    /// With those that the rows have now.
    pub async fn of(tx: &mut Tx, studio: StudioId, rows: &[Id<T>]) -> Result<Self, StoreError> {
        Ok(Self { there: T::marked(tx.on(), studio, rows).await?, set: Vec::new(), unset: Vec::new() })
    }

    /// Takes out of a line what it says of the mark, which is no field.
    pub fn take(sent: &mut Value) -> Option<bool> {
        sent.as_object_mut()?.remove(T::MARK?)?.as_bool()
    }

    /// Notes what a line says of a row; whether that is not what the row has now.
    pub fn note(&mut self, id: Id<T>, told: Option<bool>) -> bool {
        let Some(is_marked) = told else { return false };
        if is_marked { &mut self.set } else { &mut self.unset }.push(id);
        is_marked != self.there.contains(&id)
    }

    /// Writes what was noted.
    pub async fn write(self, tx: &mut Tx, studio: StudioId) -> Result<(), StoreError> {
        T::mark(tx.on(), studio, &self.set, true).await?;
        T::mark(tx.on(), studio, &self.unset, false).await
    }
}
