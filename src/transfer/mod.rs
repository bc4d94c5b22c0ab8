//! A studio's rows, carried out into files and in again: what `export` and `import` do.
//!
//! A file holds the rows of one resource, a JSON object on each line as Management answers it, or the lines of a
//! spreadsheet; a line of the schedule says besides whether somebody has edited that occurrence (`edited`), which keeps it
//! from following its class, and what it had lacked before because that was taken (`gave_way`). Into a studio that never had
//! a row, an import brings what an export wrote as it was, ids, versions and times included, so that the rows of one
//! database can move into another. In any other studio, a line creates a row or changes one by Management's rules. An import
//! is written in one transaction, so that it happens as a whole or not at all. Memory holds a batch of lines and a few bytes
//! for each line's names, however long a file is.
//!
//! Keys, passwords, invitations and e-mails are no rows of a resource, and never carried.

mod apply;
mod check;
mod columns;
mod export;
mod faults;
#[cfg(fuzzing)]
pub mod fuzzing;
mod import;
mod importable;
mod known;
mod last_import;
mod read;
mod report;
mod seen;
mod staging;
mod store;
mod tables;
mod write;

use std::{fmt::Display, io};

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

pub use self::{
    columns::FileFormat,
    export::{Exported, export},
    faults::Faults,
    import::import,
    read::{
        File, Settings,
        dates::DateFormats,
        find,
        headings::{HeadingRule, Mapping},
    },
    report::Tally,
};
use self::{import::RunningImport, importable::Importable};
use crate::{
    resources::{
        bookings::Booking,
        classes::Class,
        content::Content,
        coupons::Coupon,
        instructors::Instructor,
        locations::{Location, rooms::Room},
        members::Membership,
        plans::Plan,
        programs::Program,
        schedule::Occurrence,
    },
    store::{
        db::Tx,
        error::StoreError,
        id::{Id, StudioId},
    },
    wire::{problem::Problem, schema},
};

/// The resources that are carried, each behind those that its rows name.
pub static KINDS: &[FileKind] = &[
    FileKind::of::<Instructor>("instructors"),
    FileKind::of::<Location>("locations"),
    FileKind::of::<Room>("rooms"),
    FileKind::of::<Program>("programs"),
    FileKind::of::<Plan>("plans"),
    FileKind::of::<Coupon>("coupons"),
    FileKind::of::<Content>("content"),
    FileKind::of::<Membership>("members"),
    FileKind::of::<Class>("classes"),
    FileKind::of::<Occurrence>("schedule"),
    FileKind::of::<Booking>("bookings"),
];

/// A resource that is carried, by the name that its files have.
pub struct FileKind {
    /// The name.
    pub name: &'static str,
    /// How often an import reads its files.
    pub reads: u64,
    /// The table of its rows.
    table: &'static str,
    schema: fn() -> Value,
    export: ExportRows,
    write: ImportLines,
}

/// Writes a studio's rows of one resource as lines, and says how many.
type ExportRows = for<'e> fn(
    &'e mut Tx,
    StudioId,
    (&'e mut dyn io::Write, FileFormat),
    Tick<'e>,
) -> LocalBoxFuture<'e, Result<u64, Stopped>>;

/// Writes the lines of a file into the staged tables, and says what became of them.
type ImportLines =
    for<'i> fn(&'i mut RunningImport, &'i File, &'i Settings<'_>) -> LocalBoxFuture<'i, Result<Tally, Stopped>>;

/// Told of progress: rows of an export, bytes of an import.
pub type Tick<'t> = &'t dyn Fn(u64);

/// Why nothing came of it.
#[derive(Debug)]
pub enum Stopped {
    /// It was asked for wrongly.
    Wrong(String),
    /// These lines are not right.
    Refused(Faults),
    /// The database or a file failed.
    Failed(String),
}

impl Stopped {
    fn failed(why: impl Display) -> Self {
        Self::Failed(why.to_string())
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::failed(error)
    }
}

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Self::failed(problem.detail())
    }
}

impl FileKind {
    const fn of<T: Importable>(name: &'static str) -> Self {
        Self {
            name,
            reads: if T::HAS_SLUG { 2 } else { 1 },
            table: T::TABLE,
            schema: row_schema::<T>,
            export: |tx, studio, out, tick| Box::pin(export::rows::<T>(tx.on().of(studio), out, tick)),
            write: |import, file, settings| Box::pin(write::file::<T>(import, file, settings)),
        }
    }
}

/// The schema of a line of a file.
fn row_schema<T: Importable>() -> Value {
    let id = serde_json::to_value(<Id<T> as utoipa::PartialSchema>::schema()).unwrap_or_default();
    let mut schema = schema::for_import(&schema::inlined::<T>(), id);
    for name in T::BY_NAME {
        schema["properties"][name] = json!({"type": ["string", "null"], "minLength": 1, "maxLength": 255});
    }
    for (name, field) in T::beside() {
        schema["properties"][name] = field;
    }
    schema
}
