//! Who takes part in a class: the page that everybody of the staff looks at, and booking there for members.

use flow_gateway::{
    access::sessions::stored::Role::{Developer, Owner, Viewer},
    store::audit::{self, AuditFilter, Entry},
    store::filter::LogOrder,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    members::bookings::{BOOKINGS, Member, at, book, counts, crowd, minutes_before, wait, with_a_class},
    resources::classes::{House, id, persist},
    support::{
        dashboard::Browser,
        studio::{Reply, Studio, on_both_engines},
    },
};

/// The page of an occurrence.
pub fn page_of(occurrence: &Value) -> String {
    format!("/studio/timetable/{}", id(occurrence))
}

/// Sends the form that books for a member.
pub async fn book_for(browser: &Browser, occurrence: &Value, member: &Member) -> Reply {
    browser.send(&format!("{}/bookings", page_of(occurrence)), &[("member", &member.id)]).await
}

/// The audit rows of bookings, the earliest first.
pub async fn entries(studio: &Studio) -> Vec<Entry> {
    let (on, filter) = (studio.app.db.of(studio.id), AuditFilter::default());
    let mut all = audit::list(on, &filter, LogOrder::Oldest(None), 100).await.unwrap();
    all.retain(|entry| entry.action.starts_with("bookings."));
    all
}

/// Gives a member a name.
pub async fn name(house: &House, member: &Member, first: &str, last: &str) {
    let path = format!("/v1/members/{}", member.id);
    house.server.patch(&path, json!({"first_name": first, "last_name": last})).await.expect(200);
}

#[apply(on_both_engines!)]
async fn everybody_of_the_staff_sees_who_takes_part_who_waits_and_who_cancelled(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 2, "name": "Yin & rest"})).await;
    let members = crowd(&studio, 5).await;
    for (member, last) in members.iter().zip(["Alves", "Braga", "Costa", "Dias", "Esteves"]) {
        name(&house, member, "Ana", last).await;
    }
    let left = book(&members[4].at(&studio).await, &occurrence).await.expect(201);
    members[4].at(&studio).await.delete(&at(&left)).await.expect(200);
    for member in [1, 0, 3, 2] {
        wait(&members[member].at(&studio).await, &occurrence).await.expect(201);
    }
    let path = page_of(&occurrence);
    for role in [Viewer, Developer, Owner] {
        let browser = studio.signed_in(role).await;
        let week = format!("/studio/timetable?week={}", &occurrence["starts_at"].as_str().unwrap()[..10]);
        let week = browser.open(&week).await.html();
        assert!(week.contains(&format!("<a href=\"{path}\"><span class=\"what\">Yin &#38; rest")), "{week}");
        let reply = browser.open(&path).await;
        assert_eq!(reply.header("cache-control"), "no-store");
        let html = reply.html();
        let mut place = 0;
        for shown in ["Yin &#38; rest", "2 of 2", "Ana Alves", "Ana Braga", "Ana Dias", "Ana Costa", "Ana Esteves"] {
            place += html[place..].find(shown).unwrap_or_else(|| panic!("{shown} in this order in {html}"));
        }
        assert!(html.contains("By the member, in time"), "{html}");
        let has_forms = html.contains("method=\"post\" action=\"/studio/timetable") || html.contains("role=\"search\"");
        assert_eq!((has_forms, html.contains("/cancellation")), (role > Viewer, role > Viewer), "{html}");
        let html = browser.open(&format!("/studio/members/{}", members[4].id)).await.html();
        assert!(
            html.contains(&format!("<a href=\"{path}\">Yin &#38; rest</a>")) && html.contains("Cancelled"),
            "{html}"
        );
    }
}

