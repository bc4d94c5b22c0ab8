//! Who takes part in a class, in a real browser: from the timetable to a booked member who attended.

use serde_json::{Value, json};

use super::dashboard::{serve, sign_in};
use crate::{
    dashboard::roster::name,
    members::bookings::{crowd, minutes_before, with_a_class},
    support::{devtools::Page, studio::Studio},
};

/// Opens the class from its week, and books a member who is searched for.
fn books(page: &mut Page, url: &str, occurrence: &Value, last_name: &str) {
    let day = &occurrence["local_start"].as_str().expect("a time")[..10];
    page.go(&format!("{url}/studio/timetable?week={day}"));
    page.follow("Vinyasa");
    page.fill("Name or e-mail", last_name);
    page.press("Search");
    page.press("Book");
    assert!(page.html().contains("Booked: the member has a place."), "{}", page.html());
}

/// Notes that the members came, takes one note back, and cancels that booking.
fn notes_who_came(page: &mut Page) {
    page.press("Attended");
    assert_eq!(page.run("document.querySelectorAll('.state.good').length"), 1, "{}", page.html());
    page.press("Take back");
    assert_eq!(page.run("document.querySelectorAll('.state.good').length"), 0, "{}", page.html());
    page.follow("Cancel the booking");
    page.press("Cancel the booking");
    assert!(page.html().contains("The booking was cancelled."), "{}", page.html());
    page.press("Attended");
    assert_eq!(page.run("document.querySelectorAll('.state.good').length"), 1, "{}", page.html());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_open_a_class_book_members_and_note_who_came_with_scripts_and_without() {
    let (studio, house, occurrence) = with_a_class(Studio::on_sqlite().await, json!({"capacity": 3})).await;
    for (member, last) in crowd(&studio, 4).await.iter().zip(["Alves", "Braga", "Costa", "Dias"]) {
        name(&house, member, "Ana", last).await;
    }
    minutes_before(&studio, &occurrence, 45);
    let url = serve(&studio).await;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        sign_in(&mut page, &url);
        books(&mut page, &url, &occurrence, "Alves");
        books(&mut page, &url, &occurrence, "Braga");
        notes_who_came(&mut page);
        page.without_scripts();
        books(&mut page, &url, &occurrence, "Costa");
        books(&mut page, &url, &occurrence, "Dias");
        page.go(&format!("{url}/studio/timetable/{}", occurrence["id"].as_str().expect("an id")));
        assert!(page.html().contains("3 of 3"), "{}", page.html());
    });
}
