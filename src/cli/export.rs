//! `export`: writes a studio's rows to a directory.

use std::{
    fs::File,
    io::{self, Stdout, Write},
    mem,
    path::{Path, PathBuf},
    pin::pin,
};

use clap::Args;
use tar::{Builder, Header};
use tokio::task::spawn_blocking;

use super::{Done, Failure, database, output, progress};
use crate::{
    config::SharedOptions,
    server::signal,
    store::{
        audit::{self, Action, Subject},
        clock::Clock,
        db::Db,
        error::StoreError,
        id::StudioId,
    },
    transfer::{self, Exported, FileFormat},
};

/// Writes a studio's rows to a directory, as JSON Lines or CSV
///
/// A file for each resource, such as `classes.jsonl`, with a row on each line as Management answers it. All rows are
/// from one moment, and no other call waits. `import` reads the files back, also into another database or studio.
///
/// In a CSV, nested fields have columns such as `price.amount`, lists and metadata are JSON in one cell, and a text
/// that a spreadsheet would read as a formula is quoted. An import into a new studio makes the same rows of it. To bring a
/// copy up to date, import a newer export into another new studio.
///
/// Keys, passwords, invitations and e-mails are not exported, nor is the studio itself: `studio show --json` prints it.
/// The files hold personal data, so only their owner can read them.
#[derive(Args)]
pub struct Export {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// A new or empty directory; - writes an archive (tar) of the files to standard output, from temporary files in $TMPDIR
    #[arg(value_name = "DIRECTORY|-")]
    directory: PathBuf,
    /// The format of the files
    #[arg(long, value_enum, default_value_t)]
    format: FileFormat,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Adds the export to the audit log. Without the right to write, the export still succeeds.
async fn add_to_audit_log(db: &Db, studio: StudioId) -> Done {
    let added = async {
        let mut tx = db.begin().await?;
        let exported = Action::on_the_command_line("export", Subject::of(studio));
        audit::add(tx.on().of(studio), exported, Clock::System.now()).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(())
    };
    match added.await {
        Err(error) if error.is_for_lack_of_rights() => {
            eprintln!("the audit log does not show this export: the database is read-only here");
            Ok(())
        }
        added => Ok(added?),
    }
}

/// Writes an archive of the files to standard output. They are for their owner alone there, too.
fn write_archive(exported: &[Exported]) -> io::Result<()> {
    let mut archive = Builder::new(io::stdout());
    if let Err(error) = exported.iter().try_for_each(|done| append(&mut archive, &done.file)) {
        // Dropped, it would end like a whole one.
        mem::forget(archive);
        return Err(error);
    }
    archive.into_inner()?.flush()
}

fn append(archive: &mut Builder<Stdout>, path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut header = Header::new_gnu();
    header.set_metadata(&file.metadata()?);
    header.set_mode(0o600);
    archive.append_data(&mut header, Path::new(path.file_name().unwrap_or_default()), &mut file)
}

impl Export {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let to_output = self.directory.as_os_str() == "-";
        if to_output {
            output::for_a_file(self.json)?;
        }
        // Its owner alone may enter it, and it is removed at the end, also by a signal.
        let temporary = if to_output { Some(tempfile::tempdir()?) } else { None };
        let directory = temporary.as_ref().map_or(self.directory, |temporary| temporary.path().join("export"));
        let (bar, mut terminated) = (progress::of_rows("exporting"), pin!(signal::terminated()));
        let exported = database::read(shared, async |db| {
            let studio = database::studio(db, &self.studio).await?.id.studio();
            let tick = |rows| bar.inc(rows);
            let export = transfer::export(db, studio, &directory, self.format, &tick);
            tokio::select! {
                // First, so that the signal is handled before there are files. A dropped export removes its files.
                biased;
                () = &mut terminated => Err(Failure::refused("stopped: nothing was exported")),
                exported = export => {
                    let exported = exported?;
                    add_to_audit_log(db, studio).await?;
                    Ok(exported)
                }
            }
        })
        .await;
        bar.finish_and_clear();
        let exported = exported?;
        if to_output {
            let (files, rows) = (exported.len() as u64, exported.iter().map(|done| done.rows).sum::<u64>());
            tokio::select! {
                biased;
                () = terminated => return Err(Failure::refused("stopped: the archive is not whole, and no import takes it")),
                written = spawn_blocking(move || write_archive(&exported)) => written.map_err(io::Error::other)??,
            }
            eprintln!("standard output has {} in {}", output::counted(rows, "row"), output::counted(files, "file"));
            return Ok(());
        }
        if self.json {
            return output::json(&exported);
        }
        let rows: Vec<_> = exported
            .iter()
            .map(|done| [done.resource.to_owned(), done.rows.to_string(), done.file.display().to_string()])
            .collect();
        output::table(["RESOURCE", "ROWS", "FILE"], &rows)
    }
}
