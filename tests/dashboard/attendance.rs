//! Staff who cancel bookings of members, and who note who came.

use std::time::Duration;

use flow_gateway::access::sessions::stored::Role::Developer;
use serde_json::{Value, json};

use super::roster::{book_for, entries, page_of};
use crate::{
    members::bookings::{at, book, counts, crowd, late_from, minutes_before, wait, with_a_class},
    resources::classes::id,
    support::{
        dashboard::Browser,
        studio::{Reply, on_both_engines},
    },
};

/// The page that asks before it cancels a booking.
fn cancellation(occurrence: &Value, booking: &Value) -> String {
    format!("{}/bookings/{}/cancellation", page_of(occurrence), id(booking))
}

/// Sends its form, as the page has it now.
async fn cancel(browser: &Browser, occurrence: &Value, booking: &Value) -> Reply {
    let path = cancellation(occurrence, booking);
    let version = browser.open(&path).await.between("name=\"version\" value=\"", "\"");
    browser.send(&path, &[("version", &version)]).await
}

/// Sends the form that notes who came.
async fn mark(browser: &Browser, occurrence: &Value, booking: &Value, version: &str, status: &str) -> Reply {
    let path = format!("{}/bookings/{}/attendance", page_of(occurrence), id(booking));
    browser.send(&path, &[("version", version), ("status", status)]).await
}

#[apply(on_both_engines!)]
async fn staff_cancel_a_booking_without_it_being_late_and_the_place_goes_to_who_waits(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    late_from(&studio, 60).await;
    let members = crowd(&studio, 2).await;
    let booked = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    let waits = wait(&members[1].at(&studio).await, &occurrence).await.expect(201);
    let developer = studio.signed_in(Developer).await;
    let asked = developer.open(&cancellation(&occurrence, &booked)).await.html();
    assert!(asked.contains("Cancel the booking of Ana?") && asked.contains("this is no late cancellation"), "{asked}");
    let done = cancel(&developer, &occurrence, &booked).await;
    assert_eq!(done.leads_to(), format!("{}?done=cancelled", page_of(&occurrence)));
    let again = developer.send(&cancellation(&occurrence, &booked), &[("version", "1")]).await;
    assert_eq!(again.leads_to(), done.leads_to(), "who sends it twice has cancelled once");
    let now = members[0].at(&studio).await.get(&at(&booked)).await.expect(200);
    assert_eq!(now["status"], "cancelled");
    let now = members[1].at(&studio).await.get(&at(&waits)).await.expect(200);
    assert_eq!(now["status"], "booked");
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
    let html = developer.open(done.leads_to()).await.html();
    assert!(html.contains("The booking was cancelled.") && html.contains("By the staff"), "{html}");
    let entries = entries(&studio).await;
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].action.as_str(), &entries[0].subject.id), ("bookings.cancel", &id(&booked)));
    assert_eq!(entries[0].before, Some(json!({"status": "booked"})));
    assert_eq!(entries[0].after.as_ref().unwrap()["status"], "cancelled");
    assert_eq!(entries[0].after.as_ref().unwrap()["membership_id"], members[0].id);
    assert!(entries[0].by.starts_with("usr_") && entries[0].from.is_some());
}

#[apply(on_both_engines!)]
async fn a_late_cancellation_is_told_and_not_counted_when_staff_cancel(studio: Studio) {
    let (studio, _, occurrence) = with_a_class(studio, json!({})).await;
    late_from(&studio, 60).await;
    let members = crowd(&studio, 2).await;
    let booked = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    minutes_before(&studio, &occurrence, 59);
    let late = book(&members[1].at(&studio).await, &occurrence).await.expect(201);
    members[1].at(&studio).await.delete(&at(&late)).await.expect(200);
    let developer = studio.signed_in(Developer).await;
    let asked = developer.open(&cancellation(&occurrence, &booked)).await.html();
    assert!(asked.contains("it would be a late cancellation. Cancelled by you, it does not count as late."), "{asked}");
    cancel(&developer, &occurrence, &booked).await.leads_to();
    let now = members[0].at(&studio).await.get(&at(&booked)).await.expect(200);
    assert_eq!(now["status"], "cancelled");
    let html = developer.open(&page_of(&occurrence)).await.html();
    assert!(html.contains("By the member, late") && html.contains("By the staff"), "{html}");
    let gone = developer.open(&cancellation(&occurrence, &booked)).await;
    assert!(gone.status == 412 && gone.html().contains("Somebody changed this"), "{gone:?}");
}

