//! What the audit log says of a membership.

use super::model::Membership;
use crate::store::{
    audit::{Action, Actor, Subject},
    row::Row,
};

/// The fields that say nothing of the person. Those that only the gateway sets are no change of anybody's, but for what
/// follows from a cancellation.
const IMPERSONAL: &[&str] =
    &["plan_id", "status", "starts_on", "ends_on", "cancel_on", "cancelled_at", "marketing_consent"];

/// Somebody's change of a membership; `before` is `None` when the membership is new.
pub fn action(by: &Actor, name: &'static str, before: Option<&Row<Membership>>, after: &Row<Membership>) -> Action {
    Action::by(by, name, Subject::of(after.id)).of_person(before.map(|row| &row.fields), &after.fields, IMPERSONAL)
}
