//! Which databases are refused at the start, and why.

use flow_gateway::store::{
    db::Db,
    migrate::SchemaError,
    open::{DatabaseLocation, OpenError, lock_for_server, open},
};

use crate::support::postgres;

fn file() -> (tempfile::TempDir, DatabaseLocation) {
    let directory = tempfile::tempdir().expect("a directory");
    let place = format!("sqlite://{}", directory.path().join("flow.db").display()).parse().expect("a URL");
    (directory, place)
}

fn refusal<T>(result: Result<T, OpenError>) -> OpenError {
    result.err().expect("a refusal")
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused_until_the_first_is_gone() {
    let (_directory, place) = file();
    let first = lock_for_server(&place, true).expect("held");
    assert!(matches!(refusal(lock_for_server(&place, true)), OpenError::InUse(_)));
    drop(first);
    lock_for_server(&place, true).expect("free again");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_a_file_that_a_server_runs_on_is_that_file() {
    let (directory, place) = file();
    drop(open(&place, false).await.expect("the database opens"));
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(directory.path().join("flow.db"), &link).expect("a link");
    let linked: DatabaseLocation = format!("sqlite://{}", link.display()).parse().expect("a URL");
    let _first = lock_for_server(&place, true).expect("held");
    assert!(matches!(refusal(lock_for_server(&linked, true)), OpenError::InUse(_)));
}

#[tokio::test]
async fn many_may_open_an_absent_file_at_once() {
    for _ in 0..20 {
        let (_directory, place) = file();
        let opened = futures_util::future::join_all((0..8).map(|_| open(&place, false))).await;
        assert!(opened.iter().all(Result::is_ok), "{:?}", opened.iter().find_map(|one| one.as_ref().err()));
    }
}

async fn pretend_newer(db: &Db) {
    let text = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, ''::bytea, 0)";
    match db {
        Db::Sqlite { writer, .. } => {
            sqlx::query(sqlx::AssertSqlSafe(text.replace("::bytea", ""))).execute(writer).await.map(drop)
        }
        Db::Postgres(connections) => sqlx::query(text).execute(connections.pool()).await.map(drop),
    }
    .expect("a step of the future");
}

async fn forget_last_step(db: &Db) {
    let text = "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)";
    match db {
        Db::Sqlite { writer, .. } => sqlx::query(text).execute(writer).await.map(drop),
        Db::Postgres(connections) => sqlx::query(text).execute(connections.pool()).await.map(drop),
    }
    .expect("a step of the past");
}

async fn refuses_other_schemas(place: &DatabaseLocation) {
    let db = open(place, true).await.expect("opened");
    pretend_newer(&db).await;
    assert!(matches!(refusal(open(place, true).await), OpenError::Schema(SchemaError::Newer(9999))));
    forget_last_step(&db).await;
    open(place, false).await.expect("current");
    forget_last_step(&db).await;
    assert!(matches!(refusal(open(place, false).await), OpenError::Schema(SchemaError::Older)));
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_an_older_one_waits_to_be_migrated() {
    let (_directory, place) = file();
    refuses_other_schemas(&place).await;
    if let Some(url) = postgres::database() {
        refuses_other_schemas(&url.parse().expect("a URL")).await;
    }
}

#[tokio::test]
async fn postgresql_that_may_lose_writes_is_refused() {
    let Some(server) = postgres::start_private() else { return };
    let place = server.url().parse().expect("a URL");
    open(&place, true).await.expect("safe");
    server.set_config("fsync = off");
    server.stop();
    server.start();
    assert!(matches!(refusal(open(&place, true).await), OpenError::Unsafe("fsync=off")));
}

#[tokio::test]
async fn an_answer_waits_for_the_disk_whatever_postgresql_is_told() {
    let Some(server) = postgres::start_private() else { return };
    server.execute("alter role postgres set synchronous_commit = off");
    let Db::Postgres(connections) = open(&server.url().parse().expect("a URL"), true).await.expect("opened") else {
        return;
    };
    let told: String =
        sqlx::query_scalar("show synchronous_commit").fetch_one(connections.pool()).await.expect("a setting");
    assert_eq!(told, "on");
}

#[test]
fn a_url_that_is_no_database_is_refused_without_repeating_it() {
    for url in ["mysql://user:hunter2@host/db", "postgres://user:hunter2@host:port/db", "sqlite::memory:", ""] {
        let told = refusal(url.parse::<DatabaseLocation>()).to_string();
        assert!(!told.contains("hunter2"), "{told}");
    }
}
