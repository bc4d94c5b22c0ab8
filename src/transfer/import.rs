//! An import from its first line to its commit.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde::Serialize;

use super::{
    Stopped, Tick,
    carried::To,
    check::Seen,
    dates::DateFormat,
    faults::{Faults, Place},
    source::File,
    store,
    write::Tally,
};
use crate::{
    resources::{
        classes::{Class, ClassId},
        locations::LocationId,
        members,
        schedule::{self, Changed, Lines, OccurrenceId},
        studios::Studio,
    },
    store::{
        clock::Clock,
        db::{Db, Tx},
        id::StudioId,
        moment::Moment,
        row::Row,
        turns::lock_studio,
    },
    wire::problem::Problem,
};

/// Rows that are many at once: PostgreSQL looks again how a table's values are spread, and does not plan for an empty one.
const MANY: u64 = 2000;

/// Instants for what lines bring about beside their rows, such as occurrences.
const MORE_INSTANTS: u32 = 1000;

/// Occurrences that are looked at together.
const TOGETHER: usize = 200;

/// How files are read.
#[derive(Clone, Copy)]
pub struct Settings<'t> {
    /// Told of every byte that is read; each file is read twice.
    pub tick: Tick<'t>,
    /// Whether columns of a spreadsheet that are no field are passed over.
    pub ignore_unknown: bool,
    /// How dates are written in a spreadsheet, besides as ours.
    pub dates: Option<DateFormat>,
}

/// What an import did, or would do.
#[derive(Debug, Serialize)]
pub struct Imported {
    /// Whose rows they are.
    pub studio: StudioId,
    /// Whether it was only asked about.
    pub dry_run: bool,
    /// File by file.
    pub files: Vec<Tally>,
    /// Occurrences that were laid out for new classes.
    pub occurrences_laid_out: usize,
}

/// An import that is under way.
pub struct Import {
    pub(super) tx: Tx,
    pub(super) studio: StudioId,
    now: Moment,
    pub(super) today: Date,
    /// The lines that were looked at.
    pub(super) made: u64,
    /// Whether the times of changes that lines say stand: nobody has followed these rows before.
    pub(super) times_stand: bool,
    pub(super) faults: Faults,
    /// The classes of which occurrences come along.
    pub(super) scheduled: HashSet<String>,
    pub(super) later: Later,
}

/// What is left to do when all lines are written.
#[derive(Default)]
pub struct Later {
    /// Classes to lay out, unless their occurrences came along.
    pub classes: Vec<(Row<Class>, Place)>,
    /// Locations whose clocks are set to another zone.
    pub zones: Vec<(LocationId, Place)>,
    /// Classes that are there in a later version.
    pub followed: Vec<(ClassId, Place)>,
    /// The occurrences that lines are about.
    pub lines: Lines,
    /// New occurrences, which are perhaps in the way of others.
    pub new: Vec<(OccurrenceId, Place)>,
    /// Occurrences that have moved, and perhaps into the way of others.
    pub moved: Vec<(OccurrenceId, Place)>,
}

/// Imports files into a studio: all of them, or nothing. A dry run does the same, and takes it back.
///
/// # Errors
/// The lines that are not right; that a file or the database fails.
pub async fn import(
    db: &Db,
    studio: &Row<Studio>,
    files: &[File],
    settings: Settings<'_>,
    dry_run: bool,
    clock: &Clock,
) -> Result<Imported, Stopped> {
    let (mut seen, mut faults) = (Seen::default(), Faults::default());
    for file in files {
        (file.kind.check)(file, settings, &mut seen, &mut faults)?;
    }
    refuse(faults)?;
    let scheduled = std::mem::take(&mut seen.classes);
    let lines = Lines { ahead: std::mem::take(&mut seen.occurrences), ..Lines::default() };
    let instants = seen.lines.saturating_add(MORE_INSTANTS);
    drop(seen);
    let (mut tx, now) = db.begin_write_of(clock, instants).await?;
    let today = members::today(&studio.fields, now.clock)?;
    let studio = studio.id.studio();
    lock_studio(&mut tx, studio).await?;
    let (faults, later) = (Faults::default(), Later { lines, ..Later::default() });
    let mut import = Import { tx, studio, now, today, made: 0, times_stand: false, faults, scheduled, later };
    let mut tallies = Vec::new();
    for file in files {
        tallies.push((file.kind.write)(&mut import, file, settings).await?);
        // Lines that name the lines of this file would only be refused for the same reason.
        refuse(std::mem::take(&mut import.faults))?;
    }
    let occurrences_laid_out = import.finish().await?;
    if !dry_run {
        import.tx.commit().await?;
        let written: u64 = tallies.iter().map(|tally| tally.created + tally.changed).sum();
        if written > MANY {
            let tables: Vec<_> = files.iter().map(|file| file.kind.table).collect();
            store::analyze(db, &tables).await;
        }
    }
    Ok(Imported { studio, dry_run, files: tallies, occurrences_laid_out })
}

