//! `copy`: a whole database into an empty one, of either engine.

use clap::Args;
use indicatif::HumanCount;
use serde_json::json;

use super::{Done, Failure, database, output, progress};
use crate::{
    config::{Secret, SharedOptions},
    server::signal,
    store::{
        copy,
        open::{self, DatabaseLocation, OpenMode},
        signing_secret,
    },
};

/// A signal may come while the database commits.
const STOPPED: &str = "stopped: nothing was copied, unless the copy was complete at that moment; `studio list` on the new database shows it";

/// Copies a whole database into an empty one, from SQLite to PostgreSQL or back
///
/// Everything goes along: studios, staff, keys, members, history, with their ids. Stop the servers of the old database first:
/// what they write after the copy has begun stays behind. No server may run on the new one. Each table is compared before
/// anything counts; a copy that fails or is stopped leaves the new database empty. The signing secret is not in the database:
/// between two files it is copied, else set --signing-secret to the same on the new servers.
#[derive(Args)]
pub struct Copy {
    /// The URL of the database to copy, as for `--database`
    #[arg(env = "FLOW_COPY_FROM", hide_env_values = true)]
    from: Secret,
    /// The URL of the new one: empty, or for SQLite a file that does not exist yet
    #[arg(env = "FLOW_COPY_TO", hide_env_values = true)]
    to: Secret,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Copy {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let terminated = signal::terminated();
        let from = database::location_of(self.from.reveal(), shared, "FROM")?;
        let to = database::location_of(self.to.reveal(), shared, "TO")?;
        let bar = progress::of_counted_rows("copying");
        let told = |read, all| {
            bar.set_length(all);
            bar.set_position(read);
        };
        let copied = database::with_location(&from, OpenMode::READ, async |source| {
            // No server answers from the new file while rows appear in it.
            let _held = open::lock_for_server(&to, true)?;
            let advice = take_secret_along(&from, &to)?;
            database::with_location(&to, OpenMode::MIGRATE, async |target| {
                let tables = copy::copy(source, target, &to.shown(), told).await.map_err(Failure::refused)?;
                Ok((tables, advice))
            })
            .await
        });
        let (tables, advice) = tokio::select! {
            // A dropped copy is rolled back.
            biased;
            () = terminated => return Err(Failure::refused(STOPPED)),
            copied = copied => copied?,
        };
        bar.finish_and_clear();
        let rows: u64 = tables.values().sum();
        if let Some(advice) = advice {
            eprintln!("{advice}");
        }
        if self.json {
            return output::json(&json!({"rows": rows, "tables": tables}));
        }
        eprintln!("{} now has all of {}: {} rows, each table compared", to.shown(), from.shown(), HumanCount(rows));
        Ok(())
    }
}

/// Copies the signing secret between two files. Returns what the operator has to do where it is not in a file beside both.
fn take_secret_along(from: &DatabaseLocation, to: &DatabaseLocation) -> Result<Option<String>, Failure> {
    let file = match (from, to) {
        (DatabaseLocation::File(from), DatabaseLocation::File(to)) => {
            let failed = |why| Failure::refused(format!("nothing was copied: the signing secret {why}"));
            if signing_secret::copy_beside(from, to).map_err(failed)? {
                return Ok(None);
            }
            None
        }
        (DatabaseLocation::File(from), DatabaseLocation::Server(_)) => signing_secret::file_beside(from),
        (DatabaseLocation::Server(_), _) => None,
    };
    Ok(Some(match file {
        Some(file) => format!("set --signing-secret on the new servers to the content of {}", file.display()),
        None => "if --signing-secret was set, set it to the same on the new servers".to_owned(),
    }))
}
