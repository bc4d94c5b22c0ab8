//! The audit log: who did what to which row of a studio, from where and why, written in the transaction of the change. Rows are
//! only added. They contain no secrets: callers pass only fields that may be shown.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    db::{On, Tx},
    error::StoreError,
    filter::LogOrder,
    id::{Id, Named, StudioId},
    instant::Instant,
    record::Record,
    studio::StudioTx,
};

/// The actor of commands.
pub const COMMAND_LINE: &str = "command line";

/// Fields that change with every edit and are left out.
const BOOKKEEPING: [&str; 2] = ["version", "updated_at"];

/// The type of `aud_…` ids.
#[derive(Clone, Copy, Debug)]
pub enum AuditRow {}

impl Named for AuditRow {
    const PREFIX: &'static str = "aud";
    const NOUN: &'static str = "audit row";
}

/// The id of a row.
pub type AuditId = Id<AuditRow>;

/// An action, before it is written.
#[derive(Debug)]
pub struct Action {
    /// The command or operation.
    pub name: &'static str,
    /// Who did it: [`COMMAND_LINE`], or the id of a key or a staff member.
    pub by: String,
    /// The client network, if it came over one.
    pub from: Option<IpNet>,
    /// The changed row.
    pub subject: Subject,
    /// The old values of the changed fields.
    pub before: Option<Value>,
    /// Their new values.
    pub after: Option<Value>,
    /// The reason, if one was given.
    pub reason: Option<String>,
}

/// Who does something, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who, as rows keep it: [`COMMAND_LINE`] or an id, and a name in brackets behind it, for people.
    pub name: String,
    /// The client network, if it came over one.
    pub from: Option<IpNet>,
}

/// Somebody who called over no network, such as the command line.
impl<S: Into<String>> From<S> for Actor {
    fn from(name: S) -> Self {
        Self { name: name.into(), from: None }
    }
}

/// The subject of an action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// Its type.
    pub kind: String,
    /// Its id.
    pub id: String,
}

impl Subject {
    /// The row with this id.
    pub fn of<T: Named>(id: Id<T>) -> Self {
        Self { kind: T::NOUN.to_owned(), id: id.to_string() }
    }
}

impl Action {
    /// An action of somebody. The name in brackets is left out: people may be erased, and rows of the log may not.
    pub fn by(actor: &Actor, name: &'static str, subject: Subject) -> Self {
        let by = actor.name.split(" (").next().unwrap_or(&actor.name).to_owned();
        Self { by, from: actor.from, ..Self::on_the_command_line(name, subject) }
    }

    /// An action on the command line.
    pub fn on_the_command_line(name: &'static str, subject: Subject) -> Self {
        Self { name, by: COMMAND_LINE.to_owned(), from: None, subject, before: None, after: None, reason: None }
    }

    /// The fields of a created subject that have a value.
    pub fn made(self, with: &impl Serialize) -> Self {
        let mut after = fields(with);
        after.retain(|_, value| !value.is_null());
        Self { after: Some(after.into()), ..self }
    }

    /// The fields of a changed subject that differ.
    pub fn changed(self, before: &impl Serialize, after: &impl Serialize) -> Self {
        let (mut before, mut after) = (fields(before), fields(after));
        let same: Vec<String> = before
            .iter()
            .filter(|(name, value)| BOOKKEEPING.contains(&name.as_str()) || after.get(*name) == Some(*value))
            .map(|(name, _)| name.clone())
            .collect();
        for name in same {
            before.remove(&name);
            after.remove(&name);
        }
        Self { before: Some(before.into()), after: Some(after.into()), ..self }
    }
}

fn fields(of: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(of) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// A stored row of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stored {
    id: AuditId,
    studio_id: StudioId,
    at: Instant,
    done_by: String,
    network: Option<IpNet>,
    action: String,
    subject_kind: String,
    subject_id: String,
    was: Option<Value>,
    became: Option<Value>,
    reason: Option<String>,
}

impl Record for Stored {
    const JSON: &'static [&'static str] = &["was", "became"];
}

/// A row of the log, as it is printed.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its id.
    pub id: AuditId,
    /// The studio.
    pub studio_id: StudioId,
    /// The time.
    pub at: Instant,
    /// Who did it.
    pub by: String,
    /// The client network.
    pub from: Option<IpNet>,
    /// The action.
    pub action: String,
    /// The changed row.
    pub subject: Subject,
    /// The old values of the changed fields.
    pub before: Option<Value>,
    /// Their new values.
    pub after: Option<Value>,
    /// The reason.
    pub reason: Option<String>,
}

impl From<Stored> for Entry {
    fn from(row: Stored) -> Self {
        Self {
            id: row.id,
            studio_id: row.studio_id,
            at: row.at,
            by: row.done_by,
            from: row.network,
            action: row.action,
            subject: Subject { kind: row.subject_kind, id: row.subject_id },
            before: row.was,
            after: row.became,
            reason: row.reason,
        }
    }
}

impl StudioTx {
    /// Writes an action in this transaction, unless it changed nothing.
    pub async fn note(&mut self, action: Action) -> Result<(), StoreError> {
        add(&mut self.tx, self.studio, action, self.now.clock).await
    }
}

/// Writes an action in this transaction, unless it changed nothing.
pub async fn add(tx: &mut Tx, studio: StudioId, action: Action, now: Instant) -> Result<(), StoreError> {
    let Action { name, by, from, subject, before, after, reason } = action;
    if before.is_some() && before == after {
        return Ok(());
    }
    let row = Stored {
        id: Id::new(now),
        studio_id: studio,
        at: now,
        done_by: by,
        network: from,
        action: name.to_owned(),
        subject_kind: subject.kind,
        subject_id: subject.id,
        was: before,
        became: after,
        reason,
    };
    tx.on().of(studio).insert("audit", &row).await
}

/// Filters the log.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only this action.
    pub action: Option<String>,
    /// Only what they did: [`COMMAND_LINE`], or the id of a key or a staff member.
    pub by: Option<String>,
    /// Only what was done to the row with this id.
    pub subject: Option<String>,
    /// Only from this time on.
    pub since: Option<Instant>,
    /// Only before this time.
    pub until: Option<Instant>,
}

/// A studio's rows.
pub async fn list(
    on: On<'_>,
    studio: StudioId,
    filter: &AuditFilter,
    order: LogOrder<AuditRow>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let AuditFilter { action, by, subject, since, until } = filter;
    let statement = on.query("select * from audit where studio_id = $1").bind(studio);
    let statement = statement
        .filter("at >=", *since)
        .filter("at <", *until)
        .filter("action =", action.clone())
        .filter("done_by =", by.clone())
        .filter("subject_id =", subject.clone());
    let rows: Vec<Stored> = statement.log_page(order, limit).all().await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// Who did something in a studio, and what was done: the choices of a filter.
pub async fn choices(on: On<'_>, studio: StudioId, of: Choice) -> Result<Vec<String>, StoreError> {
    let column = match of {
        Choice::Actor => "done_by",
        Choice::Action => "action",
    };
    let text = format!(
        "select value from (select distinct {column} as value from audit where studio_id = $1) as choice \
        order by value limit 200"
    );
    let rows: Vec<ChoiceRow> = on.query(text).bind(studio).all().await?;
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
