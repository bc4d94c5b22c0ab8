//! Answers that are kept: given again while their rows do not change, and never once they have.

use std::time::Duration;

use flow_gateway::{
    access::{
        keys,
        scope::Scope::{
            self, InstructorsRead, InstructorsWrite, LocationsRead, LocationsWrite, MembersRead, ProgramsRead,
            ProgramsWrite,
        },
        table::Rule,
    },
    resources::schedule::ahead,
    store::{db::Db, id::StudioId},
};
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::rows::{Rows, management_rules, storefront_rules};
use crate::{
    resources::classes::{House, on_a_sunday, weekly},
    support::studio::{Client, Studio, on_both_engines, publishable, secret, within},
};

const LIST: &str = "/v1/instructors";
/// Longer than any kept answer is trusted without a look at the database.
const LONG: Duration = Duration::from_secs(1);
const LONG_WAIT: Duration = Duration::from_secs(20);

/// Writes as another process does: without a word to this one.
async fn write_beside(studio: &Studio, text: &str) {
    let text = sqlx::AssertSqlSafe(text.to_owned());
    match &studio.app.db {
        Db::Sqlite { writer, .. } => sqlx::query(text).execute(writer).await.map(drop),
        Db::Postgres(connections) => sqlx::query(text).execute(connections.pool()).await.map(drop),
    }
    .expect("written");
}

fn rename(studio: StudioId, name: &str) -> String {
    format!("update instructors set display_name = '{name}' where studio_id = '{studio}'")
}

async fn names(client: &Client) -> Vec<Value> {
    client.get(LIST).await.rows().iter().map(|row| row["display_name"].clone()).collect()
}

/// A studio whose clock stands, with an instructor, a server and a website.
async fn with_anna(studio: Studio) -> (Studio, Client, Client) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    server.post(LIST, json!({"display_name": "Anna"})).await.expect(201);
    let website = studio.website().await;
    (studio, server, website)
}

#[apply(on_both_engines!)]
async fn a_write_by_another_process_is_seen_within_a_second_and_by_management_on_postgres_at_once(studio: Studio) {
    let (studio, server, website) = with_anna(studio).await;
    let is_sqlite = matches!(studio.app.db, Db::Sqlite { .. });
    let (mut of_server, mut of_website) = (false, false);
    // A commit of another test in this process ends the trust in what is kept: it may take some writes to see that it is.
    for write in 0..100 {
        names(&server).await;
        let before = names(&website).await;
        let name = format!("Berta {write}");
        write_beside(&studio, &rename(studio.id, &name)).await;
        of_website |= names(&website).await == before;
        let is_old = names(&server).await == before;
        assert!(is_sqlite || !is_old, "Management on PostgreSQL sees it at once");
        of_server |= is_old;
        studio.pass(LONG);
        for client in [&server, &website] {
            assert_eq!(names(client).await, [name.as_str()]);
        }
        if of_website && of_server == is_sqlite {
            return;
        }
    }
    panic!("no answer was kept");
}

#[apply(on_both_engines!)]
async fn an_answer_is_read_anew_only_when_its_own_rows_were_written(studio: Studio) {
    let (studio, server, website) = with_anna(studio).await;
    assert_eq!(names(&website).await, ["Anna"]);
    // What no trigger sees shows what is read anew.
    let (drop, of) = match &studio.app.db {
        Db::Sqlite { .. } => ("drop trigger instructors_version_on_update", ""),
        Db::Postgres(_) => ("drop trigger instructors_version on instructors", ""),
    };
    write_beside(&studio, &format!("{drop}{of}")).await;
    write_beside(&studio, &rename(studio.id, "Unseen")).await;
    studio.server(&[LocationsWrite]).await.post("/v1/locations", json!({"name": "Alfama"})).await.expect(201);
    studio.pass(LONG);
    assert_eq!(names(&website).await, ["Anna"], "a location is no instructor");
    if matches!(studio.app.db, Db::Sqlite { .. }) {
        server.post(LIST, json!({"display_name": "Carla"})).await.expect(201);
        assert_eq!(names(&website).await, ["Unseen", "Carla"]);
    }
    studio.pass(Duration::from_mins(1));
    assert_eq!(names(&website).await[0], "Unseen", "no answer is kept longer than a minute");
}