#[apply(on_both_engines!)]
async fn who_may_only_look_books_cancels_and_notes_nothing(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    let members = crowd(&studio, 2).await;
    let booked = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    minutes_before(&studio, &occurrence, 30);
    let viewer = studio.signed_in(Viewer).await;
    let of_booking = format!("{}/bookings/{}", page_of(&occurrence), id(&booked));
    for (path, field) in [
        (format!("{}/bookings", page_of(&occurrence)), ("member", members[1].id.as_str())),
        (format!("{of_booking}/cancellation"), ("version", "1")),
        (format!("{of_booking}/attendance"), ("status", "attended")),
    ] {
        assert_eq!(viewer.send(&path, &[field, ("version", "1")]).await.status, 403);
    }
    assert_eq!(viewer.open(&format!("{of_booking}/cancellation")).await.status, 403);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
    assert!(entries(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn staff_find_a_member_by_parts_of_the_name_and_book_for_them(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 3})).await;
    let members = crowd(&studio, 3).await;
    name(&house, &members[0], "Clara", "Nunes").await;
    name(&house, &members[1], "Clara", "Moreira").await;
    house.server.patch(&format!("/v1/members/{}", members[1].id), json!({"status": "paused"})).await.expect(200);
    let developer = studio.signed_in(Developer).await;
    let found = developer.open(&format!("{}?q=clár", page_of(&occurrence))).await.html();
    assert!(found.contains("Clara Nunes") && !found.contains(&members[2].id), "{found}");
    assert!(found.contains(&format!("name=\"member\" value=\"{}\"", members[0].id)), "{found}");
    let paused = format!("name=\"member\" value=\"{}\"", members[1].id);
    assert!(found.contains("Clara Moreira") && found.contains("Paused") && !found.contains(&paused), "{found}");
    let done = book_for(&developer, &occurrence, &members[0]).await;
    let html = developer.open(done.leads_to()).await.html();
    assert!(html.contains("Booked: the member has a place.") && html.contains("1 of 3"), "{html}");
    let again = developer.open(&format!("{}?q=nunes", page_of(&occurrence))).await.html();
    assert!(again.contains("Has a place") && !again.contains("name=\"member\""), "{again}");
    let own = members[0].at(&studio).await.get(BOOKINGS).await.rows();
    assert_eq!((own.len(), &own[0]["status"]), (1, &json!("booked")));
    let entries = entries(&studio).await;
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].action.as_str(), entries[0].subject.id.as_str()), ("bookings.create", id(&own[0]).as_str()));
    assert!(entries[0].by.starts_with("usr_") && entries[0].from.is_some() && entries[0].before.is_none());
    let after = json!({"status": "booked", "occurrence_id": occurrence["id"], "membership_id": members[0].id});
    assert_eq!(entries[0].after, Some(after));
    let long = format!("{}?q={}", page_of(&occurrence), "a+".repeat(9));
    let reply = developer.open(&long).await;
    assert!(reply.status == 422 && reply.html().contains("This search is not valid"), "{reply:?}");
}

