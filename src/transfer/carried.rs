//! What a resource does for an import: how a new row is written, and how one that is there follows a line. Both go by
//! the rules that Management goes by.

mod with_more;

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{faults::Place, import::Later};
use crate::{
    resources::{
        instructors::{self, Instructor},
        locations::rooms::{self, Room},
        plans::{self, Plan},
        programs::{self, Program},
        schedule::Lines,
    },
    store::{
        db::{On, Tx},
        error::StoreError,
        id::{Id, StudioId},
        moment::Moment,
        row::Row,
    },
    wire::{
        input::Input,
        problem::{Code, Fault, Problem},
        write::{Change, Draft},
    },
};

/// What became of a new row: it was written so, or is refused.
pub type Outcome<T> = Result<Row<T>, Problem>;
/// What became of each of several.
pub type Outcomes<T> = Result<Vec<Outcome<T>>, Problem>;
/// What a line changes, and the fields as they are after it.
pub type After<'l, T> = (&'l Change<T>, T);

/// Where an import writes, and when.
pub struct To<'t> {
    /// Its transaction.
    pub tx: &'t mut Tx,
    /// Whose rows these are.
    pub studio: StudioId,
    /// Now.
    pub now: Moment,
    /// The occurrences that its lines are about.
    pub lines: &'t mut Lines,
}

/// A resource that is carried.
pub trait Carried: Input {
    /// Fields that no two rows share, in any case, beyond the id and the external id. Lines that do are found by this;
    /// the schema has the last word.
    const UNIQUE: &'static [&'static [&'static str]] = &[];
    /// Read-only fields that a line may change in a row that is there, without being a later version of it.
    const SETS: &'static [&'static str] = &[];
    /// What a line may say besides its fields: a row that it refers to, by a name of that.
    const BY_NAME: &'static [&'static str] = &[];
    /// The mark that decides what becomes of a row and stands in no answer, where there is one: files tell it besides the
    /// fields, so that a copy goes on as its original does.
    const MARK: Option<&'static str> = None;

    /// Writes new rows, and tells of each what it became or why it is refused.
    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self>;

    /// Writes the next version of a row: what a line changes, or the fields as they are after it.
    async fn change(to: To<'_>, current: &Row<Self>, after: After<'_, Self>) -> Result<(), Problem>;

    /// Writes a later version of a row as it stands. Where the schedule comes along, it is not fitted to what has changed, or
    /// only in the end.
    async fn replace(to: To<'_>, before: &Row<Self>, later: Row<Self>, with_schedule: bool) -> Result<(), Problem>;

    /// Puts ids in the place of names that lines say instead; what is not found is taken out and told.
    async fn look_up(_: To<'_>, _: &mut Vec<(u64, Value)>) -> Result<Vec<(u64, Fault)>, Problem> {
        Ok(Vec::new())
    }

    /// Which of these rows have the mark.
    async fn marked(_: On<'_>, _: StudioId, _: &[Id<Self>]) -> Result<HashSet<Id<Self>>, StoreError> {
        Ok(HashSet::new())
    }

    /// Marks rows as their lines say, or takes the mark from them. Of those whose lines say nothing, it was worked out when
    /// they were written.
    async fn mark(_: On<'_>, _: StudioId, _: &[Id<Self>], _is_marked: bool) -> Result<(), StoreError> {
        Ok(())
    }

    /// What a new row says where its line says nothing, and an import knows better than Management.
    fn complete(_: &mut Map<String, Value>, _: Date) {}

    /// Remembers a row that there is more to do for in the end: a new one, or a later version of the one before.
    fn remember(_: Row<Self>, _: Place, _before: Option<&Row<Self>>, _: &mut Later) {}

    /// Notes a row that was there, and that a line is about.
    fn note(_: Id<Self>, _: &mut Later) {}

    /// Refuses a line that leaves its row where it was, when that is not there any more.
    ///
    /// # Errors
    /// `validation_failed`.
    fn stay(_: Id<Self>, _: &Later) -> Result<(), Problem> {
        Ok(())
    }
}

/// Writes rows one after the other.
async fn one_by_one<T: Carried>(
    rows: Vec<Row<T>>,
    mut create: impl AsyncFnMut(Draft<'static, T>) -> Outcome<T>,
) -> Outcomes<T> {
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
    ($($resource:ty: $create:path, $change:path, $replace:path $(, unique $field:literal)?;)*) => {$(
        impl Carried for $resource {
            const UNIQUE: &'static [&'static [&'static str]] = &[$(&[$field])?];

            async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
                one_by_one(rows, async |draft| $create(to.tx, to.studio, draft).await).await
            }

            async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
                $change(to.tx, to.studio, current, change, to.now).await.map(drop)
            }

            async fn replace(to: To<'_>, _: &Row<Self>, later: Row<Self>, _: bool) -> Result<(), Problem> {
                $replace(to.tx, to.studio, later).await
            }
        }
    )*};
}

by_the_rules! {
    Instructor: instructors::create, instructors::change, instructors::replace, unique "slug";
    Room: in_its_location, rooms::change, rooms::replace;
    Program: programs::create, programs::change, programs::replace, unique "slug";
    Plan: plans::create, plans::change, plans::replace;
}

/// A room of Management has its location in the path; one of a file names it.
async fn in_its_location(tx: &mut Tx, studio: StudioId, draft: Draft<'_, Room>) -> Result<Row<Room>, Problem> {
    let nowhere = || Problem::invalid(vec![Fault::at("/location_id", "names no location of this studio")]);
    let location = draft.fields().location_id.ok_or_else(nowhere)?;
    let created = rooms::create(tx, studio, location, draft).await;
    created.map_err(|problem| if problem.code() == Code::NotFound { nowhere() } else { problem })
}
