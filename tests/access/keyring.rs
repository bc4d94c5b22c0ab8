//! The memory of keys: what is changed holds at once here and soon elsewhere, and a database that is away is no reason
//! to say that a key is wrong.

use std::time::Duration;

use flow_gateway::{
    access::{
        call::CachedKey,
        key::PresentedKey,
        keys::{self, Created, Narrowing},
        scope::Scope::{InstructorsRead, InstructorsWrite, LocationsRead},
    },
    store::open::open,
};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::support::{
    postgres,
    studio::{Client, Studio, on_both_engines, publishable, secret, within},
};

const LIST: &str = "/v1/instructors";
const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(20);

fn server(studio: &Studio, key: &Created) -> Client {
    studio.management_client().with_key(key.minted.reveal())
}

/// Revokes a key as this studio's own gateway does.
async fn revoke(studio: &Studio, key: &Created) {
    let keyring = &*studio.app.access.keyring;
    keys::revoke(keyring, studio.id, key.stored.id, None, "a test", studio.clock.now()).await.expect("revoked");
}

/// Returns once the gateway answers from memory: until it has looked at the database itself, it asks each time.
async fn remembers(studio: &Studio, caller: &Client) {
    let asks_nothing = async || {
        let before = studio.app.access.keyring.loads();
        caller.get(LIST).await.expect(200);
        studio.app.access.keyring.loads() == before
    };
    within(LONG, asks_nothing).await;
}

async fn is_refused(caller: &Client) -> bool {
    let reply = caller.get(LIST).await;
    if reply.status == 200 {
        return false;
    }
    reply.is_problem(401, "revoked_key");
    true
}

#[apply(on_both_engines!)]
async fn a_revoked_key_is_refused_from_the_next_request_of_the_same_instance_on(studio: Studio) {
    for _ in 0..20 {
        let key = studio.key(secret(&[InstructorsRead])).await;
        let caller = server(&studio, &key);
        caller.get(LIST).await.expect(200);
        revoke(&studio, &key).await;
        assert!(is_refused(&caller).await);
    }
}

#[apply(on_both_engines!)]
async fn a_revoked_key_is_refused_at_once_also_while_many_calls_load_it(studio: Studio) {
    for _ in 0..20 {
        let key = studio.key(secret(&[InstructorsRead])).await;
        let callers: Vec<_> = (0..20).map(|number| server(&studio, &key).from(&format!("192.0.2.{number}"))).collect();
        let busy = join_all(callers.iter().map(|caller| caller.get(LIST)));
        let then = async {
            revoke(&studio, &key).await;
            join_all(callers.iter().map(is_refused)).await
        };
        let (_, refused) = futures_util::future::join(busy, then).await;
        assert!(refused.into_iter().all(|refused| refused));
        assert!(is_refused(&callers[0]).await);
    }
}

#[apply(on_both_engines!)]
async fn a_narrowed_key_has_lost_its_scope_at_once(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead, LocationsRead])).await;
    let caller = server(&studio, &key);
    caller.get("/v1/locations").await.expect(200);
    let to = Narrowing { scopes: Some([InstructorsRead].into_iter().collect()), ..Narrowing::default() };
    keys::narrow(&*studio.app.access.keyring, studio.id, key.stored.id, to, "test", studio.clock.now()).await.unwrap();
    caller.get("/v1/locations").await.is_problem(403, "insufficient_scope");
    caller.get(LIST).await.expect(200);
}

#[apply(on_both_engines!)]
async fn a_revoked_key_is_refused_within_a_second_by_another_instance(studio: Studio) {
    let other = studio.second_instance().await;
    for _ in 0..3 {
        let key = studio.key(secret(&[InstructorsRead])).await;
        let elsewhere = server(&other, &key);
        remembers(&other, &elsewhere).await;
        revoke(&studio, &key).await;
        within(SECOND, async || is_refused(&elsewhere).await).await;
    }
}

#[apply(on_both_engines!)]
async fn a_key_that_a_command_revokes_beside_the_server_is_refused_within_a_second(studio: Studio) {
    let key = studio.key(secret(&[InstructorsRead])).await;
    let caller = server(&studio, &key);
    remembers(&studio, &caller).await;
    let beside = open(&studio.url().parse().unwrap(), false).await.unwrap();
    keys::revoke(&beside, studio.id, key.stored.id, None, "a command", studio.clock.now()).await.unwrap();
    within(SECOND, async || is_refused(&caller).await).await;
}

#[apply(on_both_engines!)]
async fn a_new_key_works_at_once_everywhere(studio: Studio) {
    let other = studio.second_instance().await;
    for _ in 0..5 {
        let key = studio.key(secret(&[InstructorsRead])).await;
        join_all([server(&studio, &key).get(LIST), server(&other, &key).get(LIST)])
            .await
            .iter()
            .for_each(|reply| drop(reply.expect(200)));
    }
}

#[apply(on_both_engines!)]
async fn many_calls_that_miss_one_key_at_once_load_it_once(studio: Studio) {
    let known = studio.key(secret(&[InstructorsRead])).await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    // Keys that were made a moment ago are announced first.
    remembers(&studio, &server(&studio, &known)).await;
    tokio::time::sleep(SECOND).await;
    remembers(&studio, &server(&studio, &known)).await;
    let before = studio.app.access.keyring.loads();
    let calls: Vec<_> = (0..100).map(|number| server(&studio, &key).from(&format!("192.0.2.{number}"))).collect();
    join_all(calls.iter().map(|caller| caller.get(LIST))).await.iter().for_each(|reply| drop(reply.expect(200)));
    assert_eq!(studio.app.access.keyring.loads() - before, 1);
}

