//! `backup`: copies a SQLite database while servers and commands go on working on it.

use std::path::PathBuf;

use clap::Args;

use super::{Done, Failure, opened};
use crate::{
    config::Shared,
    store::{backup, open::Place},
};

/// The command's arguments.
#[derive(Args)]
pub struct Backup {
    /// The new file
    file: PathBuf,
}

impl Backup {
    /// Runs it.
    pub async fn run(self, shared: &Shared) -> Done {
        match opened::place(shared)? {
            Place::File(path) => backup::copy(&path, &self.file).await.map_err(Failure::refused),
            Place::Server(_) => Err(Failure::refused(
                "this database is a PostgreSQL server's: copy it with pg_dump, which it comes with",
            )),
        }
    }
}