#[apply(on_both_engines!)]
async fn a_form_of_before_does_not_take_a_place_that_was_given_meanwhile(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let booked = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    let waits = wait(&members[1].at(&studio).await, &occurrence).await.expect(201);
    let developer = studio.signed_in(Developer).await;
    let path = cancellation(&occurrence, &waits);
    let form = developer.open(&path).await;
    assert!(form.html().contains("Take Ana off the waiting list?"), "{form:?}");
    let shown = form.between("name=\"version\" value=\"", "\"");
    members[0].at(&studio).await.delete(&at(&booked)).await.expect(200);
    for version in [shown.as_str(), "", "x"] {
        let refused = developer.send(&path, &[("version", version)]).await;
        assert!(refused.status == 412 && refused.html().contains("nothing was changed by you"), "{refused:?}");
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
    assert!(entries(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn an_offered_place_is_given_to_the_first_who_waits_and_to_nobody_else(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    late_from(&studio, 60).await;
    let members = crowd(&studio, 4).await;
    let booked = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    for member in &members[1..3] {
        wait(&member.at(&studio).await, &occurrence).await.expect(201);
    }
    minutes_before(&studio, &occurrence, 30);
    let developer = studio.signed_in(Developer).await;
    cancel(&developer, &occurrence, &booked).await.leads_to();
    // The audit log has no order within one instant, and here time stands still.
    studio.pass(Duration::from_secs(1));
    let html = developer.open(&page_of(&occurrence)).await.html();
    assert_eq!(
        (html.matches("Offered a place on").count(), html.matches(">Give the place<").count()),
        (1, 1),
        "{html}"
    );
    for (member, words) in [(2, "is on the waiting list already"), (3, "No place is left")] {
        let refused = book_for(&developer, &occurrence, &members[member]).await;
        assert!(refused.status == 422 && refused.html().contains(words), "{refused:?}");
    }
    book_for(&developer, &occurrence, &members[1]).await.leads_to();
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
    let entries = entries(&studio).await;
    assert_eq!((entries.len(), &entries[1].before), (2, &Some(json!({"status": "waiting"}))));
    assert_eq!(entries[1].after.as_ref().unwrap()["status"], "booked");
}

#[apply(on_both_engines!)]
async fn who_came_is_noted_from_an_hour_before_and_who_did_not_once_it_has_begun(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let booked = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    let waits = wait(&members[1].at(&studio).await, &occurrence).await.expect(201);
    minutes_before(&studio, &occurrence, 61);
    let developer = studio.signed_in(Developer).await;
    let early = mark(&developer, &occurrence, &booked, "1", "attended").await;
    assert!(early.status == 422 && early.html().contains("It is too early for this."), "{early:?}");
    assert!(!developer.open(&page_of(&occurrence)).await.html().contains(">Attended<"));
    minutes_before(&studio, &occurrence, 60);
    assert!(developer.open(&page_of(&occurrence)).await.html().contains(">Attended<"));
    assert_eq!(mark(&developer, &occurrence, &booked, "1", "no_show").await.status, 422);
    for _ in 0..2 {
        let done = mark(&developer, &occurrence, &booked, "1", "attended").await;
        assert_eq!(done.leads_to(), format!("{}#{}", page_of(&occurrence), id(&booked)));
    }
    minutes_before(&studio, &occurrence, 0);
    studio.pass(Duration::from_mins(5));
    let html = developer.open(&page_of(&occurrence)).await.html();
    assert!(html.contains(">Take back<") && html.contains(">No-show<") && !html.contains("/cancellation"), "{html}");
    let stale = mark(&developer, &occurrence, &booked, "1", "no_show").await;
    assert!(stale.status == 412 && stale.html().contains("Somebody changed this"), "{stale:?}");
    mark(&developer, &occurrence, &booked, "2", "no_show").await.leads_to();
    studio.pass(Duration::from_secs(1));
    mark(&developer, &occurrence, &booked, "3", "booked").await.leads_to();
    for wrong in ["waiting", "cancelled", "", "x"] {
        assert_eq!(mark(&developer, &occurrence, &booked, "4", wrong).await.status, 400, "{wrong}");
    }
    let begun = developer.send(&cancellation(&occurrence, &booked), &[("version", "4")]).await;
    assert!(begun.status == 422 && begun.html().contains("The class has begun"), "{begun:?}");
    let no_place = mark(&developer, &occurrence, &waits, "1", "attended").await;
    assert_eq!(no_place.status, 412, "{no_place:?}");
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
    let noted = entries(&studio).await;
    assert!(noted.iter().all(|row| row.action == "bookings.mark_attendance" && row.subject.id == id(&booked)));
    let status = |of: Option<&Value>| of.unwrap()["status"].clone();
    let changes: Vec<_> = noted.iter().map(|row| [status(row.before.as_ref()), status(row.after.as_ref())]).collect();
    assert_eq!(json!(changes), json!([["booked", "attended"], ["attended", "no_show"], ["no_show", "booked"]]));
}
