//! What a studio's servers may do with rooms.

use axum::extract::State;

use super::{
    model::{Room, RoomId},
    queries::{self, RoomFilter},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Created, New, Nothing, Removed, Stop, Write},
    },
    resources::locations::LocationId,
    store::row::Row,
    wire::{page::Page, problem::Problem},
};

/// Lists a location's rooms, oldest first.
pub async fn list(
    State(app): State<App>,
    PathIds(location): PathIds<LocationId>,
    list: ListQuery<Room, RoomFilter>,
) -> Result<Page<Row<Room>>, Problem> {
    rules::location_exists(app.db.of(list.studio), location).await?;
    let slice = list.searched(list.filter.q.as_ref());
    let rows = queries::list(app.db.of(list.studio), slice, location, &list.filter).await?;
    Ok(list.page(rows))
}

/// Creates a room.
pub async fn create(PathIds(location): PathIds<LocationId>, write: Write<New<Room>>) -> Result<Created<Room>, Stop> {
    let (mut write, new) = write.begin_in_turn().await?;
    let draft = new.draft(write.tx.now);
    let room = rules::create(&mut write.tx, location, draft).await?;
    write.created(&room).await
}

/// Changes a room. It is not archived while something is going to take place in it.
pub async fn change(
    PathIds((location, id)): PathIds<(LocationId, RoomId)>,
    write: Write<Change<Room>>,
) -> Result<Changed<Room>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current_if(id, |room| rules::is_in(room, location)).await?;
    let room = rules::change(&mut write.tx, &current, &change).await?;
    write.changed(&room).await
}

/// Removes a room, or archives it where classes have taken place in it.
pub async fn remove(
    PathIds((location, id)): PathIds<(LocationId, RoomId)>,
    write: Write<Nothing>,
) -> Result<Removed<Room>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let room = write.current_if(id, |room| rules::is_in(room, location)).await?;
    let kept = rules::remove(&mut write.tx, &room).await?;
    write.removed(kept.as_ref()).await
}
