//! How rows are written by the rules of their resource. A resource writes what must hold (`check`); everything else that a
//! new row or a change goes through is here, once. Called by Management's handlers and by the import.

use super::unique;
use crate::{
    operation::path::PathIds,
    operation::write::{Change, Changed, Created, Draft, New, Stop, Write},
    store::{
        db::Tx,
        error::StoreError,
        id::{Id, StudioId},
        moment::Moment,
        row::{self, Row},
    },
    wire::{fields::ExternalId, input::Input, problem::Problem},
};

/// What must hold of a resource beyond the limits of each field.
pub trait Rules: Input {
    /// What other systems call the row.
    fn external_id(&self) -> Option<&ExternalId>;

    /// Sets what follows from a change without being said in it.
    fn complete(_change: &Change<Self>, _fields: &mut Self) {}

    /// Adds to the draft what is wrong with it, and sets what follows from what was sent.
    fn check(
        _tx: &mut Tx,
        _studio: StudioId,
        _draft: &mut Draft<'_, Self>,
        _now: Moment,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }

    /// The field beside the external id whose value another row has.
    fn taken(
        _tx: &mut Tx,
        _studio: StudioId,
        _row: &mut Row<Self>,
    ) -> impl Future<Output = Result<Option<&'static str>, StoreError>> + Send {
        std::future::ready(Ok(None))
    }
}

/// A resource of which nothing else follows when a row is written.
pub trait Plain: Rules {
    /// Whether the studio is locked meanwhile, as where a slug is derived.
    const IN_TURN: bool = false;
}

/// The row that a draft makes, with every fault named at once, and its unique values free.
pub async fn validated<T: Rules>(
    tx: &mut Tx,
    studio: StudioId,
    mut draft: Draft<'_, T>,
    now: Moment,
) -> Result<Row<T>, Problem> {
    T::check(tx, studio, &mut draft, now).await?;
    let mut row = draft.validated()?;
    refuse_taken(tx, studio, &mut row).await?;
    Ok(row)
}

/// Refuses a row whose unique values other rows have.
pub async fn refuse_taken<T: Rules>(tx: &mut Tx, studio: StudioId, row: &mut Row<T>) -> Result<(), Problem> {
    let taken = T::taken(tx, studio, row).await?;
    let external_id = unique::external_id(tx, studio, row.id, row.fields.external_id()).await?;
    unique::refuse::<T>([taken, external_id])
}

/// Writes a new row.
pub async fn create_row<T: Plain>(
    tx: &mut Tx,
    studio: StudioId,
    draft: Draft<'_, T>,
    now: Moment,
) -> Result<Row<T>, Problem> {
    let row = validated(tx, studio, draft, now).await?;
    row::insert(tx.on(), studio, &row).await?;
    Ok(row)
}

/// Writes a row's next version.
pub async fn change_row<T: Plain>(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<T>,
    change: &Change<T>,
    now: Moment,
) -> Result<Row<T>, Problem> {
    let mut draft = change.onto(current, now)?;
    T::complete(change, draft.fields_mut());
    let row = validated(tx, studio, draft, now).await?;
    row::update(tx.on(), studio, &row).await?;
    Ok(row)
}

/// Management's POST of a plain resource.
pub async fn create<T: Plain>(write: Write<New<T>>) -> Result<Created<T>, Stop> {
    let (mut write, new) = if T::IN_TURN { write.begin_in_turn().await? } else { write.begin().await? };
    let row = create_row(&mut write.tx, write.studio, new.draft(write.now), write.now).await?;
    write.created(&row).await
}

/// Management's PATCH of a plain resource.
pub async fn change<T: Plain>(PathIds(id): PathIds<Id<T>>, write: Write<Change<T>>) -> Result<Changed<T>, Stop> {
    let (mut write, change) = if T::IN_TURN { write.begin_in_turn().await? } else { write.begin().await? };
    let current = write.current(id).await?;
    let row = change_row(&mut write.tx, write.studio, &current, &change, write.now).await?;
    write.changed(&row).await
}
