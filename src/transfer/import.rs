//! An import from its first line to its commit: read and checked by itself, judged in staged tables that nobody waits for,
//! and written at once. What others have written meanwhile has it judged anew.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::{Map, json};

use super::{
    KINDS, Stopped, Tick,
    apply::{Applied, apply},
    check::Seen,
    dates::DateFormats,
    faults::{Faults, Place},
    headings::Mapping,
    importable::{Importable, To},
    report::Tally,
    source::File,
    staging::Staging,
    store::{self, ChangedOccurrence},
};
use crate::{
    resources::{
        at_the_end::at_the_end,
        classes::Class,
        locations::{
            self, LocationId,
            rooms::{self, RoomId},
        },
        schedule::{self, OccurrenceId},
        studios::Studio,
    },
    store::{
        audit::{Action, Subject},
        clock::Clock,
        db::Db,
        id::StudioId,
        moment::Moment,
        row::Row,
    },
    wire::problem::Problem,
};

/// Rows that are many at once: PostgreSQL looks again how a table's values are spread, and does not plan for an empty one.
const MANY: u64 = 2000;

/// Occurrences that are looked at together.
const TOGETHER: usize = 200;

/// Instants of an import beyond one for each line: for the occurrences that are laid out for its classes.
const MORE_INSTANTS: u32 = 100_000;

/// How often an import is judged anew, when others write meanwhile.
const TRIES: usize = 8;

/// How files are read.
pub struct Settings<'t> {
    /// Told of every byte that is read; each file is read twice.
    pub tick: Tick<'t>,
    /// What the columns of a spreadsheet are, beyond what their headings say.
    pub mapping: Mapping,
    /// How dates are written in a spreadsheet, besides as ours.
    pub dates: DateFormats,
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
pub struct Import<'s> {
    pub(super) staging: Staging,
    pub(super) made: u64,
    pub(super) faults: Faults,
    pub(super) later: Later,
    spared: &'s HashSet<OccurrenceId>,
}

/// What is left to do when all lines are written.
#[derive(Default)]
pub struct Later {
    /// New classes, which are laid out unless their occurrences came along.
    pub classes: Vec<(Row<Class>, Place)>,
    /// Locations that are archived.
    pub archived_locations: Vec<(LocationId, Place)>,
    /// Rooms that are.
    pub archived_rooms: Vec<(RoomId, Place)>,
    /// The lines of classes and of occurrences, by the ids of these.
    pub places: HashMap<String, Place>,
    /// The first location whose clocks are set to another zone.
    pub moved_clocks: Option<Place>,
}

/// Imports files into a studio: all of them, or nothing. A dry run does the same, and leaves it there.
///
/// # Errors
/// The lines that are not right; that a file or the database fails.
pub async fn import(
    db: &Db,
    studio: &Row<Studio>,
    files: &[File],
    settings: &Settings<'_>,
    dry_run: bool,
    clock: &Clock,
) -> Result<Imported, Stopped> {
    let (mut seen, mut faults) = (Seen::default(), Faults::default());
    for file in files {
        (file.kind.check)(file, settings, &mut seen, &mut faults)?;
    }
    refuse(faults)?;
    let spared = seen.occurrences;
    let instants = seen.lines.saturating_add(MORE_INSTANTS);
    drop(seen.names);
    let aside = db.by_one_connection().await?;
    let studio = studio.id.studio();
    for _ in 0..TRIES {
        let (staging, imported) =
            at_the_end(staged(&aside, studio, (files, settings, &spared), (clock, instants))).await?;
        let imported = Imported { dry_run, ..imported };
        if dry_run {
            return Ok(imported);
        }
        let written: u64 = imported.files.iter().map(|tally| tally.created + tally.changed).sum();
        let action = (written > 0).then(|| told(&imported));
        if apply(staging, clock, action).await? == Applied::Outdated {
            continue;
        }
        if written > MANY {
            let tables: Vec<_> = files.iter().map(|file| file.kind.table).collect();
            store::analyze(db, &tables).await;
        }
        return Ok(imported);
    }
    Err(Stopped::Failed("nothing was imported: others change this studio all the time. Try again later".into()))
}

