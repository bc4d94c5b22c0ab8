//! The private calendar of a member: its link over the Members API, and what the link answers.

use std::time::Duration;

use flow_gateway::{
    mail::outbox::MailKind,
    resources::members::{self, MembershipId, kept_of},
    store::{instant::Instant, turns::WriteTx},
};
use serde_json::{Value, json};

use super::{
    RUI, back_office,
    bookings::{Member, at, book, crowd, wait, with_a_class},
    forgotten, invite, joined,
    tokens::{page, token},
    typed,
};
use crate::{
    resources::{classes::id, schedule::at as instant},
    support::{
        dashboard::PASSWORD,
        studio::{Client, Reply, Studio, on_both_engines},
    },
};

pub const FEED: &str = "/v1/me/calendar-feed";
const DAY: Duration = Duration::from_hours(24);

/// Makes a link: the path of the calendar.
pub async fn made(client: &Client) -> String {
    let link = client.post(FEED, json!({})).await.expect(201);
    let url = link["url"].as_str().expect("a URL").to_owned();
    let rest = url.strip_prefix("http").expect("a URL").trim_start_matches('s');
    assert_eq!(link["webcal_url"], json!(format!("webcal{rest}")));
    let (_, path) = url.split_once("/calendar/").expect("a calendar");
    format!("/calendar/{path}")
}

/// What a calendar program gets, which sends no cookie and no token.
pub async fn read(studio: &Studio, path: &str) -> Reply {
    studio.members_client().get(path).await
}

