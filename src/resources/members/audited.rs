//! What the audit log says of a membership. Its rows are never deleted, so they have no personal data: of a field that names
//! or describes a person they say only that it changed.

use serde_json::{Value, json};

use super::model::Membership;
use crate::store::{
    audit::{Action, Actor, Subject},
    row::Row,
};

/// Somebody's change of a membership; `before` is `None` when the membership is new.
pub fn action(by: &Actor, name: &'static str, before: Option<&Row<Membership>>, after: &Row<Membership>) -> Action {
    let action = Action::by(by, name, Subject::of(after.id));
    let Some(before) = before else { return action.made(&terms(&after.fields)) };
    let mut became = terms(&after.fields);
    let personal = personal_changes(&before.fields, &after.fields);
    if !personal.is_empty() {
        became["personal_fields"] = json!(personal);
    }
    action.changed(&terms(&before.fields), &became)
}

/// The fields that say nothing of the person.
fn terms(of: &Membership) -> Value {
    let Membership { plan_id, status, starts_on, ends_on, cancel_on, cancelled_at, marketing_consent, .. } = of;
    json!({"plan_id": plan_id, "status": status, "starts_on": starts_on, "ends_on": ends_on, "cancel_on": cancel_on,
        "cancelled_at": cancelled_at, "marketing_consent": marketing_consent})
}

/// The other fields that changed.
fn personal_changes(before: &Membership, after: &Membership) -> Vec<&'static str> {
    [
        ("email", before.email != after.email),
        ("first_name", before.first_name != after.first_name),
        ("last_name", before.last_name != after.last_name),
        ("phone", before.phone != after.phone),
        ("birth_date", before.birth_date != after.birth_date),
        ("external_id", before.external_id != after.external_id),
        ("metadata", before.metadata != after.metadata),
        ("tags", before.tags != after.tags),
        ("notes", before.notes != after.notes),
        ("cancel_reason", before.cancel_reason != after.cancel_reason),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
