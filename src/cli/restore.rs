//! `restore`: replaces a SQLite database with a backup.

use std::path::PathBuf;

use clap::Args;

use super::{Done, Failure, database, output};
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
    /// A file made by `backup`
    file: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Adds the restore to the audit log of every studio.
async fn add_to_audit_log(db: &Db, now: Instant) -> Result<(), StoreError> {
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
        let DatabaseLocation::File(path) = database::location(shared)? else {
            return Err(Failure::refused("this is a PostgreSQL database: restore it with pg_restore"));
        };
        let now = Clock::System.now();
        let note = async |db: &Db| add_to_audit_log(db, now).await;
        let restored = restore::restore(&self.file, &path, now, note).await.map_err(Failure::refused)?;
        if self.json {
            return output::json(&restored);
        }
        eprintln!("{} now has the data of {}", restored.database.display(), self.file.display());
        if !restored.is_noted {
            eprintln!(
                "the audit log does not show the restore: the backup has an older schema, which `migrate` brings up to date"
            );
        }
        if let Some(replaced) = &restored.replaced {
            eprintln!("the previous database is kept at {}", replaced.display());
        }
        Ok(())
    }
}
