//! What a studio's servers may do with locations.

use axum::extract::State;

use super::{
    model::{Location, LocationId},
    queries::{self, LocationFilter},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Nothing, Removed, Stop, Write},
    },
    store::row::Row,
    wire::{page::Page, problem::Problem},
};

/// Lists locations, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Location, LocationFilter>,
) -> Result<Page<Row<Location>>, Problem> {
    let rows = queries::list(app.db.of(list.studio), list.searched(list.filter.q.as_ref()), &list.filter).await?;
    Ok(list.page(rows))
}

/// Changes a location; with its time zone, its classes' occurrences to come that nobody edited or booked. It is not archived
/// while something is going to take place there.
pub async fn change(
    PathIds(id): PathIds<LocationId>,
    write: Write<Change<Location>>,
) -> Result<Changed<Location>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (location, effects) = rules::change(&mut write.tx, &current, &change).await?;
    match effects {
        Some(effects) => write.telling(effects).changed(&location).await,
        None => write.changed(&location).await,
    }
}

/// What the document says of removing a location.
pub const REMOVING: &str = "The location's rooms are deleted with it. A location where classes have taken place is \
archived instead, and its rooms stay. A dry run tells in `effects.rooms_removed` how many rooms would be deleted.";

/// Removes a location with its rooms, or archives it where classes have taken place there.
pub async fn remove(PathIds(id): PathIds<LocationId>, write: Write<Nothing>) -> Result<Removed<Location>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let location = write.current(id).await?;
    let (kept, effects) = rules::remove(&mut write.tx, &location).await?;
    write.telling(effects).removed(kept.as_ref()).await
}
