//! What a studio's servers may do with locations.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Location, LocationId, LocationKind, PlaceStatus},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Created, New, Nothing, Removed, Stop, Write},
    },
    store::row::{self, Row},
    wire::{page::Page, problem::Problem, search::Search},
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LocationFilter {
    /// Only locations of this status.
    #[param(inline)]
    status: Option<PlaceStatus>,
    /// Only locations of this kind.
    #[param(inline)]
    kind: Option<LocationKind>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists locations, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Location, LocationFilter>,
) -> Result<Page<Row<Location>>, Problem> {
    let LocationFilter { status, kind, q } = &list.filter;
    let rows = row::list(app.db.read(), list.studio, list.searched(q.as_ref()), |query| {
        query.filter_word("status", *status).filter_word("kind", *kind)
    });
    Ok(list.page(rows.await?))
}

/// Creates a location.
pub async fn create(write: Write<New<Location>>) -> Result<Created<Location>, Stop> {
    let (mut write, new) = write.begin().await?;
    let location = rules::create(&mut write.tx, write.studio, new.draft(write.now), write.now).await?;
    write.created(&location).await
}

/// Changes a location; with its time zone, its classes' occurrences to come that nobody edited or booked. It is not archived
/// while something is going to take place there.
pub async fn change(
    PathIds(id): PathIds<LocationId>,
    write: Write<Change<Location>>,
) -> Result<Changed<Location>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (location, effects) = rules::change(&mut write.tx, write.studio, &current, &change, write.now).await?;
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
    let (kept, effects) = rules::remove(&mut write.tx, write.studio, location, write.now).await?;
    write.telling(effects).removed(kept.as_ref()).await
}
