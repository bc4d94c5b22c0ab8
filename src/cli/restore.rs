//! `restore`: puts a backup in the place of a SQLite database that no server serves.

use std::path::PathBuf;

use clap::Args;

use super::{Done, Failure, opened, output};
use crate::{
    config::SharedOptions,
    resources::studios,
    store::{
        audit::{self, Action, Subject},
        clock::Clock,
        db::Db,
        error::StoreError,
        instant::Instant,
        open::DatabaseLocation,
        restore,
    },
};

/// The command's arguments.
#[derive(Args)]
pub struct Restore {
    /// The backup, as `backup` made it
    file: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Writes into every studio's audit log that its rows are those of a backup from now on.
async fn note(db: &Db, now: Instant) -> Result<(), StoreError> {
    for studio in studios::list(db.read()).await? {
        let id = studio.id.studio();
        let mut tx = db.begin().await?;
        audit::add(&mut tx, id, Action::on_the_command_line("restore", Subject::of(id)), now).await?;
        tx.commit().await?;
    }
    Ok(())
}

impl Restore {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let DatabaseLocation::File(path) = opened::place(shared)? else {
            return Err(Failure::refused(
                "this database is a PostgreSQL server's: restore it with pg_restore, which it comes with",
            ));
        };
        let now = Clock::System.now();
        let note = async |db: &Db| note(db, now).await;
        let restored = restore::restore(&self.file, &path, now, note).await.map_err(Failure::refused)?;
        if self.json {
            return output::json(&restored);
        }
        eprintln!("{} holds what {} held", restored.database.display(), self.file.display());
        if !restored.is_noted {
            eprintln!(
                "the audit log does not show it: the backup has an older schema, which `migrate` brings up to date"
            );
        }
        if let Some(replaced) = &restored.replaced {
            eprintln!("what was there before is kept at {}", replaced.display());
        }
        Ok(())
    }
}
