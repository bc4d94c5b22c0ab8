//! Who follows `updated_since` from the latest `updated_at` that they have seen ends with an exact copy: writers side by
//! side, two servers of which one's clock is behind, an import beside them, and what is derived.

use std::{
    collections::BTreeMap,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use flow_gateway::{
    access::scope::Scope,
    resources::by_time,
    store::{clock::Clock, db::Db},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    resources::classes::{House, id, weekly, with},
    support::{
        made,
        studio::{Client, Studio, on_both_engines, within},
    },
};

/// What is followed, and how all of it is listed.
const LISTS: [(&str, &str); 6] = [
    ("/v1/plans", ""),
    ("/v1/coupons", ""),
    ("/v1/locations", ""),
    ("/v1/classes", ""),
    ("/v1/schedule", "&from=2000-01-01"),
    ("/v1/members", ""),
];
/// Writes of each writer.
const WRITES: usize = 40;
/// Members that are imported meanwhile.
const IMPORTED: usize = 400;

/// A copy of a list, kept by following it.
struct Follower {
    client: Client,
    list: &'static str,
    latest: String,
    rows: BTreeMap<String, Value>,
}

impl Follower {
    fn of(client: &Client, list: &'static str) -> Self {
        Self { client: client.clone(), list, latest: "1970-01-01T00:00:00Z".into(), rows: BTreeMap::new() }
    }

    /// Asks what has changed since the latest change that it has seen, page by page.
    async fn look(&mut self) {
        let mut path = format!("{}?limit=7&updated_since={}", self.list, self.latest);
        loop {
            let page = self.client.get(&path).await.expect(200);
            for row in page["data"].as_array().unwrap() {
                let at = row["updated_at"].as_str().unwrap();
                if at > self.latest.as_str() {
                    at.clone_into(&mut self.latest);
                }
                self.rows.insert(row["id"].as_str().unwrap().to_owned(), row.clone());
            }
            let Some(cursor) = page["next_cursor"].as_str() else { return };
            let since = path.split('&').find(|part| part.starts_with("updated_since")).unwrap();
            path = format!("{}?limit=7&{since}&cursor={cursor}", self.list);
        }
    }

    /// Looks until it has seen this. On PostgreSQL a change is told once all that began before it has ended, also what other
    /// tests do on the server.
    async fn look_until(&mut self, has_seen: impl Fn(&BTreeMap<String, Value>) -> bool) {
        within(Duration::from_secs(20), async || {
            self.look().await;
            has_seen(&self.rows)
        })
        .await;
    }

    async fn until(mut self, done: Arc<AtomicBool>) -> Self {
        while !done.load(Ordering::SeqCst) {
            self.look().await;
        }
        self
    }
}

/// All rows of a list, asked for without following.
async fn all_of(client: &Client, list: &str, more: &str) -> BTreeMap<String, Value> {
    let (mut rows, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = client.get(&format!("{list}?limit=100{more}{cursor}")).await.expect(200);
        for row in page["data"].as_array().unwrap() {
            rows.insert(row["id"].as_str().unwrap().to_owned(), row.clone());
        }
        let Some(next) = page["next_cursor"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
    }
}

fn scopes() -> Vec<Scope> {
    let all = "plans:read plans:write coupons:read coupons:write locations:read locations:write classes:read classes:write \
        schedule:read schedule:write members:read members:write instructors:write";
    all.split(' ').map(|scope| scope.parse().unwrap()).collect()
}

/// Posts until there is room: while an import holds the only writer of a SQLite file, others are told to come again.
async fn post(client: &Client, path: &str, body: Value) -> Value {
    loop {
        let reply = client.post(path, body.clone()).await;
        if reply.status != 503 {
            return reply.expect(201);
        }
    }
}

/// Changes a row, in the same way.
async fn patch(client: &Client, path: &str, body: Value) -> Value {
    loop {
        let reply = client.patch(path, body.clone()).await;
        if reply.status != 503 {
            return reply.expect(200);
        }
    }
}

/// Makes plans and coupons, and changes them.
async fn write(client: Client, writer: usize) {
    for number in 0..WRITES {
        let price = json!({"amount": number, "currency": "EUR"});
        let name = format!("{writer} {number}");
        let plan = post(&client, "/v1/plans", json!({"name": name, "price": price})).await;
        let code = format!("C-{writer}-{number}");
        let coupon = json!({"code": code, "kind": "percent", "percent_off": 10});
        post(&client, "/v1/coupons", coupon).await;
        if number % 3 == 0 {
            let path = format!("/v1/plans/{}", plan["id"].as_str().unwrap());
            patch(&client, &path, json!({"description": "Changed"})).await;
        }
    }
}

/// Changes what occurrences follow: the zone of their location, who sees their class, when it begins.
async fn teach(house: &House, class: &Value) {
    let client = &house.server;
    let (class, location) = (format!("/v1/classes/{}", id(class)), format!("/v1/locations/{}", house.location));
    for round in 0..6 {
        let zone = ["Europe/Berlin", "Europe/Lisbon"][round % 2];
        patch(client, &location, json!({"time_zone": zone})).await;
        let visibility = ["hidden", "public"][round % 2];
        patch(client, &class, json!({"visibility": visibility})).await;
        let time = ["07:00", "08:00"][round % 2];
        let recurrence = json!({"weekly": [{"weekday": "monday", "start_time": time}]});
        patch(client, &class, json!({"recurrence": recurrence})).await;
    }
}

/// Imports members with the command line.
async fn import(studio: &Studio) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("members.csv");
    let lines: Vec<_> = (0..IMPORTED).map(|number| format!("{number},m{number}@member.example")).collect();
    std::fs::write(&file, format!("External ID,E-mail\n{}\n", lines.join("\n"))).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_flow-gateway"));
    command.args(["import", "--studio", &studio.id.to_string()]).arg(&file).env("FLOW_DATABASE_URL", studio.url());
    let ended = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output()).await.unwrap().unwrap();
    assert!(ended.status.success(), "{ended:?}");
}

