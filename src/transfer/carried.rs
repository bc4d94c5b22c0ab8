//! What a resource does for an import: how a new row is written, and how one that is there follows a line. Both go by
//! the rules that Management goes by.

use std::collections::HashMap;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::faults::Place;
use crate::{
    resources::{
        classes::{self, Class},
        content::{self, Content},
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
        write::{Change, Draft},
    },
};

/// What became of a new row: it was written so, or is refused.
pub type Outcome<T> = Result<Row<T>, Problem>;

/// A resource that is carried.
pub trait Carried: Input {
    /// Fields that no two rows share, in any case, beyond the id and the external id. Lines that do are found by this;
    /// the schema has the last word.
    const UNIQUE: &'static [&'static [&'static str]] = &[];

    /// Writes new rows, and tells of each what it became or why it is refused.
    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: Vec<Row<Self>>,
        now: Instant,
    ) -> Result<Vec<Outcome<Self>>, Problem>;

    /// Writes the next version of a row.
    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: &Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem>;

    /// What a new row says where its line says nothing, and an import knows better than Management.
    fn complete(_: &mut Map<String, Value>, _: Date) {}

    /// Remembers a new row that there is more to do for in the end.
    fn remember(_: Row<Self>, _: Place, _: &mut Vec<(Row<Class>, Place)>) {}
}

/// Writes rows one after the other.
async fn one_by_one<T: Carried>(
    rows: Vec<Row<T>>,
    mut create: impl AsyncFnMut(Draft<'static, T>) -> Outcome<T>,
) -> Result<Vec<Outcome<T>>, Problem> {
    let mut created = Vec::new();
    for row in rows {
        match create(Draft::whole(row)).await {
            Err(problem) if problem.code().status() >= 500 => return Err(problem),
            done => created.push(done),
        }
    }
    Ok(created)
}

/// What became of rows of which some are refused.
fn but<T: Carried>(rows: Vec<Row<T>>, refused: Vec<(usize, Problem)>) -> Vec<Outcome<T>> {
    let mut refused: HashMap<_, _> = refused.into_iter().collect();
    rows.into_iter().enumerate().map(|(at, row)| refused.remove(&at).map_or(Ok(row), Err)).collect()
}

/// Resources whose rules write one row after the other, and need to know nothing else: type, rules, and what is unique.
macro_rules! by_the_rules {
    ($($resource:ty: $create:path, $change:path $(, unique $field:literal)?;)*) => {$(
        impl Carried for $resource {
            const UNIQUE: &'static [&'static [&'static str]] = &[$(&[$field])?];

            async fn create_all(
                tx: &mut Tx,
                studio: StudioId,
                rows: Vec<Row<Self>>,
                _: Instant,
            ) -> Result<Vec<Outcome<Self>>, Problem> {
                one_by_one(rows, async |draft| $create(tx, studio, draft).await).await
            }

            async fn change(
                tx: &mut Tx,
                studio: StudioId,
                current: &Row<Self>,
                change: &Change<Self>,
                now: Instant,
            ) -> Result<(), Problem> {
                $change(tx, studio, current, change, now).await.map(drop)
            }
        }
    )*};
}

by_the_rules! {
    Instructor: instructors::create, instructors::change, unique "slug";
    Location: locations::create, locations::change;
    Room: in_its_location, rooms::change;
    Program: programs::create, programs::change, unique "slug";
    Plan: plans::create, plans::change;
}

/// A room of Management has its location in the path; one of a file names it.
async fn in_its_location(tx: &mut Tx, studio: StudioId, draft: Draft<'_, Room>) -> Result<Row<Room>, Problem> {
    let nowhere = || Problem::invalid(vec![Fault::at("/location_id", "names no location of this studio")]);
    let location = draft.fields().location_id.ok_or_else(nowhere)?;
    let created = rooms::create(tx, studio, location, draft).await;
    created.map_err(|problem| if problem.code() == Code::NotFound { nowhere() } else { problem })
}

impl Carried for Coupon {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["code"]];

    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: Vec<Row<Self>>,
        _: Instant,
    ) -> Result<Vec<Outcome<Self>>, Problem> {
        one_by_one(rows, async |draft| coupons::create(tx, studio, draft).await).await
    }

    async fn change(_: &mut Tx, _: StudioId, _: &Row<Self>, _: &Change<Self>, _: Instant) -> Result<(), Problem> {
        Err(Problem::new(Code::Conflict, "A coupon is not changed once it is made: delete it, and import it anew."))
    }
}

impl Carried for Content {
    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: Vec<Row<Self>>,
        now: Instant,
    ) -> Result<Vec<Outcome<Self>>, Problem> {
        one_by_one(rows, async |draft| content::create(tx, studio, draft, now).await).await
    }

    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: &Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem> {
        content::change(tx, studio, current, change, now).await.map(drop)
    }
}

impl Carried for Membership {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["email"]];

    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: Vec<Row<Self>>,
        now: Instant,
    ) -> Result<Vec<Outcome<Self>>, Problem> {
        let refused = members::carry_in(tx, studio, &rows, now).await?;
        Ok(but(rows, refused))
    }

    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: &Row<Self>,
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
    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: Vec<Row<Self>>,
        _: Instant,
    ) -> Result<Vec<Outcome<Self>>, Problem> {
        one_by_one(rows, async |draft| classes::create_bare(tx, studio, draft).await).await
    }

    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: &Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem> {
        classes::change(tx, studio, current, change, now).await.map(drop)
    }

    fn remember(row: Row<Self>, place: Place, classes: &mut Vec<(Row<Class>, Place)>) {
        classes.push((row, place));
    }
}

impl Carried for Occurrence {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["class_id", "planned_start"]];

    async fn create_all(
        tx: &mut Tx,
        studio: StudioId,
        rows: Vec<Row<Self>>,
        now: Instant,
    ) -> Result<Vec<Outcome<Self>>, Problem> {
        let refused = schedule::carry_in(tx, studio, &rows, now).await?;
        Ok(but(rows, refused))
    }

    async fn change(
        tx: &mut Tx,
        studio: StudioId,
        current: &Row<Self>,
        change: &Change<Self>,
        now: Instant,
    ) -> Result<(), Problem> {
        schedule::reschedule(tx, studio, current, change, now).await.map(drop)
    }
}
