//! Writes that share a commit, on SQLite: many come at once, some are refused, go away or are slow, and some commits fail.

use std::{collections::BTreeSet, future::pending, time::Duration};

use flow_gateway::{
    access::scope::Scope::{self, CouponsRead, CouponsWrite, InstructorsWrite},
    store::{
        db::{Db, Tx},
        error::StoreError,
        groups::GroupLimits,
        on_disk::held,
    },
};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::studio::{Client, Reply, Studio};

const SCOPES: &[Scope] = &[CouponsRead, CouponsWrite, InstructorsWrite];
const COUPONS: &str = "/v1/coupons";
const INSTRUCTORS: &str = "/v1/instructors";
/// Groups that are not divided because a test runs on a slow machine.
const LONG: GroupLimits =
    GroupLimits { writes: 128, open_for: Duration::from_mins(1), longest_write: Duration::from_mins(1) };

/// A studio, and a server of it whose key is known.
async fn house() -> (Studio, Client) {
    let studio = Studio::on_sqlite().await;
    studio.app.db.limit_groups(LONG);
    let server = studio.server(SCOPES).await;
    server.get(COUPONS).await.expect(200);
    (studio, server)
}

/// A call that waits for its answer; each has a retry key of its own.
fn create(server: &Client, path: &'static str, retry: &str, code: &str) -> JoinHandle<Reply> {
    let server = server.clone().with("idempotency-key", retry);
    let body = if path.starts_with(INSTRUCTORS) {
        json!({"display_name": code})
    } else {
        json!({"code": code, "percent_off": 20})
    };
    tokio::spawn(async move { server.post(path, body).await })
}

/// The same, where the retry key is the code.
fn coupon(server: &Client, code: &str) -> JoinHandle<Reply> {
    create(server, COUPONS, code, code)
}

/// Lets every call come as far as it can: its key, too, may have to be read again, as that of this read.
async fn all_wait(server: &Client) {
    server.get(COUPONS).await.expect(200);
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

async fn answers(calls: Vec<JoinHandle<Reply>>) -> Vec<Reply> {
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.expect("an answer"));
    }
    answers
}

/// Holds the connection, so that all who come meanwhile are of one group.
async fn hold(db: &Db) -> Tx {
    db.begin().await.expect("the connection")
}

async fn run(db: &Db, text: &str) {
    let mut tx = hold(db).await;
    tx.on().query(text).execute().await.expect(text);
    tx.commit().await.expect("committed");
}

async fn codes(server: &Client) -> Vec<String> {
    let rows = server.get("/v1/coupons?limit=100").await.rows();
    rows.iter().map(|row| row["code"].as_str().expect("a code").to_owned()).collect()
}

fn sorted<T: Ord>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    all.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

#[tokio::test]
async fn many_who_write_at_once_are_answered_each_for_itself_and_share_few_commits() {
    let (studio, server) = house().await;
    let db = &studio.app.db;
    let wanted: Vec<_> = (0..64).map(|number| format!("CODE-{number:02}")).collect();
    for path in [COUPONS, INSTRUCTORS] {
        let before = db.group_commits();
        let turn = hold(db).await;
        let calls = wanted.iter().map(|code| create(&server, path, &format!("{path}-{code}"), code));
        let calls = calls.collect();
        all_wait(&server).await;
        drop(turn);
        let made: Vec<_> = answers(calls).await.iter().map(|reply| reply.expect(201)["id"].to_string()).collect();
        assert_eq!(sorted(made).len(), 64, "each once: {path}");
        let commits = db.group_commits() - before;
        assert!((1..=8).contains(&commits), "{path}: {commits} commits");
    }
    assert_eq!(sorted(codes(&server).await), wanted);
    let again =
        answers(wanted.iter().map(|code| create(&server, COUPONS, &format!("{COUPONS}-{code}"), code)).collect());
    for reply in again.await {
        reply.expect(201);
        assert_eq!(reply.header("idempotency-replayed"), "true");
    }
}

