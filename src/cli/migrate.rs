//! `migrate`: brings a database to the current schema, for those who let their servers start with `--no-migrate`.

use clap::Args;
use serde_json::json;

use super::{Done, opened, output};
use crate::{
    config::SharedOptions,
    store::{migrate::CURRENT, open::OpenMode},
};

/// The command's arguments.
#[derive(Args)]
pub struct Migrate {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        opened::with(shared, OpenMode::MIGRATE, async |_| Ok(())).await?;
        if self.json {
            return output::json(&json!({"schema": CURRENT}));
        }
        eprintln!("the database has the current schema, step {CURRENT}");
        Ok(())
    }
}