#[apply(on_both_engines!)]
async fn keys_are_watched_while_requests_hold_every_connection(studio: Studio) {
    let (studio, other) = (studio.second_instance().await.with_a_clock_that_stands().await, studio);
    let key = studio.key(secret(&[InstructorsRead])).await;
    let caller = server(&studio, &key);
    let claim = PresentedKey::parse(key.minted.reveal()).unwrap().claim();
    let is_known = || matches!(studio.app.access.keyring.cached(&claim, studio.clock.uptime()), CachedKey::Found(_));
    // What the guard remembers counts on, though no request could ask the database now. It may be told only then of
    // the key that was made, and forget it with all others: once more then.
    let mut requests = Vec::new();
    let counts_on = async || {
        requests.clear();
        remembers(&studio, &caller).await;
        requests = studio.all_connections().await;
        studio.pass(Duration::from_secs(6));
        let looked = tokio::time::Instant::now();
        while !is_known() && looked.elapsed() < Duration::from_secs(2) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        is_known()
    };
    within(LONG, counts_on).await;
    caller.get("/v1/nothing").await.is_problem(404, "unknown_operation");

    revoke(&other, &key).await;
    within(SECOND, async || !is_known()).await;
    drop(requests);
    assert!(is_refused(&caller).await);
}

#[apply(on_both_engines!)]
async fn what_is_remembered_counts_for_five_seconds_after_the_database_last_answered(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    remembers(&studio, &server(&studio, &key)).await;
    studio.pass(Duration::from_secs(5));
    let before = studio.app.access.keyring.loads();
    studio.pass(Duration::from_micros(1));
    server(&studio, &key).get(LIST).await.expect(200);
    // Unless the watcher happened to look in between, the key was read again.
    let after = studio.app.access.keyring.loads();
    assert!(after - before <= 1);
    remembers(&studio, &server(&studio, &key)).await;
}

/// Ends every connection that listens in this database.
async fn cut_the_listeners(admin: &mut PgConnection) {
    let text = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query ilike 'listen%'";
    sqlx::query(text).execute(admin).await.expect("cut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_is_refused_within_five_seconds_while_notifications_are_cut_off() {
    let Some(studio) = Studio::on_postgres().await else { return };
    let other = studio.second_instance().await;
    let mut admin = PgConnection::connect(studio.url()).await.unwrap();
    for _ in 0..3 {
        let key = studio.key(secret(&[InstructorsRead])).await;
        let elsewhere = server(&other, &key);
        remembers(&other, &elsewhere).await;
        cut_the_listeners(&mut admin).await;
        revoke(&studio, &key).await;
        let refused = async || {
            cut_the_listeners(&mut admin).await;
            is_refused(&elsewhere).await
        };
        within(Duration::from_secs(5), refused).await;
    }
    // The listener is taken up again.
    let key = studio.key(secret(&[InstructorsRead])).await;
    remembers(&other, &server(&other, &key)).await;
    revoke(&studio, &key).await;
    within(SECOND, async || is_refused(&server(&other, &key)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_no_key_is_called_wrong_and_all_is_well_when_it_is_back() {
    let Some(postgres) = postgres::start_private() else { return };
    let studio = Studio::on_database(postgres.url()).await.with_a_clock_that_stands().await;
    let key = studio.key(secret(&[InstructorsRead, InstructorsWrite])).await;
    let unread = studio.key(secret(&[InstructorsRead])).await;
    let website = studio.storefront_client().with_key(studio.key(publishable()).await.minted.reveal());
    let known = server(&studio, &key);
    remembers(&studio, &known).await;
    website.get(LIST).await.expect(200);

    tokio::task::block_in_place(|| postgres.stop());
    let callers = [known.clone(), server(&studio, &unread), website];
    let all_unavailable = async || {
        for reply in join_all(callers.iter().map(|caller| caller.get(LIST))).await {
            reply.is_problem(503, "unavailable");
            assert!(reply.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{reply:?}");
        }
    };
    all_unavailable().await;
    known.post(LIST, json!({"display_name": "Anna"})).await.is_problem(503, "unavailable");
    // With its listener, the server has lost what it knew: a key might have been revoked meanwhile.
    known.get("/v1/locations").await.is_problem(503, "unavailable");
    studio.pass(Duration::from_millis(5001));
    known.get("/v1/locations").await.is_problem(503, "unavailable");
    all_unavailable().await;
    let crowd = join_all((0..60).map(|_| known.get(LIST)));
    let crowd = tokio::time::timeout(Duration::from_secs(8), crowd)
        .await
        .expect("nobody waits long for a database that is away");
    for reply in crowd {
        reply.is_problem(503, "unavailable");
    }
    studio.management_client().with_key("flow_sk_1").get(LIST).await.is_problem(401, "malformed_key");

    tokio::task::block_in_place(|| postgres.start());
    for caller in &callers {
        within(Duration::from_secs(5), async || caller.get(LIST).await.status == 200).await;
    }
    revoke(&studio, &key).await;
    assert!(is_refused(&known).await);
    remembers(&studio, &callers[1]).await;
}