#[tokio::test]
async fn who_writes_alone_is_committed_alone() {
    let (studio, server) = house().await;
    for number in 1..4 {
        coupon(&server, &format!("ALONE-{number}")).await.expect("an answer").expect(201);
        assert_eq!(studio.app.db.group_commits(), number);
    }
}

#[tokio::test]
async fn one_of_a_group_that_is_refused_undoes_itself_alone() {
    let (studio, server) = house().await;
    let turn = hold(&studio.app.db).await;
    let mut calls = Vec::new();
    for (path, retry, code) in [
        (COUPONS, "AAA", "AAA"),
        (COUPONS, "BBB", "BBB"),
        (COUPONS, "?", "?"),
        (COUPONS, "CCC", "CCC"),
        (COUPONS, "another", "BBB"),
        (COUPONS, "BBB", "DDD"),
        ("/v1/coupons?dry_run=true", "dry", "EEE"),
        (COUPONS, "BBB", "BBB"),
        (COUPONS, "FFF", "FFF"),
    ] {
        calls.push(create(&server, path, retry, code));
        // One after the other.
        all_wait(&server).await;
    }
    drop(turn);
    let answers = answers(calls).await;
    let told: Vec<_> = answers.iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!(told, [201, 201, 422, 201, 409, 422, 200, 201, 201]);
    answers[4].is_problem(409, "conflict");
    answers[5].is_problem(422, "idempotency_key_reused");
    assert_eq!((answers[1].json(), answers[7].header("idempotency-replayed")), (answers[7].json(), "true"));
    assert_eq!(codes(&server).await, ["AAA", "BBB", "CCC", "FFF"]);
    assert_eq!(studio.app.db.group_commits(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_at_any_moment_leaves_the_others_their_writes_and_no_half() {
    let (studio, server) = house().await;
    for moment in 0..40 {
        let turn = hold(&studio.app.db).await;
        let code = |name: &str| format!("{name}-{moment}");
        let calls = ["FIRST", "GONE", "LAST"].map(|name| coupon(&server, &code(name)));
        all_wait(&server).await;
        drop(turn);
        let [first, gone, last] = calls;
        // Statements run on a thread of their own, so each of these moments is another in each run.
        for _ in 0..moment {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        gone.abort();
        for reply in answers(vec![first, last]).await {
            reply.expect(201);
        }
        let made = coupon(&server, &code("GONE")).await.expect("an answer").expect(201);
        let rows = server.get(&format!("/v1/coupons?q={}", code("GONE"))).await.rows();
        assert_eq!(rows, [made], "once, whether the first call came to its end or not");
    }
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_all_of_the_group_and_none_of_it_is_there() {
    let (studio, server) = house().await;
    let db = &studio.app.db;
    coupon(&server, "BEFORE").await.expect("an answer").expect(201);
    for text in [
        "create table nowhere (id integer primary key)",
        "create table fault (id integer references nowhere (id) deferrable initially deferred)",
        "create trigger break_commit after insert on coupons when new.code = 'BREAK' begin insert into fault values (1); end",
    ] {
        run(db, text).await;
    }
    let turn = hold(db).await;
    let mut calls: Vec<_> = ["AAA", "BREAK", "BBB"].into_iter().map(|code| coupon(&server, code)).collect();
    // What is told of the uncommitted ones is held back, too: a replay, a refusal because of them, a dry run.
    calls.push(coupon(&server, "AAA"));
    calls.push(create(&server, COUPONS, "another", "AAA"));
    calls.push(create(&server, "/v1/coupons?dry_run=true", "dry", "DDD"));
    all_wait(&server).await;
    drop(turn);
    for reply in answers(calls).await {
        reply.is_problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), "1");
    }
    assert_eq!((codes(&server).await, db.group_commits()), (vec!["BEFORE".to_owned()], 1));
    run(db, "drop trigger break_commit").await;
    for code in ["AAA", "BREAK", "BBB"] {
        let reply = coupon(&server, code).await.expect("an answer");
        reply.expect(201);
        assert_eq!(reply.header("idempotency-replayed"), "", "it never happened");
    }
    assert_eq!(codes(&server).await, ["BEFORE", "AAA", "BREAK", "BBB"]);
}

#[tokio::test]
async fn a_full_disk_undoes_what_is_not_acknowledged_and_a_retry_succeeds() {
    let (studio, server) = house().await;
    let Db::Sqlite { writer, .. } = &studio.app.db else { unreachable!() };
    let pages: i64 = sqlx::query_scalar("pragma page_count").fetch_one(writer).await.expect("a number");
    let limit =
        |pages: i64| sqlx::raw_sql(sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"))).execute(writer);
    limit(pages + 4).await.expect("limited");
    let wanted: Vec<_> = (0..64).map(|number| format!("CODE-{number:02}")).collect();
    let turn = hold(&studio.app.db).await;
    let calls = wanted.iter().map(|code| coupon(&server, code)).collect();
    all_wait(&server).await;
    drop(turn);
    let (mut kept, mut refused) = (Vec::new(), 0);
    for (reply, code) in answers(calls).await.into_iter().zip(&wanted) {
        if reply.status == 201 {
            kept.push(code.clone());
        } else {
            reply.is_problem(503, "unavailable");
            refused += 1;
        }
    }
    assert!(refused > 0, "the disk was full");
    assert_eq!(sorted(codes(&server).await), kept);
    limit(i64::from(u32::MAX - 1)).await.expect("room again");
    for reply in answers(wanted.iter().map(|code| coupon(&server, code)).collect()).await {
        reply.expect(201);
    }
    assert_eq!(sorted(codes(&server).await), wanted);
    assert_eq!(codes(&server).await.len(), 64, "each once");
}

#[tokio::test]
async fn a_slow_write_is_undone_once_others_have_waited_long_enough_for_their_commit() {
    let (studio, server) = house().await;
    let db = &studio.app.db;
    db.limit_groups(GroupLimits { longest_write: Duration::from_millis(20), ..LONG });
    let turn = hold(db).await;
    let write = |name: &'static str, is_slow: bool| {
        let db = db.clone();
        let work = async move {
            let mut tx = db.begin_in_group(db.announce_write()).await?;
            tx.on().query("insert into secrets (name, value) values ($1, '')").bind(name.to_owned()).execute().await?;
            if is_slow { pending().await } else { tx.commit().await }
        };
        tokio::spawn(async move { held(work).await.flatten() })
    };
    let calls = [("before", false), ("slow", true), ("after", false)].map(|(name, is_slow)| write(name, is_slow));
    all_wait(&server).await;
    drop(turn);
    let [before, slow, after] = calls;
    for call in [before, after] {
        call.await.expect("it ends").expect("committed");
    }
    assert!(matches!(slow.await.expect("it ends"), Err(StoreError::Overloaded)));
    let text = "select group_concat(name) from secrets where name in ('before', 'slow', 'after')";
    let there = db.read().query(text).scalar::<String>().await.expect("read").expect("a text");
    assert_eq!(sorted(there.split(',')), ["after", "before"]);
}

#[tokio::test]
async fn who_stands_alone_has_its_turn_while_a_crowd_writes_in_groups() {
    let (studio, server) = house().await;
    studio.app.db.limit_groups(GroupLimits::default());
    let crowd: Vec<_> = (0..8)
        .map(|client| {
            let server = server.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    server
                        .post(COUPONS, json!({"code": format!("C-{client}-{number}"), "percent_off": 5}))
                        .await
                        .expect(201);
                }
            })
        })
        .collect();
    for number in 0..10 {
        run(&studio.app.db, &format!("insert into secrets (name, value) values ('alone-{number}', '')")).await;
    }
    for client in crowd {
        assert!(!client.is_finished(), "it writes on");
        client.abort();
    }
}
