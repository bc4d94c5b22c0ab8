//! `activity`: prints the calls that came with a studio's keys.

use clap::Args;

use super::{Done, database, output};
use crate::{
    access::{
        activity::{self, CallFilter, RecordedCall},
        stored::KeyId,
    },
    config::SharedOptions,
    store::{db::Db, error::StoreError, filter::LogOrder, id::StudioId, instant::Instant},
    wire::problem::Code,
};

/// Rows per query.
const BATCH: i64 = 500;

/// The command's arguments.
#[derive(Args)]
#[allow(clippy::doc_markdown, reason = "--help prints these words as they are")]
pub struct PrintActivity {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// Only calls with this key
    #[arg(long, value_name = "KEY_ID")]
    key: Option<KeyId>,
    /// Only calls of this operation, such as managementListClasses
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Only calls that were refused before a handler ran
    #[arg(long)]
    refused: bool,
    /// Only calls that were answered with this error code, such as rate_limited
    #[arg(long, value_parser = code)]
    code: Option<Code>,
    /// Only from this time on, such as 2026-01-31T00:00:00Z
    #[arg(long, value_name = "INSTANT")]
    since: Option<Instant>,
    /// Only before this time
    #[arg(long, value_name = "INSTANT")]
    until: Option<Instant>,
    /// Only the latest N calls
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: Option<i64>,
    /// Prints JSON Lines; this is the only format
    #[arg(long)]
    json: bool,
}

fn code(name: &str) -> Result<Code, String> {
    Code::named(name).ok_or_else(|| "there is no such error code: /docs lists them".to_owned())
}

impl PrintActivity {
    /// Prints the calls, oldest first.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let Self { studio, key, operation, refused, code, since, until, limit, json: _ } = self;
        let code = code.map(|code| code.name().to_owned());
        let filter = CallFilter { key, operation, refused: refused.then_some(true), code, since, until };
        database::read(shared, async |db| {
            let studio = database::studio(db, &studio).await?.id.studio();
            if let Some(limit) = limit {
                return latest(db, studio, &filter, limit).await?.iter().rev().try_for_each(output::json_line);
            }
            let mut last = None;
            loop {
                let calls = activity::list(db.of(studio), &filter, LogOrder::Oldest(last), BATCH).await?;
                calls.iter().try_for_each(output::json_line)?;
                match calls.last() {
                    Some(call) => last = Some(call.id),
                    None => return Ok(()),
                }
            }
        })
        .await
    }
}

/// The latest calls, newest first.
async fn latest(db: &Db, studio: StudioId, filter: &CallFilter, limit: i64) -> Result<Vec<RecordedCall>, StoreError> {
    let (mut calls, mut left): (Vec<RecordedCall>, _) = (Vec::new(), limit);
    while left > 0 {
        let behind = calls.last().map(|call| call.id);
        let more = activity::list(db.of(studio), filter, LogOrder::Newest(behind), left.min(BATCH)).await?;
        if more.is_empty() {
            break;
        }
        left -= BATCH;
        calls.extend(more);
    }
    Ok(calls)
}
