//! What a studio's servers may do with rooms.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Room, RoomId},
    rules,
};
use crate::{
    app::App,
    resources::locations::{LocationId, PlaceStatus},
    store::row::{self, Row},
    wire::{
        at::At,
        page::{Asked, Page},
        problem::Problem,
        search::Search,
        write::{Change, Changed, Created, New, Nothing, Removed, Stop, Write},
    },
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
    At(location): At<LocationId>,
    asked: Asked<Room, RoomFilter>,
) -> Result<Page<Row<Room>>, Problem> {
    rules::location_exists(app.db.read(), asked.studio, location).await?;
    let RoomFilter { status, q } = &asked.filter;
    let rows = row::list(app.db.read(), asked.studio, asked.searched(q.as_ref()), |query| {
        query.filter("location_id =", Some(location)).filter_word("status", *status)
    });
    Ok(asked.page(rows.await?))
}

/// Creates a room.
pub async fn create(At(location): At<LocationId>, write: Write<New<Room>>) -> Result<Created<Room>, Stop> {
    let (mut write, new) = write.begin().await?;
    let room = rules::create(&mut write.tx, write.studio, location, new.draft(write.now)).await?;
    write.created(&room).await
}

/// Changes a room. It is not archived while something is going to take place in it.
pub async fn change(
    At((location, id)): At<(LocationId, RoomId)>,
    write: Write<Change<Room>>,
) -> Result<Changed<Room>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current_if(id, |room| rules::is_in(room, location)).await?;
    let room = rules::change(&mut write.tx, write.studio, &current, &change, write.now).await?;
    write.changed(&room).await
}

/// Removes a room, or archives it where classes have taken place in it.
pub async fn remove(
    At((location, id)): At<(LocationId, RoomId)>,
    write: Write<Nothing>,
) -> Result<Removed<Room>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let room = write.current_if(id, |room| rules::is_in(room, location)).await?;
    let kept = rules::remove(&mut write.tx, write.studio, room, write.now).await?;
    write.removed(kept.as_ref()).await
}
