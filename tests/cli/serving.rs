//! `serve`: what it listens on, what it refuses to start on, and how it ends.

use std::{
    fs,
    time::{Duration, Instant},
};

use flow_gateway::store::{
    db::{Engine, Tx},
    open::{DatabaseLocation, open},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::gateway::{Home, call, on_both_engines};
use crate::support::postgres;

/// Runs statements in a SQLite file that nobody has open.
fn execute(home: &Home, statements: String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&home.url).await.expect("the file opens");
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.expect("the statements run");
        connection.close().await.expect("the file closes");
    });
}

/// A transaction of another process, which lets nobody count calls until it ends.
async fn lock_for_server(home: &Home) -> Tx {
    let place: DatabaseLocation = home.url.parse().expect("a database URL");
    let mut tx = open(&place, false).await.expect("the database opens").begin().await.expect("the lock of a file");
    if tx.on().engine() == Engine::Postgres {
        tx.on().query("lock table key_usage").execute().await.expect("the lock");
    }
    tx
}

/// Puts a file in the place of the home's that has taken the first step of the schema alone, as an older gateway left it.
fn go_back_to_the_first_step(home: &Home) {
    let migrated = home.path("migrated.db");
    fs::remove_file(&migrated).ok();
    execute(home, format!("vacuum into '{}'", migrated.display()));
    for file in ["flow.db", "flow.db-wal", "flow.db-shm"] {
        fs::remove_file(home.path(file)).ok();
    }
    fs::write(home.path("flow.db"), "").expect("a file");
    let first = include_str!("../../migrations/sqlite/0001_studios_and_keys.sql");
    let taken = "create table _sqlx_migrations as select * from migrated._sqlx_migrations where version = 1";
    execute(home, format!("attach '{}' as migrated; {first}; {taken}", migrated.display()));
}

#[apply(on_both_engines!)]
fn a_server_announces_each_surface_answers_on_it_and_ends_well(home: Home) {
    let server = home.serve(&[]);
    let names: Vec<_> = server.at.keys().map(String::as_str).collect();
    assert_eq!(names, ["management", "members", "ops", "storefront", "studio"]);
    let get = |surface: &str, path: &str| call("GET", &format!("{}{path}", server.at[surface]), "", &[], None);
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get("ops", path).0, 200, "{path}");
        assert_eq!(call("HEAD", &format!("{}{path}", server.at["ops"]), "", &[], None).0, 200, "{path}");
    }
    let metrics = get("ops", "/metrics").1.to_string();
    assert!(metrics.contains("flow_database_connections") && metrics.contains("flow_keys_remembered"), "{metrics}");
    for (surface, path) in [("ops", "/"), ("studio", "/v1/me"), ("storefront", "/")] {
        let (status, body) = get(surface, path);
        assert_eq!((status, body["code"].as_str()), (404, Some("unknown_operation")), "{surface}");
    }
    let (status, body) = get("members", "/v1/me");
    assert_eq!((status, body["code"].as_str()), (401, Some("missing_token")));
    let docs = |surface: &str| get(surface, "/v1/nowhere").1["type"].as_str().expect("a link").to_owned();
    assert!(docs("storefront").starts_with(&format!("{}/docs#", server.at["storefront"])));
    assert!(docs("studio").starts_with(&format!("{}/docs#", server.at["management"])));
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
}

#[apply(on_both_engines!)]
fn a_second_start_has_nothing_to_remark(home: Home) {
    home.serve(&[]).stop();
    let (_, log) = home.serve(&[]).stop();
    assert!(!log.contains("_sqlx_migrations") && log.contains("drained"), "{log}");
}

