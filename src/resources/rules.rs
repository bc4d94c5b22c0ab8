//! How rows are written by the rules of their resource. A resource writes what must hold (`check`); everything else that a
//! new row or a change goes through is here, once. Called by Management's handlers and by the import.

use super::unique;
use crate::{
    operation::path::PathIds,
    operation::write::{Change, Changed, Created, Draft, New, Stop, Write},
    store::{
        error::StoreError,
        id::Id,
        row::{self, Row},
        turns::WriteTx,
    },
    wire::{fields::ExternalId, input::Input, problem::Problem},
};

/// What must hold of a resource beyond the limits of each field.
pub trait Rules: Input {
    /// What its rules run in: with the timetable locked, where they rely on what they found staying so.
    type Tx: WriteTx;

    /// What other systems call the row.
    fn external_id(&self) -> Option<&ExternalId>;

    /// Sets what follows from a change without being said in it.
    fn complete(_change: &Change<Self>, _before: &Self, _fields: &mut Self) {}

    /// Adds to the draft what is wrong with it, and sets what follows from what was sent.
    fn check(_tx: &mut Self::Tx, _draft: &mut Draft<'_, Self>) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Refuses a next version that what else the studio has forbids.
    fn allow(
        _tx: &mut Self::Tx,
        _current: &Row<Self>,
        _next: &Row<Self>,
    ) -> impl Future<Output = Result<(), Problem>> + Send {
        std::future::ready(Ok(()))
    }

    /// The field beside the external id whose value another row has.
    fn taken(
        _tx: &mut Self::Tx,
        _row: &mut Row<Self>,
    ) -> impl Future<Output = Result<Option<&'static str>, StoreError>> + Send {
        std::future::ready(Ok(None))
    }
}

/// A resource of which nothing else follows when a row is written.
pub trait Plain: Rules {}

/// The row that a draft makes, with every fault named at once, and its unique values free.
pub async fn validated<T: Rules>(tx: &mut T::Tx, mut draft: Draft<'_, T>) -> Result<Row<T>, Problem> {
    T::check(tx, &mut draft).await?;
    let mut row = draft.validated()?;
    refuse_taken(tx, &mut row).await?;
    Ok(row)
}

/// Refuses a row whose unique values other rows have.
async fn refuse_taken<T: Rules>(tx: &mut T::Tx, row: &mut Row<T>) -> Result<(), Problem> {
    let taken = T::taken(tx, row).await?;
    let external_id = unique::external_id(tx.studio_tx(), row.id, row.fields.external_id()).await?;
    unique::refuse::<T>([taken, external_id])
}

/// Writes a new row.
///
/// # Errors
/// `validation_failed`; `conflict` when a unique value is taken.
pub async fn create_row<T: Rules>(tx: &mut T::Tx, draft: Draft<'_, T>) -> Result<Row<T>, Problem> {
    let row = validated(tx, draft).await?;
    row::insert(tx.studio_tx().on(), &row).await?;
    Ok(row)
}

/// Writes a row's next version.
///
/// # Errors
/// As [`create_row`], and what [`Rules::allow`] refuses.
pub async fn change_row<T: Rules>(tx: &mut T::Tx, current: &Row<T>, change: &Change<T>) -> Result<Row<T>, Problem> {
    let mut draft = change.onto(current, tx.studio_tx().now)?;
    T::complete(change, &current.fields, draft.fields_mut());
    T::check(tx, &mut draft).await?;
    let mut row = draft.validated()?;
    T::allow(tx, current, &row).await?;
    refuse_taken(tx, &mut row).await?;
    row::update(tx.studio_tx().on(), &row).await?;
    Ok(row)
}

/// Management's POST of a resource that writes no other rows.
pub async fn create<T: Rules>(write: Write<New<T>>) -> Result<Created<T>, Stop> {
    let (mut write, new) = write.begin_as::<T::Tx>().await?;
    let draft = new.draft(write.tx.studio_tx().now);
    let row = create_row(&mut write.tx, draft).await?;
    write.created(&row).await
}

/// Management's PATCH of a plain resource.
pub async fn change<T: Plain>(PathIds(id): PathIds<Id<T>>, write: Write<Change<T>>) -> Result<Changed<T>, Stop> {
    let (mut write, change) = write.begin_as::<T::Tx>().await?;
    let current = write.current(id).await?;
    let row = change_row(&mut write.tx, &current, &change).await?;
    write.changed(&row).await
}
