//! The audit log: who did what to which row of a studio, from where and why, written in the transaction of the change. Rows are
//! only added. They contain no secrets: callers pass only fields that may be shown.

mod read;

use std::fmt;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::read::{AuditFilter, Choice, choices, list};
use super::{
    error::StoreError,
    id::{Id, Named, StudioId},
    instant::Instant,
    record::Record,
    studio::StudioOn,
    studio::StudioTx,
};

/// The actor of what the gateway does by itself, when a day has passed.
pub const GATEWAY: &str = "the gateway";

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

/// Who does something, and from where. [`fmt::Display`] writes `id`, or `id (label)`, as the row of a key keeps it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// [`COMMAND_LINE`], or the id of a key or a staff member.
    pub id: String,
    /// Who that is for people: the address, or the user of the system. Not kept in the log: people may be erased, and its
    /// rows may not.
    pub label: Option<String>,
    /// The client network, if it came over one.
    pub from: Option<IpNet>,
}

/// Somebody who called over no network.
impl From<&str> for Actor {
    fn from(id: &str) -> Self {
        Self { id: id.to_owned(), label: None, from: None }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.id)?;
        self.label.as_ref().map_or(Ok(()), |label| write!(out, " ({label})"))
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
    /// An action of somebody.
    pub fn by(actor: &Actor, name: &'static str, subject: Subject) -> Self {
        Self { by: actor.id.clone(), from: actor.from, ..Self::on_the_command_line(name, subject) }
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

    /// The fields of a person, new or changed. Rows of the log are never deleted, so of a field that names or describes somebody
    /// they say only that it changed; those that are `impersonal` are there with their values.
    pub fn of_person<T: Serialize>(self, before: Option<&T>, after: &T, impersonal: &[&str]) -> Self {
        let impersonal_of = |all: &Map<String, Value>| {
            let known = all.iter().filter(|(name, _)| impersonal.contains(&name.as_str()));
            known.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>()
        };
        let after = fields(after);
        let mut became = impersonal_of(&after);
        let Some(before) = before.map(fields) else { return self.made(&became) };
        let personal = after.iter().filter(|(name, _)| !impersonal.contains(&name.as_str()));
        let changed: Vec<_> =
            personal.filter(|(name, value)| before.get(*name) != Some(*value)).map(|(name, _)| name).collect();
        if !changed.is_empty() {
            became.insert("personal_fields".to_owned(), changed.into_iter().cloned().collect());
        }
        self.changed(&impersonal_of(&before), &became)
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
        let now = self.now.clock;
        add(self.on(), action, now).await
    }
}

/// Writes an action in this transaction, unless it changed nothing.
pub async fn add(on: StudioOn<'_>, action: Action, now: Instant) -> Result<(), StoreError> {
    match Stored::of(action, on.studio(), now) {
        Some(row) => on.insert("audit", &row).await,
        None => Ok(()),
    }
}

/// Writes actions in this transaction, but those that changed nothing.
pub async fn add_all(
    on: StudioOn<'_>,
    actions: impl IntoIterator<Item = Action>,
    now: Instant,
) -> Result<(), StoreError> {
    let studio = on.studio();
    let rows: Vec<_> = actions.into_iter().filter_map(|action| Stored::of(action, studio, now)).collect();
    if rows.is_empty() { Ok(()) } else { on.insert_all("audit", &rows).await }
}

impl Stored {
    /// The row of an action; nothing if it changed nothing.
    fn of(action: Action, studio_id: StudioId, now: Instant) -> Option<Self> {
        let Action { name, by, from, subject, before, after, reason } = action;
        let changed_nothing = before.is_some() && before == after;
        (!changed_nothing).then(|| Self {
            id: Id::new(now),
            studio_id,
            at: now,
            done_by: by,
            network: from,
            action: name.to_owned(),
            subject_kind: subject.kind,
            subject_id: subject.id,
            was: before,
            became: after,
            reason,
        })
    }
}
