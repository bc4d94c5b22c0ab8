//! `restore`: puts a backup in the place of a SQLite database that no server serves.

use std::path::PathBuf;

use clap::Args;

use super::{Done, Failure, opened, output};
use crate::{
    config::Shared,
    store::{clock::Clock, open::Place, restore},
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

impl Restore {
    /// Runs it.
    pub async fn run(self, shared: &Shared) -> Done {
        let Place::File(path) = opened::place(shared)? else {
            return Err(Failure::refused(
                "this database is a PostgreSQL server's: restore it with pg_restore, which it comes with",
            ));
        };
        let restored = restore::restore(&self.file, &path, Clock::System.now()).await.map_err(Failure::refused)?;
        if self.json {
            return output::json(&restored);
        }
        eprintln!("{} holds what {} held", restored.database.display(), self.file.display());
        if let Some(replaced) = &restored.replaced {
            eprintln!("what was there before is kept at {}", replaced.display());
        }
        Ok(())
    }
}