/// The calendar's lines, unfolded.
pub fn lines(reply: &Reply) -> Vec<String> {
    assert_eq!(
        (reply.status.as_u16(), reply.header("content-type")),
        (200, "text/calendar; charset=utf-8"),
        "{reply:?}"
    );
    let text = String::from_utf8(reply.body.to_vec()).expect("text");
    text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

/// The values of a property, in order.
fn all(reply: &Reply, name: &str) -> Vec<String> {
    let of = |line: &String| line.strip_prefix(name)?.strip_prefix(':').map(str::to_owned);
    lines(reply).iter().filter_map(of).collect()
}

async fn nothing(studio: &Studio, path: &str) {
    let reply = read(studio, path).await;
    let other = read(studio, "/nowhere").await;
    assert_eq!(reply.status, 404, "{path}: {reply:?}");
    let said = |reply: &Reply| {
        let mut said = reply.json();
        said["request_id"] = json!(null);
        (said, reply.header("cache-control").to_owned(), reply.header("content-type").to_owned())
    };
    assert_eq!(said(&reply), said(&other), "{path} is answered as a path at which nothing is served");
}

fn uid(studio: &Studio, booking: &Value) -> String {
    format!("{}@{}", id(booking), studio.id)
}

/// Lets a calendar be asked for again.
pub fn rest(studio: &Studio) {
    studio.pass(Duration::from_secs(10));
}

/// A member who is signed in, and a class that they may book.
pub async fn one(studio: Studio) -> (Studio, Member, Client, Value) {
    let (studio, _, occurrence) = with_a_class(studio, json!({"name": "Yin; Yang, „Zoë“"})).await;
    let person = crowd(&studio, 1).await.remove(0);
    let member = person.at(&studio).await;
    (studio, person, member, occurrence)
}

#[apply(on_both_engines!)]
async fn a_member_makes_a_link_sees_since_when_replaces_and_revokes_it(studio: Studio) {
    let (studio, person, member, _) = one(studio).await;
    member.get(FEED).await.is_problem(404, "not_found");
    let reply = member.post(FEED, json!({})).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let link = reply.expect(201);
    let first = made(&member).await;
    let shown = member.get(FEED).await.expect(200);
    assert_eq!(shown.as_object().map(serde_json::Map::len), Some(1), "{shown}: the link is shown no more");
    assert!(shown["created_at"].as_str() >= link["created_at"].as_str(), "{shown}");
    let before = link["url"].as_str().unwrap().split_once("/calendar/").unwrap().1.to_owned();
    nothing(&studio, &format!("/calendar/{before}")).await;
    lines(&read(&studio, &first).await);
    let second = made(&member).await;
    nothing(&studio, &first).await;
    rest(&studio);
    lines(&read(&studio, &second).await);
    member.delete(FEED).await.expect(204);
    nothing(&studio, &second).await;
    member.get(FEED).await.is_problem(404, "not_found");
    member.delete(FEED).await.expect(204);
    let entries = kept_of(studio.app.db.of(studio.id), person.id.parse().unwrap()).await.unwrap().unwrap().changes_by;
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let (make, revoke) = ("members.make_calendar_link", "members.revoke_calendar_link");
    assert_eq!(actions, [make, make, make, revoke], "each change is in the audit log, and what changed nothing is not");
}

#[apply(on_both_engines!)]
async fn the_calendar_has_each_booking_with_the_uid_and_sequence_of_its_mails(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"name": "Yin; Yang, „Zoë“"})).await;
    let people = crowd(&studio, 2).await;
    let member = people[0].at(&studio).await;
    let path = made(&member).await;
    let empty = read(&studio, &path).await;
    assert!(all(&empty, "UID").is_empty());
    for line in [
        "VERSION:2.0",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "NAME;VALUE=TEXT:Test Studio",
        "X-WR-CALNAME:Test Studio",
    ] {
        assert!(lines(&empty).iter().any(|known| known == line), "{line}: {empty:?}");
    }
    let booking = book(&member, &occurrence).await.expect(201);
    book(&people[1].at(&studio).await, &occurrence).await.expect(201);
    rest(&studio);
    let booked = read(&studio, &path).await;
    assert_eq!(all(&booked, "UID"), [uid(&studio, &booking)], "one's own, and nobody else's");
    assert_eq!(
        (all(&booked, "SEQUENCE"), all(&booked, "STATUS")),
        (vec!["0".to_owned()], vec!["CONFIRMED".to_owned()])
    );
    assert_eq!(all(&booked, "SUMMARY"), ["Yin\\; Yang\\, „Zoë“"]);
    let start = |row: &Value| instant(row, "starts_at").timestamp().strftime("%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(all(&booked, "DTSTART"), [start(&occurrence)]);
    assert!(all(&booked, "METHOD").is_empty() && all(&booked, "ATTENDEE").is_empty(), "{booked:?}");
    let to = instant(&occurrence, "starts_at").plus(Duration::from_hours(2));
    let later = house.reschedule(&occurrence, json!({"starts_at": to})).await;
    rest(&studio);
    let moved = read(&studio, &path).await;
    assert_eq!((all(&moved, "SEQUENCE"), all(&moved, "DTSTART")), (vec!["1".to_owned()], vec![start(&later)]));
    house.reschedule(&later, json!({"status": "cancelled"})).await;
    rest(&studio);
    let off = read(&studio, &path).await;
    assert_eq!((all(&off, "UID"), all(&off, "SEQUENCE")), (vec![uid(&studio, &booking)], vec!["2".to_owned()]));
    assert_eq!(all(&off, "STATUS"), ["CANCELLED"]);
}