/// A clock that is moved back by this much.
fn behind_proxies(studio: &Studio, by: Duration) -> Clock {
    Clock::manual(studio.clock.now().minus(by))
}

#[apply(on_both_engines!)]
async fn whoever_follows_the_changes_ends_with_an_exact_copy(studio: Studio) {
    let house = House::with(studio.server(&scopes()).await).await;
    let other = studio.second_instance_at(behind_proxies(&studio, Duration::from_secs(5))).await;
    let servers = [house.server.clone(), studio.server(&scopes()).await, other.server(&scopes()).await];
    let place = json!({"location_id": house.location, "room_id": null});
    let class = house.class(with(weekly("monday", "18:30"), place)).await;
    let done = Arc::new(AtomicBool::new(false));
    let mut followers = JoinSet::new();
    for (number, (list, _)) in LISTS.into_iter().enumerate() {
        let follower = Follower::of(&servers[number % servers.len()], list);
        followers.spawn(follower.until(Arc::clone(&done)));
    }
    let mut writers = JoinSet::new();
    for (writer, server) in servers.iter().chain(&servers).enumerate() {
        writers.spawn(write(server.clone(), writer));
    }
    tokio::join!(teach(&house, &class), import(&studio));
    while let Some(written) = writers.join_next().await {
        written.expect("a writer");
    }
    done.store(true, Ordering::SeqCst);
    while let Some(follower) = followers.join_next().await {
        let mut follower = follower.expect("a follower");
        let more = LISTS.iter().find(|(list, _)| *list == follower.list).unwrap().1;
        let there = all_of(&house.server, follower.list, more).await;
        // What it missed lies behind it, and is never seen.
        follower.look_until(|rows| there.iter().all(|(id, row)| rows.get(id) == Some(row))).await;
    }
}

#[apply(on_both_engines!)]
async fn a_change_after_the_clock_was_set_back_comes_after_those_before_it(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(&scopes()).await;
    let make = async |server: &Client, name: &str| {
        server.post("/v1/plans", json!({"name": name, "price": {"amount": 1, "currency": "EUR"}})).await.expect(201)
    };
    let mut follower = Follower::of(&server, "/v1/plans");
    make(&server, "one").await;
    follower.look().await;
    // Set back, and started again.
    let again = studio.second_instance_at(behind_proxies(&studio, Duration::from_secs(5))).await;
    let far = studio.second_instance_at(behind_proxies(&studio, Duration::from_hours(48))).await;
    for (number, gateway) in [&again, &far, &studio].into_iter().enumerate() {
        let server = gateway.server(&scopes()).await;
        let plan = make(&server, "another").await;
        follower.look_until(|rows| rows.len() == 2 + number).await;
        let path = format!("/v1/plans/{}", plan["id"].as_str().unwrap());
        server.patch(&path, json!({"description": "changed"})).await.expect(200);
        follower.look_until(|rows| rows[plan["id"].as_str().unwrap()]["version"] == 2).await;
    }
}