/// What the audit log says of an import: how many rows of each resource it made and changed.
fn told(imported: &Imported) -> Action {
    let of_file =
        |tally: &Tally| (tally.resource.to_owned(), json!({"created": tally.created, "changed": tally.changed}));
    let counts: Map<_, _> = imported.files.iter().map(of_file).collect();
    Action { after: Some(counts.into()), ..Action::on_the_command_line("import", Subject::of(imported.studio)) }
}

/// Has all files written into staged tables, and judged as they end.
async fn staged(
    db: &Db,
    studio: StudioId,
    (files, settings, spared): (&[File], &Settings<'_>, &HashSet<OccurrenceId>),
    clock: (&Clock, u32),
) -> Result<(Staging, Imported), Stopped> {
    let resources: Vec<_> = files.iter().map(|file| file.kind.name).collect();
    let staging = Staging::begin(db, studio, &resources, clock).await?;
    let mut import = Import { staging, made: 0, faults: Faults::default(), later: Later::default(), spared };
    let mut tallies = Vec::new();
    for file in files {
        tallies.push((file.kind.write)(&mut import, file, settings).await?);
        // Lines that name the lines of this file would only be refused for the same reason.
        refuse(std::mem::take(&mut import.faults))?;
    }
    let occurrences_laid_out = import.finish().await?;
    Ok((import.staging, Imported { studio, dry_run: false, files: tallies, occurrences_laid_out }))
}

fn refuse(faults: Faults) -> Result<(), Stopped> {
    if faults.is_empty() { Ok(()) } else { Err(Stopped::Refused(faults)) }
}

impl Import<'_> {
    /// The moment of its next line: each has its own, so that lines keep their order.
    pub(super) fn moment(&self) -> Moment {
        self.staging.now.of_row(self.made)
    }

    /// Where it writes.
    pub(super) fn to(&mut self) -> To<'_> {
        let now = self.moment();
        let Staging { tx, studio, .. } = &mut self.staging;
        To { tx, studio: *studio, now, spared: self.spared }
    }

    /// The name of a resource.
    pub(super) fn kind_name<T: Importable>() -> &'static str {
        KINDS.iter().find(|kind| kind.table == T::TABLE).map_or(T::TABLE, |kind| kind.name)
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

    /// Lays out new classes, and judges what only the end shows: what is in the way of anything, and what is archived and
    /// still used.
    async fn finish(&mut self) -> Result<usize, Stopped> {
        let Later { classes, archived_locations, archived_rooms, places, moved_clocks } =
            std::mem::take(&mut self.later);
        let (studio, now) = (self.staging.studio, self.moment());
        let mut laid_out = 0;
        for (class, place) in classes {
            let done = schedule::lay_out_unless_imported(&mut self.staging.tx, studio, &class, now).await;
            let done = done.map(|created| laid_out += created);
            self.note_at(&place, done)?;
        }
        for (id, place) in archived_locations {
            let done = locations::refuse_in_use(&mut self.staging.tx, studio, id, now.clock).await;
            self.note_at(&place, done)?;
        }
        for (id, place) in archived_rooms {
            let done = rooms::refuse_in_use(&mut self.staging.tx, studio, id, now.clock).await;
            self.note_at(&place, done)?;
        }
        self.staging.compare().await?;
        if self.staging.has("occurrences") {
            self.refuse_clashes(&places, moved_clocks.as_ref()).await?;
        }
        refuse(std::mem::take(&mut self.faults))?;
        Ok(laid_out)
    }

    /// Refuses occurrences that are in the way of others, at their lines, those of their classes, or that of the location
    /// whose clocks moved them.
    async fn refuse_clashes(
        &mut self,
        places: &HashMap<String, Place>,
        moved_clocks: Option<&Place>,
    ) -> Result<(), Stopped> {
        let (studio, now) = (self.staging.studio, self.staging.now.clock);
        for some in self.staging.changed_occurrences(now).await?.chunks(TOGETHER) {
            let ids: Vec<_> = some.iter().map(|changed| changed.id).collect();
            for (id, problem) in schedule::clashes(&mut self.staging.tx, studio, &ids, now).await? {
                let class =
                    some.iter().find(|changed| changed.id == id).map(|ChangedOccurrence { class_id, .. }| class_id);
                let place = places.get(&id.to_string()).or_else(|| places.get(&class?.to_string())).or(moved_clocks);
                match place {
                    Some(place) => self.note_at(place, Err(problem))?,
                    None => return Err(problem.into()),
                }
            }
        }
        Ok(())
    }
}
