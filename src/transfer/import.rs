//! An import from its first line to its commit. Its lines are checked and written by the rules of their resources, in
//! temporary tables that nobody waits for ([`super::staging`]); what these end with is written at once ([`super::apply`]).
//! Where others have written meanwhile, it begins again.
//!
//! It has two modes ([`Mode`](super::staging::Mode)). Into a studio that never had a row, an export is imported unchanged,
//! with ids, versions and times. In any other, a line creates a row or changes one, by Management's rules.

use serde::Serialize;
use serde_json::{Map, json};

use super::{
    Stopped,
    apply::{Applied, apply},
    faults::{Faults, FileLine},
    read::{File, Settings},
    report::Tally,
    seen::SeenLines,
    staging::Staging,
    store::{self, ChangedOccurrence},
};
use crate::{
    resources::{
        at_the_end::at_the_end,
        locations::{self, Location, rooms::Room},
        schedule,
        studios::Studio,
    },
    store::{
        audit::{Action, Subject},
        clock::Clock,
        db::Db,
        id::StudioId,
        moment::Moment,
        row::Row,
        turns::TimetableTx,
    },
    wire::problem::Problem,
};

/// Rows that are many at once: PostgreSQL looks again how a table's values are spread, and does not plan for an empty one.
const MANY: u64 = 2000;

/// Occurrences that are looked at together.
const TOGETHER: usize = 200;

/// How often an import begins again, when others write meanwhile.
const TRIES: usize = 8;

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
pub struct RunningImport {
    /// Where it writes.
    pub staging: Staging,
    /// What its lines have said.
    pub seen: SeenLines,
    /// What is wrong with them.
    pub faults: Faults,
    /// How many lines were written.
    pub made: u64,
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
    let (aside, studio) = (db.by_one_connection().await?, studio.id.studio());
    for _ in 0..TRIES {
        let (staging, files_written, occurrences_laid_out) =
            at_the_end(staged(&aside, studio, files, settings, clock)).await?;
        let imported = Imported { studio, dry_run, files: files_written, occurrences_laid_out };
        if dry_run {
            return Ok(imported);
        }
        let written: u64 = imported.files.iter().map(|tally| tally.created + tally.changed).sum();
        let action = (written > 0).then(|| audited(&imported));
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
fn audited(imported: &Imported) -> Action {
    let of_file =
        |tally: &Tally| (tally.resource.to_owned(), json!({"created": tally.created, "changed": tally.changed}));
    let counts: Map<_, _> = imported.files.iter().map(of_file).collect();
    Action { after: Some(counts.into()), ..Action::on_the_command_line("import", Subject::of(imported.studio)) }
}

/// Writes all files into staged tables, and checks what they end with: the tables, what became of each file, and how many
/// occurrences were laid out.
async fn staged(
    db: &Db,
    studio: StudioId,
    files: &[File],
    settings: &Settings<'_>,
    clock: &Clock,
) -> Result<(Staging, Vec<Tally>, usize), Stopped> {
    let resources: Vec<_> = files.iter().map(|file| file.kind.name).collect();
    let staging = Staging::begin(db, studio, &resources, clock).await?;
    let mut import = RunningImport { staging, seen: SeenLines::default(), faults: Faults::default(), made: 0 };
    let mut tallies = Vec::new();
    for file in files {
        tallies.push((file.kind.write)(&mut import, file, settings).await?);
    }
    import.refuse()?;
    let laid_out = import.lay_out().await?;
    import.refuse_places_in_use().await?;
    import.staging.compare().await?;
    if import.staging.has("occurrences") {
        import.refuse_clashes().await?;
    }
    import.refuse()?;
    Ok((import.staging, tallies, laid_out))
}

impl RunningImport {
    /// The moment of its next line: each has its own, so that lines keep their order.
    pub fn moment(&self) -> Moment {
        self.staging.now.of_row(self.made)
    }

    /// The transaction that the rules write in, at the moment of the next line.
    pub fn tx(&mut self) -> &mut TimetableTx {
        self.staging.tx.now = self.moment();
        &mut self.staging.tx
    }

    /// Notes that a line is refused.
    pub fn note(&mut self, place: &FileLine, done: Result<(), Problem>) -> Result<(), Stopped> {
        match done {
            Err(problem) if problem.code().status() >= 500 => Err(problem.into()),
            Err(problem) => {
                self.faults.add_problem(place, &problem);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// The same of a row, by the line that it was made or changed by.
    fn note_of(&mut self, resource: &str, id: &str, done: Result<(), Problem>) -> Result<(), Stopped> {
        match (self.seen.place(resource, id).cloned(), done) {
            (Some(place), done) => self.note(&place, done),
            (None, done) => Ok(done?),
        }
    }

    /// Ends here if a line is refused.
    fn refuse(&mut self) -> Result<(), Stopped> {
        let faults = std::mem::take(&mut self.faults);
        if faults.is_empty() { Ok(()) } else { Err(Stopped::Refused(faults)) }
    }

    /// Lays out new classes, unless their occurrences came along; how many occurrences that makes.
    async fn lay_out(&mut self) -> Result<usize, Stopped> {
        self.staging.tx.now = self.moment();
        let mut laid_out = 0;
        for class in self.staging.new_classes().await? {
            let done = schedule::lay_out_unless_imported(&mut self.staging.tx, &class).await;
            let done = done.map(|created| laid_out += created);
            self.note_of("classes", &class.id.to_string(), done)?;
        }
        Ok(laid_out)
    }

    /// Refuses to archive places that are still used when all lines are written.
    async fn refuse_places_in_use(&mut self) -> Result<(), Stopped> {
        for id in self.staging.newly_archived::<Location>().await? {
            let done = locations::refuse_in_use(&mut self.staging.tx, id).await;
            self.note_of("locations", &id.to_string(), done)?;
        }
        for id in self.staging.newly_archived::<Room>().await? {
            let done = locations::refuse_in_use(&mut self.staging.tx, id).await;
            self.note_of("rooms", &id.to_string(), done)?;
        }
        Ok(())
    }

    /// Refuses occurrences that are in the way of others: at their lines, those of their classes, or those of the locations
    /// whose clocks moved them.
    async fn refuse_clashes(&mut self) -> Result<(), Stopped> {
        let now = self.staging.now.clock;
        for some in self.staging.changed_occurrences(now).await?.chunks(TOGETHER) {
            let ids: Vec<_> = some.iter().map(|changed| changed.id).collect();
            for (id, problem) in schedule::clashes(&mut self.staging.tx, &ids).await? {
                let changed = some.iter().find(|changed| changed.id == id);
                match changed.and_then(|changed| self.place_of(changed)) {
                    Some(place) => self.note(&place, Err(problem))?,
                    None => return Err(problem.into()),
                }
            }
        }
        Ok(())
    }

    fn place_of(&self, changed: &ChangedOccurrence) -> Option<FileLine> {
        let ChangedOccurrence { id, class_id, location_id } = changed;
        let place = self.seen.place("schedule", &id.to_string());
        let place = place.or_else(|| self.seen.place("classes", &class_id.to_string()));
        place.or_else(|| self.seen.place("locations", &location_id.as_ref()?.to_string())).cloned()
    }
}
