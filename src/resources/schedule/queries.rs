//! The queries of the schedule.

pub mod clocks;
pub mod edits;

use std::collections::HashSet;

use jiff::civil::{self, Date};
use serde::Deserialize;
use utoipa::IntoParams;

use self::edits::edited_of;
use super::{
    capacity,
    fit::Standing,
    model::{Occurrence, OccurrenceId, OccurrenceStatus},
    range::{Bound, Range},
};
use crate::{
    resources::{
        classes::{Class, ClassId, ClassStatus},
        instructors::InstructorId,
        locations::LocationId,
        locations::rooms::RoomId,
        visibility::Visibility,
    },
    store::{
        error::StoreError,
        id::{Id, Named},
        instant::Instant,
        moment::Moment,
        record::Record,
        row::{self, Listed, Row, Slice},
        studio::{StudioOn, StudioTx},
    },
    wire::{page::Validity, problem::Problem, text::TimeZone},
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ScheduleFilter {
    /// Only occurrences that start at this instant or later, or on this date or later. A date is a day in the time zone
    /// of the location that `location_id` or `room_id` names, else in the studio's. The default is now; with `id`,
    /// `external_id` or `updated_since` there is no limit.
    #[param(inline, example = "2026-12-01")]
    pub from: Option<Bound>,
    /// Only occurrences that start before this instant, or on this date or earlier.
    #[param(inline, example = "2026-12-07")]
    pub to: Option<Bound>,
    /// Only occurrences of this class.
    #[param(inline)]
    pub class_id: Option<ClassId>,
    /// Only occurrences with this instructor.
    #[param(inline)]
    pub instructor_id: Option<InstructorId>,
    /// Only occurrences at this location.
    #[param(inline)]
    pub location_id: Option<LocationId>,
    /// Only occurrences in this room.
    #[param(inline)]
    pub room_id: Option<RoomId>,
    /// Only occurrences of this status.
    #[param(inline)]
    pub status: Option<OccurrenceStatus>,
    /// Only those that these see.
    #[serde(skip)]
    pub shown_to: Option<ShownTo>,
}

/// Who is shown occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownTo {
    /// Everyone: those of public classes.
    Everyone,
    /// Members: those of public classes and of those for members.
    Members,
}

/// The occurrences that are shown to members.
const SHOWN_TO_MEMBERS: &str = " and visibility <> 'hidden'";

/// A page of a studio's occurrences, each with how many may take part.
///
/// # Errors
/// `malformed_request` when the span of time is empty.
pub async fn list(
    mut on: StudioOn<'_>,
    slice: Slice<Occurrence>,
    filter: &ScheduleFilter,
    now: Instant,
) -> Result<Listed<Occurrence>, Problem> {
    let (bounds, place) = ((filter.from.as_ref(), filter.to.as_ref()), (filter.location_id, filter.room_id));
    let range = Range::read(on.again(), bounds, place, &slice, now).await?;
    let all = slice.clone();
    let mut listed = row::list(on.again(), slice, |query| {
        range
            .narrow(&all, query)
            .filter_custom_plan("class_id =", filter.class_id)
            .filter_custom_plan("instructor_id =", filter.instructor_id)
            .filter_custom_plan("location_id =", filter.location_id)
            .filter_custom_plan("room_id =", filter.room_id)
            .filter_literal("status", filter.status)
            .filter_literal("visibility", (filter.shown_to == Some(ShownTo::Everyone)).then_some(Visibility::Public))
            .then(if filter.shown_to == Some(ShownTo::Members) { SHOWN_TO_MEMBERS } else { "" })
    })
    .await?;
    capacity::work_out(on, &mut listed.rows).await?;
    Ok(listed)
}

/// How long a page of this list stays true while no row is written: without `from`, what begins next is on it until it has begun.
pub fn validity(filter: &ScheduleFilter, listed: &Listed<Occurrence>, now: Instant) -> Validity {
    match (&filter.from, listed.rows.first()) {
        (Some(_), _) => Validity::UntilChanged,
        (None, Some(next)) => Validity::Between(now, next.fields.starts_at),
        (None, None) => Validity::Between(now, Instant::MAX),
    }
}

/// The occurrences of a class that have not begun, in any status.
pub async fn to_come(on: StudioOn<'_>, class: ClassId, now: Instant) -> Result<Vec<Row<Occurrence>>, StoreError> {
    let text = "select * from occurrences where studio_id = $1 and class_id = $2 and starts_at > $3 \
        order by starts_at, id";
    on.query(text).bind(class).bind(now).all().await
}

/// Those of these occurrences that are going to take place.
pub async fn to_come_of(
    on: StudioOn<'_>,
    ids: &[OccurrenceId],
    now: Instant,
) -> Result<Vec<Row<Occurrence>>, StoreError> {
    let text = "select * from occurrences where studio_id = $1 and starts_at > $2 and status = $3";
    let statement = on.query(text).bind(now).bind(OccurrenceStatus::Scheduled).one_of("id", ids);
    statement.then(" order by starts_at, id").all().await
}