#[apply(on_both_engines!)]
async fn a_place_in_a_waiting_list_is_in_no_calendar_and_one_that_became_a_place_is(studio: Studio) {
    let (studio, _, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let people = crowd(&studio, 3).await;
    let mut clients = Vec::new();
    for person in &people {
        clients.push(person.at(&studio).await);
    }
    let first = book(&clients[0], &occurrence).await.expect(201);
    let second = wait(&clients[1], &occurrence).await.expect(201);
    let third = wait(&clients[2], &occurrence).await.expect(201);
    let (waits, leaves) = (made(&clients[1]).await, made(&clients[2]).await);
    assert!(all(&read(&studio, &waits).await, "UID").is_empty());
    clients[2].delete(&at(&third)).await.expect(200);
    assert!(all(&read(&studio, &leaves).await, "UID").is_empty(), "who left the list had no place");
    clients[0].delete(&at(&first)).await.expect(200);
    rest(&studio);
    let promoted = read(&studio, &waits).await;
    assert_eq!(
        (all(&promoted, "UID"), all(&promoted, "STATUS")),
        (vec![uid(&studio, &second)], vec!["CONFIRMED".to_owned()])
    );
}

#[apply(on_both_engines!)]
async fn a_calendar_reaches_90_days_back_and_keeps_what_was_cancelled_for_30(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    let person = crowd(&studio, 1).await.remove(0);
    let member = person.at(&studio).await;
    let rows = house.occurrences(&json!({"id": occurrence["class_id"]})).await;
    let stays = book(&member, &occurrence).await.expect(201);
    let cancelled = book(&member, &rows[8]).await.expect(201);
    member.delete(&at(&cancelled)).await.expect(200);
    let cancelled_at = studio.clock.now();
    let path = made(&member).await;
    let has = async |booking: &Value, now: Instant| {
        studio.set_clock(now.minus(Duration::from_secs(10)));
        rest(&studio);
        all(&read(&studio, &path).await, "UID").contains(&uid(&studio, booking))
    };
    let (moment, start) = (Duration::from_micros(1), instant(&occurrence, "starts_at"));
    assert!(has(&cancelled, cancelled_at.plus(30 * DAY).minus(moment)).await);
    assert!(!has(&cancelled, cancelled_at.plus(30 * DAY)).await);
    assert!(has(&stays, start.plus(90 * DAY).minus(moment)).await);
    assert!(!has(&stays, start.plus(90 * DAY)).await);
}

#[apply(on_both_engines!)]
async fn a_program_that_has_the_calendar_is_answered_304_until_something_changes(studio: Studio) {
    let (studio, _, member, occurrence) = one(studio).await;
    let booking = book(&member, &occurrence).await.expect(201);
    let path = made(&member).await;
    let first = read(&studio, &path).await;
    let program = studio.members_client().with("if-none-match", first.header("etag"));
    rest(&studio);
    let same = program.get(&path).await;
    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0), "{same:?}");
    for reply in [&first, &same] {
        assert_eq!(
            (reply.header("cache-control"), reply.header("referrer-policy")),
            ("private, no-cache", "no-referrer")
        );
        assert_eq!((reply.header("access-control-allow-origin"), reply.header("etag")), ("", first.header("etag")));
        assert_eq!(reply.header("content-disposition"), "attachment; filename=\"classes.ics\"");
    }
    let head = studio.members_client().head(&path).await;
    assert_eq!((head.status.as_u16(), head.body.len(), head.header("etag")), (200, 0, first.header("etag")));
    member.delete(&at(&booking)).await.expect(200);
    rest(&studio);
    let changed = program.get(&path).await;
    assert_eq!(all(&changed, "STATUS"), ["CANCELLED"]);
    let posted = studio.members_client().call("POST", &path).await;
    posted.is_problem(405, "method_not_allowed");
}

#[apply(on_both_engines!)]
async fn a_link_that_is_unknown_or_of_another_form_is_answered_as_nothing(studio: Studio) {
    let (studio, _, member, _) = one(studio).await;
    let path = made(&member).await;
    let secret = path.strip_prefix("/calendar/").unwrap().strip_suffix(".ics").unwrap().to_owned();
    let flipped = if secret.ends_with('A') { "B" } else { "A" };
    let other = format!("{}{flipped}", &secret[..secret.len() - 1]);
    for sent in [
        format!("/calendar/{other}.ics"),
        format!("/calendar/{secret}"),
        format!("/calendar/{secret}.ICS"),
        format!("/calendar/{secret}.ics.ics"),
        format!("/calendar/{}.ics", secret.to_lowercase()),
        format!("/calendar/{}.ics", secret.replace('_', "%5F")),
        "/calendar/.ics".to_owned(),
        "/calendar/x.ics".to_owned(),
        format!("/calendar/x/{secret}.ics"),
        format!("/Calendar/{secret}.ics"),
    ] {
        nothing(&studio, &sent).await;
    }
    let people = studio.member_browser().open(&format!("/calendar/{other}.ics")).await;
    let page = studio.member_browser().open("/nowhere").await;
    assert_eq!((people.status, page.status.as_u16()), (page.status, 404), "a page, for people");
    assert!(people.html().contains("There is nothing here"));
}

