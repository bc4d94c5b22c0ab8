//! What a resource does for an import: how a new row is written, and how one that is there is changed by a line. Both go by
//! the rules that Management goes by.

mod with_more;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{faults::Place, import::Later};
use crate::{
    operation::write::{Change, Draft},
    resources::{
        content::Content,
        instructors::Instructor,
        locations::rooms::{self, Room},
        plans::Plan,
        programs::Program,
        rules,
        schedule::OccurrenceId,
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
    /// The occurrences that its lines are about, which give way to no other.
    pub spared: &'t HashSet<OccurrenceId>,
}

/// A value that no two rows of a studio share.
pub struct Unique {
    /// The field, or the fields that say it together.
    pub fields: &'static [&'static str],
    /// What two rows must not have the same of, in SQL.
    pub key: &'static str,
    /// What is said of one that is another row's.
    pub taken: &'static str,
}

/// A resource whose rows are imported.
pub trait Importable: Input {
    /// What no two rows share, beyond the id and the external id.
    const UNIQUE: &'static [Unique] = &[];
    /// Read-only fields that a line may change in a row that is there.
    const SETS: &'static [&'static str] = &[];
    /// What a line may say besides its fields: a row that it refers to, by a name of that.
    const BY_NAME: &'static [&'static str] = &[];
    /// A truth that a person may take back, and that no file gives again.
    const CONSENT: Option<&'static str> = None;
    /// The mark that decides what becomes of a row and stands in no answer, where there is one: files tell it besides the
    /// fields, so that a copy goes on as its original does.
    const MARK: Option<&'static str> = None;

    /// Writes new rows, and tells of each what it became or why it is refused.
    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self>;

    /// Writes the next version of a row: what a line changes, or the fields as they are after it.
    async fn change(to: To<'_>, current: &Row<Self>, after: After<'_, Self>) -> Result<(), Problem>;

    /// Puts ids in the place of names that lines say instead; what is not found is taken out and told.
    async fn look_up(_: To<'_>, _: &mut Vec<(u64, Value)>) -> Result<Vec<(u64, Fault)>, Problem> {
        Ok(Vec::new())
    }

    /// Whose consent was taken back here.
    async fn withdrawn(_: On<'_>, _: StudioId, _: &[Id<Self>]) -> Result<HashSet<Id<Self>>, StoreError> {
        Ok(HashSet::new())
    }

    /// Which of these rows have the mark.
    async fn marked(_: On<'_>, _: StudioId, _: &[Id<Self>]) -> Result<HashSet<Id<Self>>, StoreError> {
        Ok(HashSet::new())
    }

    /// Marks new rows as their lines say, or takes the mark from them. Of those whose lines say nothing, it was worked out
    /// when they were written.
    async fn mark(_: On<'_>, _: StudioId, _: &[Id<Self>], _is_marked: bool) -> Result<(), StoreError> {
        Ok(())
    }

    /// What a new row says where its line says nothing, and an import knows better than Management.
    fn complete(_: &mut Map<String, Value>) {}

    /// Remembers a row that there is more to look at for in the end: a new one, or one that was so before.
    fn remember(_: Row<Self>, _: Place, _before: Option<&Row<Self>>, _: &mut Later) {}
}

/// Writes rows one after the other.
async fn one_by_one<T: Importable>(
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
fn but<T: Importable>(rows: Vec<Row<T>>, refused: Vec<(usize, Problem)>) -> Vec<Outcome<T>> {
    let mut refused: HashMap<_, _> = refused.into_iter().collect();
    rows.into_iter().enumerate().map(|(at, row)| refused.remove(&at).map_or(Ok(row), Err)).collect()
}

const SLUG: &[Unique] = &[Unique { fields: &["slug"], key: "slug", taken: "is taken" }];

/// Resources that are written by their rules, one row after the other, and what is unique to them.
macro_rules! by_the_rules {
    ($($resource:ty $(, unique $unique:expr)?;)*) => {$(
        impl Importable for $resource {
            $(const UNIQUE: &'static [Unique] = $unique;)?

            async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
                one_by_one(rows, async |draft| rules::create_row(to.tx, to.studio, draft, to.now).await).await
            }

            async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
                rules::change_row(to.tx, to.studio, current, change, to.now).await.map(drop)
            }
        }
    )*};
}

by_the_rules! {
    Instructor, unique SLUG;
    Program, unique SLUG;
    Plan;
    Content;
}

/// A room of Management has its location in the path; one of a file names it.
async fn in_its_location(
    tx: &mut Tx,
    studio: StudioId,
    draft: Draft<'_, Room>,
    now: Moment,
) -> Result<Row<Room>, Problem> {
    let nowhere = || Problem::invalid(vec![Fault::at("/location_id", "names no location of this studio")]);
    let location = draft.fields().location_id.ok_or_else(nowhere)?;
    let created = rooms::create(tx, studio, location, draft, now).await;
    created.map_err(|problem| if problem.code() == Code::NotFound { nowhere() } else { problem })
}
