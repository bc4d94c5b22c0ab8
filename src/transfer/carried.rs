//! What a resource does for an import: how a new row is written, and how one that is there follows a line. Both go by
//! the rules that Management goes by.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::faults::Place;
use crate::{
    resources::{
        classes::{self, Class},
        coupons::{self, Coupon},
        instructors::{self, Instructor},
        locations::{
            self, Location,
            rooms::{self, Room},
        },
        members::{self, Membership, MembershipStatus},
        plans::{self, Plan},
        programs::{self, Program},
        schedule::{self, Occurrence},
    },
    store::{db::Tx, id::StudioId, instant::Instant, row::Row},
    wire::{
        input::Input,
        problem::{Code, Fault, Problem},
        write::Change,
    },
};

/// A resource that is carried.
pub trait Carried: Input {
    /// Fields that no two rows share, in any case, beyond the id and the external id. Lines that do are found by this;
    /// the schema has the last word.
    const UNIQUE: &'static [&'static [&'static str]] = &[];

    /// Writes a new row.
    async fn create(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>, now: Instant) -> Result<(), Problem>;

    /// Writes new rows; tells which of them are refused.
    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: &mut [Row<Self>],
        now: Instant,
    ) -> Result<Vec<(usize, Problem)>, Problem> {
        let mut refused = Vec::new();
        for (at, row) in rows.iter_mut().enumerate() {
            if let Err(problem) = Self::create(tx, studio, row, now).await {
                if problem.code().status() >= 500 {
                    return Err(problem);
                }
                refused.push((at, problem));
            }
        }
        Ok(refused)
    }

    /// Writes the next version of a row.
    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem>;

    /// What a new row says where its line says nothing, and an import knows better than Management.
    fn complete(_: &mut Map<String, Value>, _: Date) {}

    /// Remembers a new row that there is more to do for in the end.
    fn remember(_: &Row<Self>, _: Place, _: &mut Vec<(Row<Class>, Place)>) {}
}

/// Resources whose rules write one row after the other, and need to know nothing else: type, rules, and what is unique.
macro_rules! by_the_rules {
    ($($resource:ty: $create:path, $change:path $(, unique $field:literal)?;)*) => {$(
        impl Carried for $resource {
            const UNIQUE: &'static [&'static [&'static str]] = &[$(&[$field])?];

            async fn create(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>, _: Instant) -> Result<(), Problem> {
                $create(tx, studio, row).await
            }

            async fn change(
                tx: &mut Tx,
                studio: StudioId,
                current: Row<Self>,
                change: &Change<Self>,
                now: Instant,
            ) -> Result<(), Problem> {
                let fields = change.onto(&current.fields)?;
                $change(tx, studio, &mut current.edited(now, fields)).await
            }
        }
    )*};
}

by_the_rules! {
    Instructor: instructors::create, instructors::change, unique "slug";
    Room: in_its_location, rooms::change;
    Program: programs::create, programs::change, unique "slug";
    Plan: plans::create, plans::change;
}

/// A room of Management has its location in the path; one of a file names it.
async fn in_its_location(tx: &mut Tx, studio: StudioId, room: &mut Row<Room>) -> Result<(), Problem> {
    let nowhere = || Problem::invalid(vec![Fault::at("/location_id", "names no location of this studio")]);
    let location = room.fields.location_id.ok_or_else(nowhere)?;
    let created = rooms::create(tx, studio, location, room).await;
    created.map_err(|problem| if problem.code() == Code::NotFound { nowhere() } else { problem })
}

impl Carried for Location {
    async fn create(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>, _: Instant) -> Result<(), Problem> {
        locations::create(tx, studio, row).await
    }

    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem> {
        let fields = change.onto(&current.fields)?;
        let before = current.fields.time_zone.clone();
        locations::change(tx, studio, &current.edited(now, fields), before.as_ref(), now).await.map(drop)
    }
}

impl Carried for Coupon {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["code"]];

    async fn create(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>, _: Instant) -> Result<(), Problem> {
        coupons::create(tx, studio, row).await
    }

    async fn change(_: &mut Tx, _: StudioId, _: Row<Self>, _: &Change<Self>, _: Instant) -> Result<(), Problem> {
        Err(Problem::new(Code::Conflict, "A coupon is not changed once it is made: delete it, and import it anew."))
    }
}

impl Carried for Membership {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["email"]];

    async fn create(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>, now: Instant) -> Result<(), Problem> {
        let refused = Self::create_all(tx, studio, std::slice::from_mut(row), now).await?;
        refused.into_iter().next().map_or(Ok(()), |(_, problem)| Err(problem))
    }

    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: &mut [Row<Self>],
        now: Instant,
    ) -> Result<Vec<(usize, Problem)>, Problem> {
        members::carry_in(tx, studio, rows, now).await
    }

    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem> {
        members::follow(tx, studio, current, change, now).await
    }

    /// Who is brought along is a member, and was not invited: from today on, where nothing else is said.
    fn complete(line: &mut Map<String, Value>, today: Date) {
        let is_told = |line: &Map<String, Value>, field: &str| line.get(field).is_some_and(|value| !value.is_null());
        if is_told(line, "status") {
            return;
        }
        line.insert("status".into(), json!(MembershipStatus::Active));
        let is_over = line.get("ends_on").and_then(Value::as_str).is_some_and(|last| *last < *today.to_string());
        if !is_told(line, "starts_on") && !is_over {
            line.insert("starts_on".into(), json!(today.to_string()));
        }
    }
}

impl Carried for Class {
    async fn create(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>, _: Instant) -> Result<(), Problem> {
        classes::create_bare(tx, studio, row).await
    }

    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem> {
        classes::change(tx, studio, current, change, now).await.map(drop)
    }

    fn remember(row: &Row<Self>, place: Place, classes: &mut Vec<(Row<Class>, Place)>) {
        classes.push((row.clone(), place));
    }
}

impl Carried for Occurrence {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["class_id", "planned_start"]];

    async fn create(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>, now: Instant) -> Result<(), Problem> {
        let refused = Self::create_all(tx, studio, std::slice::from_mut(row), now).await?;
        refused.into_iter().next().map_or(Ok(()), |(_, problem)| Err(problem))
    }

    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: &mut [Row<Self>],
        now: Instant,
    ) -> Result<Vec<(usize, Problem)>, Problem> {
        schedule::carry_in(tx, studio, rows, now).await
    }

    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem> {
        schedule::reschedule(tx, studio, now, current, change).await.map(drop)
    }
}