#[apply(on_both_engines!)]
async fn a_network_and_a_calendar_have_a_rate_each_and_unknown_links_take_of_the_networks(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let person = crowd(&studio, 2).await;
    let (one, other) = (made(&person[0].at(&studio).await).await, made(&person[1].at(&studio).await).await);
    let from = |address: &str| studio.members_client().from(address);
    for address in ["203.0.113.1", "203.0.113.1", "203.0.113.2", "203.0.113.2"] {
        lines(&from(address).get(&one).await);
    }
    let limited = from("203.0.113.3").get(&one).await;
    limited.is_problem(429, "rate_limited");
    assert_eq!(limited.header("retry-after"), "1");
    lines(&from("203.0.113.3").get(&other).await);
    let guesser = from("198.51.100.7");
    let mut statuses = Vec::new();
    for _ in 0..41 {
        statuses.push(guesser.get("/calendar/flow_cf_x.ics").await.status.as_u16());
    }
    assert_eq!((&statuses[..40], statuses[40]), (&[404; 40][..], 429));
    guesser.get(&other).await.is_problem(429, "rate_limited");
    lines(&from("198.51.100.8").get(&other).await);
}

#[apply(on_both_engines!)]
async fn a_link_ends_with_the_membership_and_stays_ended_when_it_begins_again(studio: Studio) {
    let (studio, house, _) = with_a_class(studio, json!({})).await;
    let people = crowd(&studio, 4).await;
    let mut paths = Vec::new();
    for person in &people {
        paths.push(made(&person.at(&studio).await).await);
    }
    let paused = house.server.patch(&format!("/v1/members/{}", people[0].id), json!({"status": "paused"})).await;
    paused.expect(200);
    lines(&read(&studio, &paths[0]).await);
    house.server.post(&format!("/v1/members/{}/cancel", people[1].id), json!({})).await.expect(200);
    nothing(&studio, &paths[1]).await;
    let erased: MembershipId = people[2].id.parse().unwrap();
    let mut tx = studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, 1).await.unwrap();
    members::erase(&mut tx, erased).await.unwrap();
    tx.commit().await.unwrap();
    nothing(&studio, &paths[2]).await;
    let left = studio.app.db.read().query("select count(*) from calendar_feeds").scalar::<i64>().await.unwrap();
    assert_eq!(left, Some(2), "nothing of an ended membership's link is kept");
    let moved = json!({"email": "another@member.example"});
    house.server.patch(&format!("/v1/members/{}", people[3].id), moved).await.expect(200);
    nothing(&studio, &paths[3]).await;
}

#[apply(on_both_engines!)]
async fn a_mailed_link_to_a_new_password_ends_the_calendars_link_and_a_session_that_ends_does_not(studio: Studio) {
    let (browser, member) = joined(&studio).await;
    let client = page(&studio, &token(&studio, studio.id, &browser).await);
    let path = made(&client).await;
    let kept = async || {
        let person = kept_of(studio.app.db.of(studio.id), id(&member).parse().unwrap()).await.unwrap();
        person.expect("a person").calendar_feed.is_some()
    };
    assert!(kept().await, "the export says that there is one");
    browser.send("/sign-out-everywhere", &[]).await;
    client.get(FEED).await.is_problem(401, "invalid_token");
    lines(&read(&studio, &path).await);
    let (reset, _) = forgotten(&studio, RUI).await;
    assert_eq!(studio.member_browser().send("/password-reset", &typed(&reset, PASSWORD)).await.status, 200);
    nothing(&studio, &path).await;
    assert!(!kept().await);
    assert_eq!(studio.mails(studio.id, MailKind::PasswordChanged).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn a_link_of_one_studio_says_nothing_of_another(studio: Studio) {
    let (studio, _, occurrence) = with_a_class(studio, json!({})).await;
    let neighbour = studio.neighbour().await;
    let person = crowd(&studio, 1).await.remove(0);
    let member = person.at(&studio).await;
    let booking = book(&member, &occurrence).await.expect(201);
    let path = made(&member).await;
    invite(&studio, neighbour, RUI).await;
    let server = back_office(&studio, neighbour).await;
    server.post(&format!("/v1/members/{}/cancel", person.id), json!({})).await.is_problem(404, "not_found");
    assert_eq!(all(&read(&studio, &path).await, "UID"), [uid(&studio, &booking)]);
    let stranger = studio.members_client();
    stranger.get(FEED).await.is_problem(401, "missing_token");
    stranger.post(FEED, json!({})).await.is_problem(401, "missing_token");
}

#[apply(on_both_engines!)]
async fn of_two_who_make_a_link_at_once_one_link_works(studio: Studio) {
    let (studio, _, member, _) = one(studio).await;
    let (one, other) = tokio::join!(made(&member), made(&member));
    let (one, other) = (read(&studio, &one).await, read(&studio, &other).await);
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}
