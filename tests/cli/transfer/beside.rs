//! An import beside a running server: nobody waits for it, and nobody sees a part of it.

use std::process::Stdio;

use serde_json::json;

use super::{rows, rows_of, tally};
use crate::cli::gateway::{Home, call, on_both_engines, wait_until};

const MANY: usize = 2500;

fn sheet() -> String {
    let lines: Vec<_> = (0..MANY).map(|number| format!("{number},member{number}@mail.example,Name {number}")).collect();
    format!("client id,email,first name\n{}\n", lines.join("\n"))
}

/// How many of a sheet's members a key sees.
fn seen(url: &str, key: &str) -> usize {
    let found = ["0", "1249", "2499"].map(|id| {
        let (status, page) = call("GET", &format!("{url}/v1/members?external_id={id}"), key, &[], None);
        assert_eq!(status, 200, "{page}");
        page["data"].as_array().expect("rows").len()
    });
    found.iter().sum()
}

#[apply(on_both_engines!)]
fn others_write_while_it_is_judged_and_see_all_of_it_or_nothing(home: Home) {
    home.studio("casa");
    let key = home.secret_key("members:read,members:write")["key"].as_str().expect("a key").to_owned();
    let server = home.serve(&["--rate-limits", "off"]);
    let url = &server.at["management"];
    let path = home.write("members.csv", &sheet());
    let mut child =
        home.command(&["import", "--studio", "casa", &path]).stdout(Stdio::null()).spawn().expect("it starts");
    let mut written = 0;
    while child.try_wait().expect("its state").is_none() {
        let body = json!({"email": format!("other{written}@mail.example")}).to_string();
        let (status, answer) = call(
            "POST",
            &format!("{url}/v1/members/invites"),
            &key,
            &[("content-type", "application/json")],
            Some(&body),
        );
        assert_eq!(status, 201, "{answer}");
        written += 1;
        // Asked from the first to the last: one of the first means all the others.
        let found = seen(url, &key);
        assert!(found == 0 || seen(url, &key) == 3, "{found}");
    }
    assert!(child.wait().expect("it ends").success());
    assert_eq!((written > 0, seen(url, &key), rows(&home, "members").len()), (true, 3, MANY + written));
}

#[apply(on_both_engines!)]
fn of_one_that_is_killed_nothing_is_left(home: Home) {
    home.studio("casa");
    let before = tables(&home);
    let path = home.write("members.csv", &sheet());
    for wait in [100, 400, 900] {
        let mut child =
            home.command(&["import", "--studio", "casa", &path]).stdout(Stdio::null()).spawn().expect("it starts");
        // Wherever it is then, it leaves all or nothing.
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().expect("killed");
        child.wait().expect("it ends");
        let left = rows(&home, "members").len();
        assert!(left == 0 || left == MANY, "{left}");
    }
    let told = tally(&home, "members.csv", &sheet(), &[]);
    assert!(told == [MANY as u64, 0, 0] || told == [0, 0, MANY as u64], "{told:?}");
    assert_eq!(tables(&home), before);
}

/// Who has seen a row of a list goes on behind older times, and would never be told of them.
#[test]
fn rows_that_are_brought_while_somebody_writes_the_first_of_their_list_come_after_that_one() {
    let Some(home) = Home::on_postgres() else { return };
    for slug in ["casa", "other"] {
        home.studio(slug);
    }
    let coupon = |code: &str| {
        format!(
            "{{\"code\": \"{code}\", \"kind\": \"percent\", \"percent_off\": 10, \"created_at\": \"2020-01-01T00:00:00Z\", \"updated_at\": \"2020-01-01T00:00:00Z\"}}\n"
        )
    };
    let path = home.write("coupons.jsonl", &coupon("THEIRS"));
    home.run(&["import", "--studio", "other", &path]).done();
    assert_eq!(rows_of(&home, "other", "coupons")[0]["updated_at"], "2020-01-01T00:00:00.000000Z");
    let path = home.write("coupons.jsonl", &(0..9).map(|number| coupon(&format!("C{number}00"))).collect::<String>());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::PgPool::connect(&home.url).await.expect("a connection");
        let mut tx = pool.begin().await.expect("a transaction");
        let first = "insert into coupons select (jsonb_populate_record(c, jsonb_build_object('studio_id', (select id from studios where slug = 'casa'), \
            'id', 'cpn_00000000000000000000000000', 'code', 'FIRST', 'updated_at', now()))).* from coupons as c";
        sqlx::query(first).execute(&mut *tx).await.expect("a first coupon");
        let mut child = home.command(&["import", "--studio", "casa", &path]).stdout(Stdio::null()).spawn().expect("it starts");
        let waits = "select count(*) from pg_locks where not granted and mode = 'ShareRowExclusiveLock'";
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(&pool).await.expect("locks") == 0 {
            assert!(child.try_wait().expect("its state").is_none(), "it waits for the first one");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        tx.commit().await.expect("committed");
        assert!(child.wait().expect("it ends").success());
        pool.close().await;
    });
    let rows = rows(&home, "coupons");
    let first = rows.iter().find(|row| row["code"] == "FIRST").expect("the first")["updated_at"].clone();
    assert_eq!(rows.iter().filter(|row| row["updated_at"].as_str() > first.as_str()).count(), 9, "{rows:?}");
}

#[apply(on_both_engines!)]
fn rows_that_are_brought_after_others_were_removed_are_told_to_who_has_seen_those(home: Home) {
    home.studio("casa");
    let line = json!({"code": "OLD-10", "kind": "percent", "percent_off": 10, "updated_at": "2020-01-01T00:00:00Z"});
    let path = home.write("coupons.jsonl", &format!("{line}\n"));
    let key = home.secret_key("coupons:read,coupons:write")["key"].as_str().expect("a key").to_owned();
    let server = home.serve(&[]);
    let coupons = format!("{}/v1/coupons", server.at["management"]);
    let (status, seen) = call(
        "POST",
        &coupons,
        &key,
        &[("content-type", "application/json")],
        Some(r#"{"code": "SEEN", "kind": "percent", "percent_off": 5}"#),
    );
    assert_eq!(status, 201, "{seen}");
    let (id, since) = (seen["id"].as_str().expect("an id"), seen["updated_at"].as_str().expect("a time"));
    assert_eq!(call("DELETE", &format!("{coupons}/{id}"), &key, &[], None).0, 204);
    home.run(&["import", "--studio", "casa", &path]).done();
    // On PostgreSQL, other transactions of the server hold it back for a while.
    let changes = || call("GET", &format!("{coupons}?updated_since={since}"), &key, &[], None).1;
    wait_until(|| changes()["data"] != json!([]), || format!("it is listed in {}", changes()));
}

/// The tables of the database.
fn tables(home: &Home) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut names: Vec<String> = if home.url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(&home.url).await.expect("a connection");
            let names = sqlx::query_scalar("select name from sqlite_schema where type = 'table'").fetch_all(&pool).await;
            pool.close().await;
            names
        } else {
            let pool = sqlx::PgPool::connect(&home.url).await.expect("a connection");
            let text = "select relname::text from pg_class where relkind = 'r' and relnamespace = cast('public' as regnamespace)";
            let names = sqlx::query_scalar(text).fetch_all(&pool).await;
            pool.close().await;
            names
        }
        .expect("names");
        names.sort_unstable();
        names
    })
}