fn refuse(faults: Faults) -> Result<(), Stopped> {
    if faults.is_empty() { Ok(()) } else { Err(Stopped::Refused(faults)) }
}

impl Import {
    /// The moment of its next line: each has its own, so that who follows does not read all of them over and over.
    pub(super) fn moment(&self) -> Moment {
        self.now.of_row(self.made)
    }

    /// Where it writes.
    pub(super) fn to(&mut self) -> To<'_> {
        let now = self.moment();
        To { tx: &mut self.tx, studio: self.studio, now, lines: &mut self.later.lines }
    }

    /// Notes that a line is refused.
    pub(super) fn note(&mut self, file: &File, line: u64, done: Result<(), Problem>) -> Result<(), Stopped> {
        self.note_at(&file.place(line), done)
    }

    fn note_at(&mut self, place: &Place, done: Result<(), Problem>) -> Result<(), Stopped> {
        match done {
            Err(problem) if problem.code().status() >= 500 => Err(problem.into()),
            Err(problem) => {
                self.faults.add_problem(place, &problem);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Has the schedule follow what has changed, as far as it did not come along, and looks whether what did is in the way of
    /// anything.
    async fn finish(&mut self) -> Result<usize, Stopped> {
        let Later { classes, followed, zones, lines, new, moved } = std::mem::take(&mut self.later);
        if !self.scheduled.is_empty() {
            self.follow(&followed, &zones, &lines).await?;
        }
        for some in new.chunks(TOGETHER) {
            let ids: Vec<_> = some.iter().map(|(id, _)| *id).collect();
            let places: HashMap<_, _> = some.iter().map(|(id, place)| (*id, place)).collect();
            for (id, problem) in schedule::clashes(&mut self.tx, self.studio, &ids, self.now.clock).await? {
                self.note_at(places[&id], Err(problem))?;
            }
        }
        for (id, place) in moved {
            let done = schedule::refuse_clash(&mut self.tx, self.studio, id, self.now.clock).await;
            self.note_at(&place, done)?;
        }
        let (mut laid_out, moment) = (0, self.moment());
        for (class, place) in classes {
            let done = schedule::lay_out_unless_carried(&mut self.tx, self.studio, &class, moment).await;
            let done = done.map(|created| laid_out += created);
            self.note_at(&place, done)?;
        }
        refuse(std::mem::take(&mut self.faults))?;
        Ok(laid_out)
    }

    /// Has the occurrences that no line is about follow their classes, and the clocks that were set to another zone. Without
    /// a schedule in the files that was done at once.
    async fn follow(
        &mut self,
        classes: &[(ClassId, Place)],
        zones: &[(LocationId, Place)],
        lines: &Lines,
    ) -> Result<(), Stopped> {
        let classes: Vec<_> = classes.iter().filter(|(id, _)| self.scheduled.contains(&id.to_string())).collect();
        let places = classes.iter().map(|(_, place)| place).chain(zones.iter().map(|(_, place)| place));
        let Some(first) = places.into_iter().next() else { return Ok(()) };
        let changed = Changed {
            locations: zones.iter().map(|(location, _)| Some(*location)).collect(),
            classes: classes.iter().map(|(class, _)| *class).collect(),
        };
        let moment = self.moment();
        let done = schedule::follow_all(&mut self.tx, self.studio, &changed, &lines.brought, moment).await;
        self.note_at(first, done.map(drop))
    }
}