/// The occurrences of a class that have not begun, or stand for a start of today or later: those of today have been held,
/// or somebody moved them forward. `local` is the time in the zone of the class.
pub async fn standing(
    tx: &mut StudioTx,
    class: ClassId,
    local: &str,
    now: Instant,
) -> Result<Vec<Standing>, StoreError> {
    let text = "\
        select * from occurrences where studio_id = $1 and class_id = $2 and starts_at > $3 union \
        select * from occurrences where studio_id = $1 and class_id = $2 and planned_start >= $4 \
        order by starts_at, id";
    let today = local.get(..10).unwrap_or(local).to_owned();
    let rows = tx.query(text).bind(class).bind(now).bind(today).all::<Row<Occurrence>>().await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let edited = edited_of(tx.on(), &ids).await?;
    let standing = rows.into_iter().map(|row| Standing {
        is_edited: edited.contains(&row.id),
        has_begun: row.fields.starts_at <= now,
        start_has_passed: row.fields.planned_start.as_str() <= local,
        row,
    });
    // What the class itself called off earlier today was not held.
    Ok(standing.filter(|standing| !standing.is_over() || standing.takes_place() || standing.is_edited).collect())
}

/// Lists the coming occurrences of a room as changed because its capacity changed at this instant: their own capacity follows
/// from it.
pub async fn touch_for_room(on: StudioOn<'_>, room: RoomId, at: Instant) -> Result<(), StoreError> {
    let text = "update occurrences set updated_at = $3 \
        where studio_id = $1 and room_id = $2 and starts_at > $3 and updated_at < $3";
    on.query(text).bind(room).bind(at).execute().await.map(drop)
}

/// What is going to take place in a room, and is booked or waited for.
pub async fn booked_in(on: StudioOn<'_>, room: RoomId, now: Instant) -> Result<Vec<Row<Occurrence>>, StoreError> {
    let text = "select * from occurrences where studio_id = $1 and room_id = $2 and starts_at > $3 and status = $4 \
        and (booked_count > 0 or waiting_count > 0) order by starts_at, id";
    on.query(text).bind(room).bind(now).bind(OccurrenceStatus::Scheduled).all().await
}

/// Whether a class has any occurrences.
pub async fn has_any(on: StudioOn<'_>, class: ClassId) -> Result<bool, StoreError> {
    let text = "select count(*) from occurrences where studio_id = $1 and class_id = $2";
    Ok(on.query(text).bind(class).scalar::<i64>().await?.unwrap_or_default() > 0)
}

/// How many occurrences of a class are going to take place.
pub async fn count_to_come(on: StudioOn<'_>, class: ClassId, now: Instant) -> Result<usize, StoreError> {
    let text =
        "select count(*) from occurrences where studio_id = $1 and class_id = $2 and status = $3 and starts_at > $4";
    let statement = on.query(text).bind(class).bind(OccurrenceStatus::Scheduled).bind(now);
    Ok(usize::try_from(statement.scalar::<i64>().await?.unwrap_or_default()).unwrap_or_default())
}

/// Shows the occurrences of a class to whom the class is shown from now on: followers of the changes that they may see are
/// told of them. Called wherever the visibility of a class changes, before anything else becomes of its occurrences.
pub async fn show_as_class(on: StudioOn<'_>, class: ClassId, now: Moment) -> Result<(), StoreError> {
    let text = format!(
        "update occurrences set visibility = c.visibility, \
        updated_at = case when occurrences.updated_at > $3 then occurrences.updated_at else $3 end {OTHERWISE}"
    );
    on.query(text).bind(class).bind(now.stamp()).execute().await.map(drop)
}

/// Shows new occurrences of a class to whom the class is shown. The code that lays some out calls this in the same transaction:
/// until then, nobody sees them.
pub async fn show_new(on: StudioOn<'_>, class: ClassId) -> Result<(), StoreError> {
    let text = format!("update occurrences set visibility = c.visibility {OTHERWISE}");
    on.query(text).bind(class).execute().await.map(drop)
}

/// Those of a class that are shown to others than it is.
const OTHERWISE: &str = "from classes as c where occurrences.studio_id = $1 and occurrences.class_id = $2 \
    and c.studio_id = $1 and c.id = $2 and occurrences.visibility <> c.visibility";

/// The local starts from a date on that the class has occurrences for, whenever these take place.
pub async fn planned_from(on: StudioOn<'_>, class: ClassId, from: Date) -> Result<HashSet<String>, StoreError> {
    let text = "select planned_start from occurrences where studio_id = $1 and class_id = $2 \
        and planned_start >= $3";
    let found = on.query(text).bind(class).bind(from.to_string()).all::<Planned>().await?;
    Ok(found.into_iter().map(|planned| planned.planned_start).collect())
}

/// The start of an occurrence.
#[derive(Debug, Deserialize)]
pub struct OccurrenceStart {
    /// The occurrence.
    pub id: OccurrenceId,
    /// When it begins.
    pub starts_at: Instant,
    /// When it begins, in its time zone.
    pub local_start: String,
    /// The zone.
    pub time_zone: TimeZone,
}