#[apply(on_both_engines!)]
fn a_secret_key_in_a_browser_is_refused_and_recorded_on_surfaces_that_take_no_keys(home: Home) {
    home.studio("casa");
    let key = home.secret_key("instructors:read");
    let server = home.serve(&[]);
    let told = |surface: &str, key: &serde_json::Value, headers: &[(&str, &str)]| {
        let (status, body) = server.call(surface, "/v1/me", key, headers);
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    for surface in ["members", "studio"] {
        let page = format!("https://{surface}.example");
        assert_eq!(told(surface, &key["key"], &[("origin", &page)]), (403, "secret_key_in_browser".into()));
        assert_eq!(told(surface, &key["key"], &[("sec-fetch-site", "none")]), (403, "secret_key_in_browser".into()));
        for (key, headers, of_members) in [
            (&key["key"], &[][..], "invalid_token"),
            (&serde_json::Value::Null, &[("origin", "https://a.example")], "missing_token"),
            (&serde_json::json!("flow_sk_1"), &[("origin", "https://a.example")], "invalid_token"),
        ] {
            let expected = if surface == "members" { (401, of_members) } else { (404, "unknown_operation") };
            assert_eq!(told(surface, key, headers), (expected.0, expected.1.into()));
        }
    }
    server.stop();
    let shown = home.run(&["keys", "show", key["id"].as_str().expect("an id"), "--json"]).json();
    let seen: Vec<_> = shown["exposures"]
        .as_array()
        .expect("exposures")
        .iter()
        .map(|seen| format!("{} {}", seen["surface"].as_str().unwrap(), seen["origin"].as_str().unwrap()))
        .collect();
    for (surface, page) in
        [("members", "https://members.example"), ("studio", "https://studio.example"), ("members", "unknown")]
    {
        assert!(seen.contains(&format!("{surface} {page}")), "{seen:?}");
    }
}

#[apply(on_both_engines!)]
fn a_database_that_is_busy_when_the_server_ends_is_awaited_and_no_call_is_lost(home: Home) {
    home.studio("casa");
    let key = home.secret_key("instructors:read");
    let server = home.serve(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let held = runtime.block_on(lock_for_server(&home));
    assert_eq!(server.call("management", "/v1/instructors", &key["key"], &[]).0, 200);
    let began = Instant::now();
    server.terminate();
    // Said when the first try has waited as long as it may.
    server.has_logged("trying again until the shutdown limit");
    runtime.block_on(held.commit()).expect("let go");
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(began.elapsed() < LATEST && !log.contains("lost the last counters"), "{:?}: {log}", began.elapsed());
    let usage = home.run(&["keys", "usage", key["id"].as_str().expect("an id"), "--json"]).json();
    assert_eq!(usage[0]["calls"], 1, "{usage}");
}

#[apply(on_both_engines!)]
fn a_server_that_is_told_to_stop_has_counted_every_call_and_recorded_every_exposure(home: Home) {
    home.studio("casa");
    let (key, leaked) = (home.secret_key("instructors:read"), home.secret_key("instructors:read"));
    let of =
        |key: &serde_json::Value, what| home.run(&["keys", what, key["id"].as_str().expect("an id"), "--json"]).json();
    let mut calls = 0;
    for round in 1..=3 {
        let server = home.serve(&[]);
        for _ in 0..40 * round {
            assert_eq!(server.call("management", "/v1/instructors", &key["key"], &[]).0, 200);
            calls += 1;
        }
        let origin = format!("https://{round}.example");
        assert_eq!(server.call("management", "/v1/instructors", &leaked["key"], &[("origin", &origin)]).0, 403);
        assert_eq!(server.stop().0, Some(0));
        let usage = of(&key, "usage");
        let counted: i64 = usage.as_array().expect("rows").iter().filter_map(|row| row["calls"].as_i64()).sum();
        assert_eq!(counted, calls);
        assert_eq!(of(&leaked, "show")["exposures"].as_array().map(Vec::len), Some(round));
    }
}

#[test]
fn a_server_is_not_ready_when_its_file_is_cut_off_or_gone_or_another() {
    let home = Home::on_sqlite();
    home.studio("casa");
    fs::copy(home.path("flow.db"), home.path("copy.db")).expect("a copy");
    let server = home.serve(&[]);
    let ready = || call("GET", &format!("{}/readyz", server.at["ops"]), "", &[], None).0;
    assert_eq!(ready(), 200);
    let file = home.path("flow.db");
    fs::rename(&file, home.path("away.db")).expect("moved");
    assert_eq!(ready(), 503, "gone");
    fs::copy(home.path("copy.db"), &file).expect("a copy");
    assert_eq!(ready(), 503, "another");
    fs::rename(home.path("away.db"), &file).expect("moved back");
    assert_eq!(ready(), 200, "back");
    fs::File::options().write(true).open(&file).and_then(|file| file.set_len(0)).expect("cut off");
    assert_eq!(ready(), 503, "cut off");
}

#[test]
fn commands_read_while_another_process_holds_the_write_lock_and_a_migration_says_that_it_is_busy() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("instructors:read");
    let id = key["id"].as_str().expect("an id");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let lock = || {
        let mut other = runtime.block_on(SqliteConnection::connect(&home.url)).expect("the file opens");
        runtime.block_on(sqlx::raw_sql("begin immediate").execute(&mut other)).expect("the lock");
        other
    };
    let held = lock();
    for args in [
        &["keys", "list", "--studio", "casa"][..],
        &["keys", "show", id],
        &["keys", "usage", id],
        &["studio", "list"],
        &["studio", "show", "casa"],
        &["migrate"],
        &["backup", "copy.db"],
    ] {
        home.run(args).done();
    }
    let explained = home.run_with(
        key["key"].as_str().expect("a key"),
        &["explain", "--key-stdin", "--surface", "management", "GET", "/v1/instructors"],
    );
    assert_eq!(explained.code, Some(0), "{explained:?}");
    runtime.block_on(held.close()).expect("let go");
    go_back_to_the_first_step(&home);
    let _held = lock();
    let said = home.run(&["migrate"]).fails(1);
    assert!(said.contains("the database is busy"), "{said}");
}

/// How long the end may take, from the signal on: with a database that takes nothing, it is tried until then.
const LATEST: Duration = Duration::from_secs(25);

#[test]
fn a_server_whose_file_is_taken_by_another_process_ends_well_and_says_what_is_lost() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("instructors:read");
    let server = home.serve(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut other = runtime.block_on(SqliteConnection::connect(&home.url)).expect("the file opens");
    runtime.block_on(sqlx::raw_sql("begin immediate").execute(&mut other)).expect("the lock");
    assert_eq!(server.call("management", "/v1/instructors", &key["key"], &[]).0, 200);
    let began = Instant::now();
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(began.elapsed() < LATEST, "{:?}", began.elapsed());
    assert!(log.contains("lost the last counters") && log.contains("calls=1"), "{log}");
}

#[test]
fn a_server_whose_postgres_has_fallen_silent_ends_well() {
    let Some(postgres) = postgres::start_private() else { return };
    let home = Home { url: postgres.url(), ..Home::on_sqlite() };
    home.studio("casa");
    let key = home.secret_key("instructors:read");
    let server = home.serve(&[]);
    assert_eq!(server.call("management", "/v1/instructors", &key["key"], &[]).0, 200);
    let _frozen = postgres.freeze();
    let began = Instant::now();
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(began.elapsed() < LATEST, "{:?}", began.elapsed());
}

#[test]
fn both_apis_share_a_port_when_they_are_told_to() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let (secret, publishable) = (home.secret_key("instructors:read"), home.publishable_key());
    let server = home.serve(&["--api-addr", "127.0.0.1:0", "--public-api-url", "https://api.studio.example/"]);
    let names: Vec<_> = server.at.keys().map(String::as_str).collect();
    assert_eq!(names, ["api", "members", "ops", "studio"]);
    assert_eq!(server.call("api", "/v1/instructors", &secret["key"], &[]).0, 200);
    assert_eq!(server.call("api", "/v1/config", &publishable["key"], &[]).0, 200);
    let (status, body) = server.call("api", "/v1/config", &secret["key"], &[]);
    assert_eq!(status, 404);
    assert!(body["type"].as_str().is_some_and(|link| link.starts_with("https://api.studio.example/docs#")), "{body}");
}