#[apply(on_both_engines!)]
async fn a_kept_answer_is_judged_tagged_and_counted_like_every_other(studio: Studio) {
    let (studio, _, _) = with_anna(studio).await;
    let key = studio.key(publishable()).await;
    let website = studio.storefront_client().with_key(key.minted.reveal());
    let first = website.get(LIST).await;
    let again = website.get(LIST).await;
    assert_eq!((again.body.clone(), again.header("etag")), (first.body.clone(), first.header("etag")));
    assert_eq!(again.header("vary"), "Origin, Authorization");
    assert_eq!(again.header("content-type"), "application/json");
    let remaining = |reply: &str| reply.split("r=").nth(1).and_then(|rest| rest.split(';').next()?.parse::<u32>().ok());
    assert_eq!(remaining(again.header("ratelimit")).map(|left| left + 1), remaining(first.header("ratelimit")));
    let unchanged = website.clone().with("if-none-match", first.header("etag")).get(LIST).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0));
    assert!(unchanged.headers.get("content-type").is_none());
    let head = website.head(LIST).await;
    assert_eq!((head.status.as_u16(), head.body.len(), head.header("etag")), (200, 0, first.header("etag")));
    assert_eq!(head.header("content-length"), first.body.len().to_string());
    let keyring = &*studio.app.access.keyring;
    keys::revoke(keyring, studio.id, key.stored.id, None, "a test", studio.clock.now()).await.expect("revoked");
    website.get(LIST).await.is_problem(401, "revoked_key");
    let without_scope = studio.server(&[LocationsRead]).await;
    without_scope.get(LIST).await.is_problem(403, "insufficient_scope");
}

#[apply(on_both_engines!)]
async fn another_studio_another_surface_and_another_query_have_answers_of_their_own(studio: Studio) {
    let (studio, server, website) = with_anna(studio).await;
    server.post(LIST, json!({"display_name": "Dora", "email": "dora@casa.example"})).await.expect(201);
    let neighbour = studio.neighbour().await;
    let (their_website, their_server) =
        (studio.website_of(neighbour).await, studio.server_of(neighbour, &[InstructorsRead]).await);
    for _ in 0..2 {
        assert_eq!(names(&website).await, ["Anna", "Dora"]);
        assert_eq!(server.get(LIST).await.rows()[1]["email"], "dora@casa.example");
        assert!(website.get(LIST).await.rows()[1].get("email").is_none());
        assert!(names(&their_website).await.is_empty() && names(&their_server).await.is_empty());
        assert_eq!(website.get(&format!("{LIST}?limit=1")).await.rows().len(), 1);
        website.get(&format!("{LIST}?color=red")).await.is_problem(400, "malformed_request");
    }
}

#[apply(on_both_engines!)]
async fn a_schedule_from_now_is_kept_until_its_first_class_has_begun_and_follows_a_clock_that_is_set_back(
    studio: Studio,
) {
    let studio = on_a_sunday(studio).await;
    let house = House::of(&studio).await;
    house.class(weekly("monday", "07:00")).await;
    let website = studio.website().await;
    let start = studio.clock.now();
    let firsts = async || {
        let mut firsts = Vec::new();
        for client in [&website, &house.server] {
            firsts.push(client.get("/v1/schedule?limit=1").await.rows()[0]["local_start"].clone());
        }
        assert_eq!(firsts[0], firsts[1]);
        firsts.remove(0)
    };
    let monday = firsts().await;
    assert_eq!(firsts().await, monday);
    studio.pass(Duration::from_hours(24));
    let next = firsts().await;
    assert_ne!(next, monday, "it has begun");
    studio.set_clock(start);
    assert_eq!(firsts().await, monday);
    studio.pass(Duration::from_secs(2));
    assert_eq!(firsts().await, monday);
}

#[test]
fn what_shows_people_or_depends_on_the_clock_is_never_kept() {
    let kept: Vec<_> =
        management_rules().into_iter().chain(storefront_rules()).filter(|rule| !rule.sources.is_empty()).collect();
    assert!(kept.iter().all(|rule| rule.method == "GET" && rule.needs != Some(MembersRead)));
    let never = ["/v1/members", "/v1/coupons"];
    assert!(kept.iter().all(|rule| !never.contains(&rule.path)));
    assert!(kept.iter().any(|rule| rule.id == "storefrontListSchedule"));
}

#[apply(on_both_engines!)]
async fn a_list_of_changes_is_read_each_time(studio: Studio) {
    let (studio, server, _) = with_anna(studio).await;
    let changes = format!("{LIST}?updated_since=1970-01-01T00:00:00Z");
    assert_eq!(server.changes(&changes).await[0]["display_name"], "Anna");
    write_beside(&studio, &rename(studio.id, "Berta")).await;
    let rows = server.get(&changes).await.rows();
    // On PostgreSQL a write without a moment may wait for those that run.
    assert!(rows.iter().all(|row| row["display_name"] == "Berta"), "{rows:?}");
}

/// Reads of instructors that wait in PostgreSQL for somebody's lock.
async fn waiting_reads(pool: &PgPool) -> i64 {
    let text = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' \
        and query like '%from instructors%'";
    sqlx::query_scalar(text).fetch_one(pool).await.expect("counted")
}