impl Record for OccurrenceStart {}

/// The starts of a studio's occurrences, from an instant on.
pub async fn starts_from(on: StudioOn<'_>, from: Instant) -> Result<Vec<OccurrenceStart>, StoreError> {
    let text = "select * from occurrences where studio_id = $1 and starts_at > $2";
    on.query(text).bind(from).all().await
}

/// These occurrences, by their start.
pub async fn all_of(on: StudioOn<'_>, ids: &[OccurrenceId]) -> Result<Vec<Row<Occurrence>>, StoreError> {
    let statement = on.query("select * from occurrences where studio_id = $1").one_of("id", ids);
    statement.then(" order by starts_at, id").all().await
}

#[derive(Deserialize)]
struct Planned {
    planned_start: String,
}

impl Record for Planned {}

/// What takes place in a room, or with an instructor, and begins between two instants.
pub async fn taking_place(
    on: StudioOn<'_>,
    room: Option<RoomId>,
    instructor: Option<InstructorId>,
    (from, until): (Instant, Instant),
) -> Result<Vec<Row<Occurrence>>, StoreError> {
    // Two questions in one: asked with an `or`, an engine may look at all that takes place meanwhile.
    let text = "\
        select * from occurrences where studio_id = $1 and starts_at > $2 and starts_at < $3 and room_id = $4 and status = $6 union \
        select * from occurrences where studio_id = $1 and starts_at > $2 and starts_at < $3 and instructor_id = $5 and status = $6 \
        order by starts_at, id";
    let statement = on.query(text).bind(from).bind(until).bind(room).bind(instructor);
    statement.bind(OccurrenceStatus::Scheduled).all().await
}

/// Notes up to which local date a class is laid out; without one, that nothing more is to come.
pub async fn note_horizon(on: StudioOn<'_>, class: ClassId, until: Option<Date>) -> Result<(), StoreError> {
    let text = "update classes set laid_out_until = $3 where studio_id = $1 and id = $2";
    on.query(text).bind(class).bind(until.map(|until| until.to_string())).execute().await.map(drop)
}

/// The horizon of a class whose occurrences came in: nobody knows how far these go, and the next look ahead lays out what
/// the class plans and has not.
pub const LONG_OVER: Date = civil::date(2000, 1, 1);

/// Up to which local date a class is laid out, unless all of it is, or nobody knows.
pub async fn horizon_of(on: StudioOn<'_>, class: ClassId) -> Result<Option<Date>, StoreError> {
    let text = "select coalesce(laid_out_until, '') from classes where studio_id = $1 and id = $2";
    let until = on.query(text).bind(class).scalar::<String>().await?;
    Ok(until.and_then(|until| until.parse().ok()).filter(|until| *until > LONG_OVER))
}

/// How a place is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Something is going to take place there.
    Ahead,
    /// A class or an occurrence names it, but nothing is to come.
    Named,
    /// Nothing names it.
    Unused,
}

/// The active classes that name a location or a room in this column.
pub async fn classes_naming<T: Named>(
    on: StudioOn<'_>,
    column: &'static str,
    id: Id<T>,
) -> Result<Vec<Row<Class>>, StoreError> {
    let text = format!("select * from classes where studio_id = $1 and {column} = $2 and status = $3 order by id");
    on.query(text).bind(id).bind(ClassStatus::Active).all().await
}

/// How the rows name a location or a room: `column` is the one that does.
pub async fn use_in_rows<T: Named>(
    tx: &mut StudioTx,
    column: &'static str,
    id: Id<T>,
    now: Instant,
) -> Result<Use, StoreError> {
    let ahead = format!(
        "select count(*) from (select id from occurrences where studio_id = $1 and {column} = $2 and starts_at > $3 \
        and status = $4 limit 1) as one"
    );
    let ahead = tx.query(ahead).bind(id).bind(now).bind(OccurrenceStatus::Scheduled);
    if ahead.scalar::<i64>().await?.unwrap_or_default() > 0 {
        return Ok(Use::Ahead);
    }
    for table in ["classes", "occurrences"] {
        let text = format!(
            "select count(*) from (select id from {table} where studio_id = $1 and {column} = $2 limit 1) as one"
        );
        if tx.query(text).bind(id).scalar::<i64>().await?.unwrap_or_default() > 0 {
            return Ok(Use::Named);
        }
    }
    Ok(Use::Unused)
}

/// Notes by which rules of time zones a studio's occurrences are laid out; whether that was not so yet. The caller that
/// notes them fits the occurrences in the same transaction.
pub async fn take_zone_rules(on: StudioOn<'_>, rules: &str) -> Result<bool, StoreError> {
    let text = "update studios set zone_rules = $2 where id = $1 and coalesce(zone_rules, '') <> $2";
    Ok(on.query(text).bind(rules.to_owned()).execute().await? > 0)
}