#[test]
fn a_second_server_on_one_file_is_refused_and_commands_are_not() {
    let home = Home::on_sqlite();
    let server = home.serve(&[]);
    let said = home.run(&["serve", "--storefront-addr", "127.0.0.1:0"]).fails(1);
    assert!(said.contains("already runs"), "{said}");
    home.studio("casa");
    server.stop();
    assert_eq!(home.serve(&[]).stop().0, Some(0));
}

#[test]
fn a_newer_schema_is_refused_by_every_command() {
    let home = Home::on_sqlite();
    home.studio("casa");
    execute(
        &home,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, x'00', 0)".into(),
    );
    for args in [&["serve"][..], &["studio", "list"], &["migrate"], &["keys", "list", "--studio", "casa"]] {
        let said = home.run(args).fails(1);
        assert!(said.contains("newer schema"), "{args:?}: {said}");
    }
    home.run(&["backup", "copy.db"]).done();
}

#[test]
fn every_command_brings_an_older_schema_up_to_date_but_a_server_that_is_told_not_to() {
    let home = Home::on_sqlite();
    home.run(&["migrate"]).done();
    for args in [&["migrate"][..], &["studio", "list"], &["keys", "list", "--studio", "casa"], &["outbox", "list"]] {
        go_back_to_the_first_step(&home);
        let said = home.run(&["serve", "--no-migrate"]).fails(1);
        assert!(said.contains("flow-gateway migrate"), "{said}");
        let ended = home.run(args);
        if args[0] == "keys" {
            assert!(ended.fails(1).contains("there is no studio"));
        } else {
            ended.done();
        }
        assert_eq!(home.serve(&["--no-migrate"]).stop().0, Some(0), "{args:?}");
    }
    go_back_to_the_first_step(&home);
    assert_eq!(home.serve(&[]).stop().0, Some(0));
}