#[apply(on_both_engines!)]
async fn a_form_that_is_sent_many_times_books_once_and_leaves_one_row(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 3})).await;
    let other = studio.second_instance().await;
    let member = crowd(&studio, 1).await.remove(0);
    let developer = studio.signed_in(Developer).await;
    let clicks = [developer.clone(), other.browser().with("cookie", &developer.cookie())];
    let replies = join_all(
        (0..6).map(async |number| persist(async || book_for(&clicks[number % 2], &occurrence, &member).await).await),
    )
    .await;
    for reply in &replies {
        assert_eq!(reply.leads_to(), format!("{}?done=booked", page_of(&occurrence)));
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
    assert_eq!(entries(&studio).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn a_full_class_says_so_and_offers_the_waiting_list(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    let developer = studio.signed_in(Developer).await;
    let refused = book_for(&developer, &occurrence, &members[1]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("No place is left. You can add the member to the waiting list."), "{refused:?}");
    assert!(entries(&studio).await.is_empty());
    let found = developer.open(&format!("{}?q=member.example", page_of(&occurrence))).await.html();
    assert!(found.contains("name=\"wait\" value=\"true\"") && found.contains(">Add to the waiting list<"), "{found}");
    let form = format!("{}/bookings", page_of(&occurrence));
    for _ in 0..2 {
        let reply = developer.send(&form, &[("member", &members[1].id), ("wait", "true")]).await;
        assert_eq!(reply.leads_to(), format!("{}?done=waiting", page_of(&occurrence)));
    }
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
    let told = book_for(&developer, &occurrence, &members[1]).await;
    assert!(told.status == 422 && told.html().contains("is on the waiting list already"), "{told:?}");
    let entries = entries(&studio).await;
    assert_eq!((entries.len(), &entries[0].after.as_ref().unwrap()["status"]), (1, &json!("waiting")));
}

#[apply(on_both_engines!)]
async fn what_cannot_be_booked_is_refused_in_words_and_leaves_nothing(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    let members = crowd(&studio, 2).await;
    let next = house.occurrences(&json!({"id": occurrence["class_id"]})).await[1].clone();
    house.reschedule(&next, json!({"status": "cancelled"})).await;
    house.server.patch(&format!("/v1/members/{}", members[1].id), json!({"status": "paused"})).await.expect(200);
    let developer = studio.signed_in(Developer).await;
    let refused = async |browser: &Browser, occurrence: &Value, member: &Member, words: &str| {
        let reply = book_for(browser, occurrence, member).await;
        assert_eq!(reply.status, 422, "{reply:?}");
        assert!(reply.html().contains(words) && reply.html().contains("role=\"alert\""), "{reply:?}");
    };
    refused(&developer, &next, &members[0], "This class was cancelled, so nobody can be booked.").await;
    refused(&developer, &occurrence, &members[1], "This membership is not active on the day of the class").await;
    let german = developer.with("accept-language", "de");
    refused(&german, &occurrence, &members[1], "Diese Mitgliedschaft ist am Tag des Kurses nicht aktiv").await;
    minutes_before(&studio, &occurrence, 0);
    studio.pass(std::time::Duration::from_mins(59));
    let developer = studio.signed_in(Owner).await;
    book_for(&developer, &occurrence, &members[0]).await.leads_to();
    studio.pass(std::time::Duration::from_mins(1));
    let html = developer.open(&page_of(&occurrence)).await.html();
    assert!(!html.contains("role=\"search\"") && html.contains("This class has ended"), "{html}");
    refused(&developer, &occurrence, &members[1], "This class has ended").await;
    assert_eq!(entries(&studio).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn another_studios_classes_members_and_bookings_are_not_found(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    let members = crowd(&studio, 2).await;
    let booked = book(&members[0].at(&studio).await, &occurrence).await.expect(201);
    let neighbour = studio.neighbour().await;
    studio.add_staff(neighbour, "anna@neighbour.example", Owner).await;
    let (_, anna) = studio.browser().sign_in("anna@neighbour.example", crate::support::dashboard::PASSWORD).await;
    let page = page_of(&occurrence);
    for path in
        [page.clone(), format!("{page}/bookings/{}/cancellation", id(&booked)), "/studio/timetable/x".to_owned()]
    {
        let reply = anna.open(&path).await;
        assert!(reply.status == 404 && !reply.html().contains("member.example"), "{reply:?}");
    }
    for end in [
        "bookings".to_owned(),
        format!("bookings/{}/cancellation", id(&booked)),
        format!("bookings/{}/attendance", id(&booked)),
    ] {
        let fields = [("member", members[1].id.as_str()), ("version", "1"), ("status", "attended")];
        assert_eq!(anna.send(&format!("{page}/{end}"), &fields).await.status, 404, "{end}");
    }
    let theirs = crate::members::invite(&studio, neighbour, "theirs@member.example").await;
    let developer = studio.signed_in(Developer).await;
    for member in [id(&theirs), "mbr_01jdc9x0aetqt8q3yv0gcm1v5k".to_owned(), "x".to_owned()] {
        let reply = developer.send(&format!("{page}/bookings"), &[("member", &member)]).await;
        assert_eq!(reply.status, 404, "{reply:?}");
    }
    assert!(!developer.open(&format!("{page}?q=theirs")).await.html().contains("theirs@"));
    let other = house.occurrences(&json!({"id": occurrence["class_id"]})).await[1].clone();
    let elsewhere = format!("{}/bookings/{}/cancellation", page_of(&other), id(&booked));
    assert_eq!(developer.open(&elsewhere).await.status, 404, "it is a booking of another class");
    assert_eq!(developer.send(&elsewhere, &[("version", "1")]).await.status, 404);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 0));
    assert!(entries(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn of_staff_and_a_member_who_want_the_last_place_at_once_one_gets_it(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let other = studio.second_instance().await;
    let members = crowd(&studio, 2).await;
    let developer = studio.signed_in(Developer).await;
    let client = members[1].at(&other).await;
    for occurrence in house.occurrences(&json!({"id": occurrence["class_id"]})).await.iter().take(6) {
        let staff = persist(async || book_for(&developer, occurrence, &members[0]).await);
        let member = persist(async || book(&client, occurrence).await);
        let (staff, member) = tokio::join!(staff, member);
        match staff.status.as_u16() {
            303 => drop(member.is_problem(409, "class_full")),
            422 => drop(member.expect(201)),
            other => panic!("{other}: {staff:?}"),
        }
        assert_eq!(counts(&studio, &house, occurrence).await, (1, 0));
    }
}
