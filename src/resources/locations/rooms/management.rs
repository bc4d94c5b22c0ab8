//! What a studio's servers may do with rooms.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Room, RoomId},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Created, New, Nothing, Removed, Stop, Write},
    },
    resources::locations::{LocationId, PlaceStatus},
    store::row::{self, Row},
    wire::{page::Page, problem::Problem, search::Search},
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RoomFilter {
    /// Only rooms of this status.
    #[param(inline)]
    status: Option<PlaceStatus>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists a location's rooms, oldest first.
pub async fn list(
    State(app): State<App>,
    PathIds(location): PathIds<LocationId>,
    list: ListQuery<Room, RoomFilter>,
) -> Result<Page<Row<Room>>, Problem> {
    rules::location_exists(app.db.read(), list.studio, location).await?;
    let RoomFilter { status, q } = &list.filter;
    let rows = row::list(app.db.read(), list.studio, list.searched(q.as_ref()), |query| {
        query.filter("location_id =", Some(location)).filter_word("status", *status)
    });
    Ok(list.page(rows.await?))
}

/// Creates a room.
pub async fn create(PathIds(location): PathIds<LocationId>, write: Write<New<Room>>) -> Result<Created<Room>, Stop> {
    let (mut write, new) = write.begin().await?;
    let room = rules::create(&mut write.tx, write.studio, location, new.draft(write.now), write.now).await?;
    write.created(&room).await
}

/// Changes a room. It is not archived while something is going to take place in it.
pub async fn change(
    PathIds((location, id)): PathIds<(LocationId, RoomId)>,
    write: Write<Change<Room>>,
) -> Result<Changed<Room>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current_if(id, |room| rules::is_in(room, location)).await?;
    let room = rules::change(&mut write.tx, write.studio, &current, &change, write.now).await?;
    write.changed(&room).await
}

/// Removes a room, or archives it where classes have taken place in it.
pub async fn remove(
    PathIds((location, id)): PathIds<(LocationId, RoomId)>,
    write: Write<Nothing>,
) -> Result<Removed<Room>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let room = write.current_if(id, |room| rules::is_in(room, location)).await?;
    let kept = rules::remove(&mut write.tx, write.studio, room, write.now).await?;
    write.removed(kept.as_ref()).await
}