#[test]
fn postgres_that_could_lose_writes_is_refused() {
    let Some(server) = postgres::start_private() else { return };
    server.set_config("fsync = off");
    server.stop();
    server.start();
    let home = Home { url: server.url(), ..Home::on_sqlite() };
    for args in [&["serve"][..], &["studio", "list"]] {
        let said = home.run(args).fails(1);
        assert!(said.contains("fsync=off"), "{said}");
    }
}

#[test]
fn an_address_that_others_reach_takes_a_proxy_or_a_word() {
    let home = Home::on_sqlite();
    let said = home.run(&["serve", "--management-addr", "0.0.0.0:0"]).fails(2);
    assert!(said.contains("--trusted-proxies") && said.contains("--plain-http"), "{said}");
    assert!(!home.path("flow.db").exists());
    for meant in ["--plain-http", "--trusted-proxies=127.0.0.1"] {
        let mut command = home.command(&["serve", meant, "--api-addr", "0.0.0.0:0"]);
        for name in ["MEMBERS", "STUDIO", "OPS"] {
            command.env(format!("FLOW_{name}_ADDR"), "127.0.0.1:0");
        }
        assert_eq!(super::gateway::Running::start(&home, command).stop().0, Some(0));
    }
}

#[test]
fn files_of_the_gateway_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::on_sqlite();
    let server = home.serve(&[]);
    home.studio("casa");
    home.run(&["backup", "copy.db"]).done();
    for name in ["flow.db", "flow.db-wal", "flow.db-shm", "flow.db.lock", "copy.db"] {
        let mode = std::fs::metadata(home.path(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(server);
}