#[tokio::test]
async fn many_who_miss_wait_for_one_read() {
    let Some(studio) = Studio::on_postgres().await else { return };
    let (studio, _, website) = with_anna(studio).await;
    let own = PgPool::connect(studio.url()).await.expect("a connection");
    let mut lock = own.begin().await.expect("a transaction");
    sqlx::query("lock table instructors in access exclusive mode").execute(&mut *lock).await.expect("locked");
    let asked = tokio::spawn(async move { join_all((0..6).map(|_| website.get(LIST))).await });
    within(LONG_WAIT, async || waiting_reads(&own).await > 0).await;
    // Those that were to read beside it would have come to the lock as well.
    for _ in 0..20 {
        assert_eq!(waiting_reads(&own).await, 1);
    }
    lock.rollback().await.expect("given back");
    let replies = asked.await.expect("answered");
    assert!(replies.iter().all(|reply| reply.status == 200 && reply.body == replies[0].body));
}

/// One random write; what it answers does not matter, a refusal is as good.
async fn write(rng: &mut StdRng, studio: &Studio, all: &Client, rows: &Rows, number: u32) {
    let name = json!({"name": format!("Name {number}")});
    let path = |pattern: &str| rows.path(pattern);
    match rng.random_range(0..12) {
        0 => drop(all.post(LIST, json!({"display_name": format!("Teacher {number}")})).await),
        1 => drop(all.patch(&path("/v1/instructors/{instructorId}"), json!({"bio": format!("{number}")})).await),
        2 => drop(all.patch(&path("/v1/locations/{locationId}"), name).await),
        3 => drop(all.patch(&path("/v1/locations/{locationId}/rooms/{roomId}"), json!({"capacity": 1 + number})).await),
        4 => drop(
            all.patch(&path("/v1/programs/{programId}"), json!({"name": format!("{number}"), "status": "published"}))
                .await,
        ),
        5 => drop(all.patch(&path("/v1/plans/{planId}"), name).await),
        6 => drop(
            all.patch(
                &path("/v1/classes/{classId}"),
                json!({"capacity": 1 + number, "program_id": path("{programId}")}),
            )
            .await,
        ),
        7 => drop(
            all.patch(
                &path("/v1/schedule/{occurrenceId}"),
                json!({"capacity": 1 + number, "room_id": path("{roomId}")}),
            )
            .await,
        ),
        8 => drop(all.patch(&path("/v1/content/{contentId}"), json!({"title": format!("Title {number}")})).await),
        9 => {
            studio.pass(Duration::from_hours(rng.random_range(1..40)));
            ahead::lay_out_once(&studio.app.db, &studio.clock, &studio.app.turns).await.expect("laid out");
        }
        10 => {
            let text = format!("update studios set description = 'Text {number}' where id = '{}'", studio.id);
            write_beside(studio, &text).await;
            studio.pass(LONG);
        }
        _ => drop(
            all.patch(
                &path("/v1/classes/{classId}"),
                json!({"visibility": if number.is_multiple_of(2) { "public" } else { "hidden" }}),
            )
            .await,
        ),
    }
}

#[apply(on_both_engines!)]
async fn whatever_is_written_every_kept_answer_equals_a_fresh_read(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let rows = Rows::of(&studio).await;
    let fresh = studio.instance_without_cache().await;
    let (secret, publishable) = (studio.key(secret(Scope::ALL)).await, studio.key(publishable()).await);
    let [all, fresh_all] = [&studio, &fresh].map(|of| of.management_client().with_key(secret.minted.reveal()));
    let [website, fresh_website] =
        [&studio, &fresh].map(|of| of.storefront_client().with_key(publishable.minted.reveal()));
    let kept = |rules: Vec<Rule>| -> Vec<String> {
        let kept = rules.iter().filter(|rule| !rule.sources.is_empty());
        kept.map(|rule| rows.path(rule.path)).collect()
    };
    let paths = [(kept(storefront_rules()), &website, &fresh_website), (kept(management_rules()), &all, &fresh_all)];
    let seed = rand::random();
    let mut rng = StdRng::seed_from_u64(seed);
    for number in 0..40 {
        write(&mut rng, &studio, &all, &rows, number).await;
        for (paths, client, fresh) in &paths {
            for path in paths {
                let (kept, read) = (client.get(path).await, fresh.get(path).await);
                assert_eq!((kept.status, kept.body), (read.status, read.body), "seed {seed}, step {number}: {path}");
            }
        }
    }
}

#[apply(on_both_engines!)]
async fn what_is_not_there_is_looked_for_again(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(&[ProgramsRead, ProgramsWrite]).await;
    let made = server.post("/v1/programs", json!({"name": "Spring course"})).await.expect(201);
    let path = format!("/v1/programs/{}", made["id"].as_str().expect("an id"));
    let website = studio.website().await;
    let replies = join_all((0..32).map(|_| website.get(&path))).await;
    assert!(replies.iter().all(|reply| reply.status == 404));
    server.patch(&path, json!({"status": "published"})).await.expect(200);
    for _ in 0..2 {
        assert_eq!(website.get(&path).await.expect(200)["name"], "Spring course");
    }
}