#[apply(on_both_engines!)]
async fn a_change_is_told_once_those_that_began_before_it_have_ended(studio: Studio) {
    let server = studio.server(&scopes()).await;
    let mut follower = Follower::of(&server, "/v1/coupons");
    let coupon = |code: &str| json!({"code": code, "kind": "percent", "percent_off": 10});
    // On SQLite, where one writes at a time, there is nothing to wait for.
    if let Db::Postgres(_) = studio.app.db {
        let (earlier, _) = studio.app.db.begin_write(&studio.clock).await.unwrap();
        let later = server.post("/v1/coupons", coupon("LATER")).await.expect(201);
        follower.look().await;
        assert!(follower.rows.is_empty(), "a change before it may still be seen");
        let read = server.get(&format!("/v1/coupons?id={}", later["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(read["data"][0], later, "whoever wrote it reads it");
        assert_eq!(server.get("/v1/coupons").await.expect(200)["data"].as_array().unwrap().len(), 1);
        earlier.commit().await.unwrap();
    } else {
        server.post("/v1/coupons", coupon("LATER")).await.expect(201);
    }
    follower.look().await;
    assert_eq!(follower.rows.len(), 1);
}

#[apply(on_both_engines!)]
async fn what_is_derived_is_told_and_counts_no_version(studio: Studio) {
    let house = House::with(studio.server(&scopes()).await).await;
    let class = house
        .class(with(
            weekly("monday", "18:30"),
            json!({"location_id": house.location, "room_id": null, "visibility": "hidden"}),
        ))
        .await;
    let mut location = Follower::of(&house.server, "/v1/locations");
    let mut schedule = Follower::of(&house.server, "/v1/schedule");
    location.look().await;
    schedule.look().await;
    // An occurrence that somebody moved to the location of a class of other clocks stays, and tells another local start.
    let first = schedule.rows.values().next().unwrap().clone();
    let path = format!("/v1/schedule/{}", first["id"].as_str().unwrap());
    let kept = house.server.patch(&path, json!({"capacity": 3})).await.expect(200);
    let place = format!("/v1/locations/{}", house.location);
    house.server.patch(&place, json!({"time_zone": "Asia/Tokyo"})).await.expect(200);
    schedule.look().await;
    let told = &schedule.rows[first["id"].as_str().unwrap()];
    assert_ne!(told["local_start"], kept["local_start"]);
    assert_eq!(told["version"], kept["version"]);
    assert_eq!(told["time_zone"], "Asia/Tokyo");
    // Websites show a location with its rooms.
    let before = location.latest.clone();
    let room = house.server.post(&format!("{place}/rooms"), json!({"name": "Attic"})).await.expect(201);
    within(Duration::from_secs(20), async || {
        location.look().await;
        location.latest > before
    })
    .await;
    let before = location.latest.clone();
    house.server.patch(&format!("{place}/rooms/{}", id(&room)), json!({"name": "Loft"})).await.expect(200);
    within(Duration::from_secs(20), async || {
        location.look().await;
        location.latest > before
    })
    .await;
    assert_eq!(location.rows[&house.location]["version"], 2, "the change of its zone");
    // Websites see the schedule of a class from when they see the class.
    let website = studio.website().await;
    let asked = format!("/v1/schedule?limit=100&updated_since={}", schedule.latest);
    let shown = async || website.get(&asked).await.expect(200)["data"].as_array().unwrap().len();
    assert_eq!(shown().await, 0);
    house.server.patch(&format!("/v1/classes/{}", id(&class)), json!({"visibility": "public"})).await.expect(200);
    within(Duration::from_secs(20), async || shown().await == schedule.rows.len()).await;
}

#[apply(on_both_engines!)]
async fn what_time_brings_is_told_and_counts_no_version(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let hour = Duration::from_hours(1);
    let at = |hours: u32| studio.clock.now().plus(hours * hour).to_string();
    let server = studio.server(Scope::ALL).await;
    let film = json!({"title": "Neck", "status": "published", "published_at": at(2)});
    made::content(&studio, studio.id, film).await.expect("content");
    made::content(&studio, studio.id, json!({"title": "Never", "published_at": at(2)})).await.expect("a draft");
    let coupon =
        json!({"code": "SUMMER", "kind": "percent", "percent_off": 10, "valid_from": at(1), "valid_until": at(3)});
    server.post("/v1/coupons", coupon).await.expect(201);
    let website = studio.website().await;
    let (mut films, mut coupons) = (Follower::of(&website, "/v1/content"), Follower::of(&server, "/v1/coupons"));
    films.latest = at(0);
    for (status, is_told, shown) in
        [("scheduled", true, 0), ("active", true, 0), ("active", false, 1), ("expired", true, 1)]
    {
        by_time::touch_due(&studio.app.db, &studio.app.clock).await.expect("told");
        let before = coupons.latest.clone();
        // On PostgreSQL it is told once all that began before it, also elsewhere on the server, has ended.
        within(Duration::from_secs(20), async || {
            coupons.look().await;
            let films = films.client.get(&format!("/v1/content?updated_since={}", films.latest)).await.rows();
            (coupons.latest > before, films.len()) == (is_told, shown)
        })
        .await;
        let row = coupons.rows.values().next().expect("the coupon");
        assert_eq!((&row["version"], &row["status"]), (&json!(1), &json!(status)));
        studio.pass(hour);
    }
    let latest = coupons.latest.clone();
    by_time::touch_due(&studio.app.db, &studio.app.clock).await.expect("told");
    coupons.look().await;
    assert_eq!(coupons.latest, latest, "it is told once");
}
