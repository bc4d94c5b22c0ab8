//! What a resource does for an import: how a new row is written, and how one that is there is changed by a line. Both go by
//! the rules that Management goes by.

mod with_more;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::{
    operation::write::{Change, Draft},
    resources::{content::Content, instructors::Instructor, plans::Plan, programs::Program, rules},
    store::{error::StoreError, id::Id, row::Row, studio::StudioOn, turns::TimetableTx},
    wire::{
        input::Input,
        problem::{Fault, Problem},
    },
};

/// Rows that are refused, by where they stand among those that were to be written.
pub type Refused = Result<Vec<(usize, Problem)>, Problem>;
/// What a line changes, and the fields as they are after it.
pub type After<'l, T> = (&'l Change<T>, T);
/// What files tell of rows beside their fields, by the ids of these.
pub type ExtrasById<T> = HashMap<Id<T>, Map<String, Value>>;

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
    /// Whether its rows have slugs, which are derived where lines say none.
    const HAS_SLUG: bool = false;
    /// Read-only fields that a line may change in a row that is there.
    const SETS: &'static [&'static str] = &[];
    /// What a line may say besides its fields: a row that it refers to, by a name of that.
    const BY_NAME: &'static [&'static str] = &[];
    /// A truth that a person may take back, and that no file gives again.
    const CONSENT: Option<&'static str> = None;
    /// Why no line creates a row of a studio that has rows, if that is so, and what to do; it ends without a full stop.
    const NOT_CREATED: Option<&'static str> = None;

    /// Writes new rows; which of them are refused, and then none is to be kept.
    async fn create_all(tx: &mut TimetableTx, rows: Vec<Row<Self>>) -> Refused;

    /// Writes the next version of a row: what a line changes, or the fields as they are after it.
    async fn change(tx: &mut TimetableTx, current: &Row<Self>, after: After<'_, Self>) -> Result<(), Problem>;

    /// Replaces names in lines by ids; what is not found is taken out and reported.
    async fn look_up(_: &mut TimetableTx, _: &mut Vec<(u64, Value)>) -> Result<Vec<(u64, Fault)>, Problem> {
        Ok(Vec::new())
    }

    /// Whose consent was taken back here.
    async fn withdrawn(_: StudioOn<'_>, _: &[Id<Self>]) -> Result<HashSet<Id<Self>>, StoreError> {
        Ok(HashSet::new())
    }

    /// What no answer shows and yet decides how a row goes on: files have it beside the fields, so that a copy goes on as its
    /// original does. Names and schemas.
    fn beside() -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// What these rows have of it.
    async fn beside_of(_: StudioOn<'_>, _: &[Id<Self>]) -> Result<ExtrasById<Self>, StoreError> {
        Ok(HashMap::new())
    }

    /// Keeps it as the lines of new rows say. Of those whose lines say nothing, it was derived when they were written.
    async fn keep_beside(_: &mut TimetableTx, _: &[(Id<Self>, Value)]) -> Result<(), StoreError> {
        Ok(())
    }

    /// What a new row says where its line says nothing, and an import knows better than Management.
    fn complete(_: &mut Map<String, Value>) {}
}

/// Writes rows one after the other.
async fn one_by_one<T: Importable>(
    rows: Vec<Row<T>>,
    mut create: impl AsyncFnMut(Draft<'static, T>) -> Result<Row<T>, Problem>,
) -> Refused {
    let mut refused = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        match create(Draft::whole(row)).await {
            Err(problem) if problem.code().status() >= 500 => return Err(problem),
            Err(problem) => refused.push((at, problem)),
            Ok(_) => {}
        }
    }
    Ok(refused)
}

const SLUG: Unique = Unique { fields: &["slug"], key: "slug", taken: "is taken" };

/// Resources that are written by their rules, one row after the other.
macro_rules! by_the_rules {
    ($($resource:ty $(, $with_slug:ident)?;)*) => {$(
        impl Importable for $resource {
            $(const UNIQUE: &'static [Unique] = &[$with_slug];
            const HAS_SLUG: bool = true;)?

            async fn create_all(tx: &mut TimetableTx, rows: Vec<Row<Self>>) -> Refused {
                one_by_one(rows, async |draft| rules::create_row::<$resource>(tx, draft).await).await
            }

            async fn change(tx: &mut TimetableTx, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
                rules::change_row::<$resource>(tx, current, change).await.map(drop)
            }
        }
    )*};
}

by_the_rules! {
    Instructor, SLUG;
    Program, SLUG;
    Plan;
    Content;
}
