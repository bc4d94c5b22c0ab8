//! What the audit log says of a booking that somebody of the staff made or changed. Members' own bookings are not in it.

use serde_json::json;

use super::model::{Booking, BookingStatus};
use crate::store::{
    audit::{Action, Actor, Subject},
    row::Row,
};

/// Somebody's change of a booking, with its occurrence and its member; `before` is `None` when the booking is new.
pub fn action(by: &Actor, name: &'static str, before: Option<BookingStatus>, after: &Row<Booking>) -> Action {
    let it = &after.fields;
    let became = json!({"status": it.status, "occurrence_id": it.occurrence_id, "membership_id": it.membership_id});
    let action = Action::by(by, name, Subject::of(after.id));
    match before {
        None => action.made(&became),
        Some(status) => action.changed(&json!({"status": status}), &became),
    }
}
