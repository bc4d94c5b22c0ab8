//! The last 24 hours of each key: a small chart, and a sentence that says the same.

use std::time::Duration;

use flow_gateway::access::{scope::Scope::ClassesRead, sessions::stored::Role};

use crate::support::{
    dashboard::PASSWORD,
    studio::{Studio, on_both_engines, secret},
};

const KEYS: &str = "/studio/api-keys";

async fn row_of(studio: &Studio, name: &str) -> String {
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let html = owner.open(KEYS).await.html();
    html.split("</tr>").find(|row| row.contains(&format!(">{name}</a>"))).expect(name).to_owned()
}

#[apply(on_both_engines!)]
async fn each_key_of_the_list_has_its_last_24_hours_as_a_chart_with_a_sentence(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, "owner@casa.example", Role::Owner).await;
    let named = |name: &str| flow_gateway::access::keys::NewKey { name: name.to_owned(), ..secret(&[ClassesRead]) };
    let busy = studio.key(named("Busy")).await;
    studio.key(named("Quiet")).await;
    let quiet = row_of(&studio, "Quiet").await;
    assert!(quiet.contains("<small>none</small>") && !quiet.contains("<svg"), "{quiet}");
    let server = studio.management_client().with_key(busy.minted.reveal());
    server.get("/v1/classes").await.expect(200);
    let hour = |at: flow_gateway::store::instant::Instant| {
        let zone = jiff::tz::TimeZone::get("Europe/Lisbon").unwrap();
        zone.to_datetime(at.hour().timestamp()).strftime("%H:%M").to_string()
    };
    let first = hour(studio.clock.now());
    let one = row_of(&studio, "Busy").await;
    assert!(one.contains(&format!("<title>1 call in 24 hours, in the hour from {first}.</title>")), "{one}");
    assert!(one.contains("role=\"img\"") && one.contains("<small>1</small>"), "{one}");
    studio.pass(Duration::from_hours(3));
    let later = hour(studio.clock.now());
    for _ in 0..3 {
        server.get("/v1/classes").await.expect(200);
    }
    server.get("/v1/members").await.is_problem(403, "insufficient_scope");
    let busy = row_of(&studio, "Busy").await;
    let sentence = format!("5 calls in 24 hours, 1 of them refused; most (4) in the hour from {later}.");
    assert!(
        busy.contains(&format!("aria-label=\"{sentence}\"")) && busy.contains("<small>5, 1 refused</small>"),
        "{busy}"
    );
    let bars = |class: &str| {
        let path = busy.split_once(&format!("class=\"{class}\" d=\"")).expect(class).1;
        path.split('"').next().unwrap().matches('z').count()
    };
    assert_eq!((bars("admitted"), bars("refused")), (2, 1), "a bar for each hour with calls: {busy}");
    let quiet = row_of(&studio, "Quiet").await;
    assert!(quiet.contains("<small>none</small>"), "another key's calls are not in it: {quiet}");
    studio.pass(Duration::from_hours(21));
    assert!(row_of(&studio, "Busy").await.contains("4 calls in 24 hours"), "the first hour has left it");
    studio.pass(Duration::from_hours(3));
    assert!(row_of(&studio, "Busy").await.contains("<small>none</small>"));
}

#[apply(on_both_engines!)]
async fn a_chart_says_that_calls_are_not_known_where_they_were_not_counted(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, "owner@casa.example", Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await.stored;
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "update keys set uses_unknown_before = $2 where id = $1";
    tx.on().query(text).bind(key.id).bind(studio.clock.now()).execute().await.unwrap();
    tx.commit().await.unwrap();
    let row = row_of(&studio, &key.name).await;
    assert!(row.contains("<small>not known</small>") && !row.contains("<svg"), "{row}");
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let page = owner.open(&format!("{KEYS}/{}", key.id)).await.html();
    assert!(page.contains("Whether it was called in the last 24 hours is not known."), "{page}");
}
