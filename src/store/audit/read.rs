//! Reading the audit log, a page at a time. Called by the command line and the dashboard.

use serde::Deserialize;

use super::{AuditRow, Entry, Stored};
use crate::store::{error::StoreError, filter::LogOrder, instant::Instant, record::Record, studio::StudioOn};

/// Filters the log.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only this action.
    pub action: Option<String>,
    /// Only changes by this actor: [`super::COMMAND_LINE`], or the id of a key or a staff member.
    pub by: Option<String>,
    /// Only changes of the row with this id.
    pub subject: Option<String>,
    /// Only from this time on.
    pub since: Option<Instant>,
    /// Only before this time.
    pub until: Option<Instant>,
}

/// A studio's rows.
pub async fn list(
    on: StudioOn<'_>,
    filter: &AuditFilter,
    order: LogOrder<AuditRow>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let AuditFilter { action, by, subject, since, until } = filter;
    let statement = on.query("select * from audit where studio_id = $1");
    let statement = statement
        .filter("at >=", *since)
        .filter("at <", *until)
        .filter("action =", action.clone())
        .filter("done_by =", by.clone())
        .filter("subject_id =", subject.clone());
    let rows: Vec<Stored> = statement.log_page(order, limit).all().await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// The choices of a filter: who did something in a studio, or what was done, in its latest 10,000 rows.
pub async fn choices(on: StudioOn<'_>, of: Choice) -> Result<Vec<String>, StoreError> {
    let column = match of {
        Choice::Actor => "done_by",
        Choice::Action => "action",
    };
    let text = format!(
        "select value from (select distinct value from (select {column} as value from audit where studio_id = $1 \
        order by at desc limit 10000) as latest) as choice order by value limit 200"
    );
    let rows: Vec<ChoiceRow> = on.query(text).all().await?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// What a filter chooses by.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// Who did it.
    Actor,
    /// The action.
    Action,
}

#[derive(Deserialize)]
struct ChoiceRow {
    value: String,
}

impl Record for ChoiceRow {}
