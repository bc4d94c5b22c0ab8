//! `audit`: prints a studio's audit log.

use clap::Args;

use super::{Done, database, output};
use crate::{
    config::SharedOptions,
    store::{
        audit::{self, AuditFilter},
        filter::LogOrder,
        instant::Instant,
    },
};

/// Rows per query.
const BATCH: i64 = 500;

/// The command's arguments.
#[derive(Args)]
pub struct Audit {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// Only this action, such as keys.revoke
    #[arg(long)]
    action: Option<String>,
    /// Only changes by this actor: a key's or staff member's id, or 'command line'
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
    /// Only changes of the row with this id
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// Only from this time on, such as 2026-01-31T00:00:00Z
    #[arg(long, value_name = "INSTANT")]
    since: Option<Instant>,
    /// Only before this time
    #[arg(long, value_name = "INSTANT")]
    until: Option<Instant>,
    /// Prints JSON Lines; this is the only format
    #[arg(long)]
    json: bool,
}

impl Audit {
    /// Prints the rows, oldest first.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let Self { studio, action, by, subject, since, until, json: _ } = self;
        let filter = AuditFilter { action, by, subject, since, until };
        database::read(shared, async |db| {
            let studio = database::studio(db, &studio).await?.id.studio();
            let mut last = None;
            loop {
                let rows = audit::list(db.of(studio), &filter, LogOrder::Oldest(last), BATCH).await?;
                for row in &rows {
                    output::json_line(row)?;
                }
                match rows.last() {
                    Some(row) => last = Some(row.id),
                    None => return Ok(()),
                }
            }
        })
        .await
    }
}
