//! What must hold of rooms beyond the limits of each field: a room is in one location for good.

use super::model::{Room, RoomId};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        at_the_end::is_left,
        locations::{Location, LocationId, PlaceStatus},
        rules::{Rules, validated},
        schedule::{self, Use},
    },
    store::{
        db::{On, Tx},
        error::StoreError,
        id::{Named, StudioId},
        instant::Instant,
        moment::Moment,
        row::{self, Row},
    },
    wire::{
        fields::ExternalId,
        problem::{Code, Problem},
    },
};

/// Writes a new room.
///
/// # Errors
/// `not_found` when there is no such location; `validation_failed`; `conflict` when the external id is taken.
pub async fn create(
    tx: &mut Tx,
    studio: StudioId,
    location: LocationId,
    mut draft: Draft<'_, Room>,
    now: Moment,
) -> Result<Row<Room>, Problem> {
    // Locked, so that the location is not removed while a room moves in.
    row::lock::<Location>(tx.on(), studio, location).await?.ok_or_else(|| Problem::not_found(Location::NOUN))?;
    draft.fields_mut().location_id = Some(location);
    let room = validated(tx, studio, draft, now).await?;
    row::insert(tx.on(), studio, &room).await?;
    tell_location(tx, studio, &room, room.updated_at).await?;
    Ok(room)
}

/// Writes a room's next version. The studio's timetable is locked.
///
/// # Errors
/// `validation_failed`; `conflict` when the external id is taken; `room_in_use` when it is archived and something is going
/// to take place in it.
pub async fn change(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<Room>,
    change: &Change<Room>,
    now: Moment,
) -> Result<Row<Room>, Problem> {
    let room = validated(tx, studio, change.onto(current, now)?, now).await?;
    let is_archived = room.fields.status == PlaceStatus::Archived && current.fields.status != PlaceStatus::Archived;
    if is_archived && !is_left() && schedule::use_of(tx, studio, "room_id", room.id, now.clock).await? == Use::Ahead {
        return Err(in_use());
    }
    row::update(tx.on(), studio, &room).await?;
    tell_location(tx, studio, &room, room.updated_at).await?;
    if room.fields.capacity != current.fields.capacity {
        schedule::tell_of_room(tx.on(), studio, room.id, room.updated_at).await?;
    }
    Ok(room)
}

/// Has those who follow its location told that the rooms there are others since this instant: websites show them together.
/// It is no edit of the location.
async fn tell_location(tx: &mut Tx, studio: StudioId, room: &Row<Room>, at: Instant) -> Result<(), StoreError> {
    let text = "update locations set updated_at = $3 where studio_id = $1 and id = $2 and updated_at < $3";
    tx.on().query(text).bind(studio).bind(room.fields.location_id).bind(at).execute().await.map(drop)
}

impl Rules for Room {
    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }
}

/// Removes a room; archives it where something took place in it, and answers what is kept. The studio's timetable is
/// locked.
///
/// # Errors
/// `room_in_use` when something is going to take place in it.
pub async fn remove(tx: &mut Tx, studio: StudioId, room: Row<Room>, now: Moment) -> Result<Option<Row<Room>>, Problem> {
    match schedule::use_of(tx, studio, "room_id", room.id, now.clock).await? {
        Use::Ahead => Err(in_use()),
        Use::Named => {
            let fields = Room { status: PlaceStatus::Archived, ..room.fields.clone() };
            let kept = room.edited(now, fields);
            row::update(tx.on(), studio, &kept).await?;
            tell_location(tx, studio, &kept, kept.updated_at).await?;
            Ok(Some(kept))
        }
        Use::Unused => {
            row::delete(tx.on(), studio, room.id).await?;
            tell_location(tx, studio, &room, now.stamp()).await?;
            Ok(None)
        }
    }
}

/// Refuses an archived room in which something is going to take place.
///
/// # Errors
/// `room_in_use`.
pub async fn refuse_in_use(tx: &mut Tx, studio: StudioId, id: RoomId, now: Instant) -> Result<(), Problem> {
    match schedule::use_of(tx, studio, "room_id", id, now).await? {
        Use::Ahead => Err(in_use()),
        Use::Named | Use::Unused => Ok(()),
    }
}

fn in_use() -> Problem {
    Problem::new(Code::RoomInUse, "Classes are going to take place in this room. Move or cancel them first.")
}

/// Refuses a path whose location is not the studio's.
///
/// # Errors
/// `not_found`.
pub async fn location_exists(on: On<'_>, studio: StudioId, location: LocationId) -> Result<(), Problem> {
    let found = row::find::<Location>(on, studio, location).await?;
    found.map(drop).ok_or_else(|| Problem::not_found(Location::NOUN))
}

/// Refuses a path that names a room of another location.
///
/// # Errors
/// `not_found`.
pub fn is_in(room: &Row<Room>, location: LocationId) -> Result<(), Problem> {
    if room.fields.location_id == Some(location) { Ok(()) } else { Err(Problem::not_found(Room::NOUN)) }
}
