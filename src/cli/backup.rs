//! `backup`: copies a SQLite database while servers and commands use it.

use std::{io, path::PathBuf};

use clap::Args;
use indicatif::HumanBytes;
use serde_json::json;

use super::{Done, Failure, database, output};
use crate::{
    config::SharedOptions,
    server::signal,
    store::{
        backup,
        open::{DatabaseLocation, OpenError},
    },
};

/// Copies a SQLite database, even while a server uses it
///
/// The copy is a complete database: serve it with --database, or put it back with `restore`. It has all data of all studios,
/// and only hashes of secret keys. Copy PostgreSQL with `pg_dump`.
#[derive(Args)]
pub struct Backup {
    /// The new file; it must not exist. - writes to standard output, from a temporary file beside the database
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    /// Copies the file as it is, whatever its schema version.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let to_output = self.file.as_os_str() == "-";
        if to_output {
            output::for_a_file(self.json)?;
        }
        let terminated = signal::terminated();
        let location = database::location(shared)?;
        let DatabaseLocation::File(path) = &location else {
            return Err(Failure::refused("this is a PostgreSQL database: copy it with pg_dump"));
        };
        if !path.exists() {
            return Err(OpenError::Absent(location.shown()).into());
        }
        let copy = async {
            if to_output {
                return backup::write(path, io::stdout()).await;
            }
            backup::copy(path, &self.file).await
        };
        let bytes = tokio::select! {
            // A dropped copy removes its incomplete file.
            biased;
            () = terminated => return Err(Failure::refused("stopped: nothing was copied")),
            copied = copy => copied.map_err(Failure::refused)?,
        };
        if self.json {
            return output::json(&json!({"file": self.file, "bytes": bytes}));
        }
        let place = if to_output { "standard output".into() } else { self.file.display().to_string() };
        eprintln!("{place} has a complete copy, {}", HumanBytes(bytes));
        Ok(())
    }
}
