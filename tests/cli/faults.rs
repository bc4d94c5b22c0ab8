//! Commands and servers that are killed in the middle, or may write no more: what is there is whole, and the next one works.

use std::{collections::BTreeSet, fs, os::unix::process::CommandExt, process::Command};

use flow_gateway::store::{db::Db, open::open};
use serde_json::{Value, json};
use sqlx::{
    Connection, PgConnection, SqlStr, SqliteConnection,
    migrate::{Migration, MigrationType, Migrator},
};

use super::{
    gateway::{Ended, Home, call, end, on_both_engines},
    restore::killed_at_moments,
};
use crate::support::disk::Disk;

fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

/// Empties the database, and puts one there that has taken the first step of the schema alone and holds a studio.
fn as_the_first_release_left_it(home: &Home) {
    let first = |text: &'static str| {
        let step =
            Migration::new(1, "0001_studios_and_keys".into(), MigrationType::Simple, SqlStr::from_static(text), false);
        Migrator::with_migrations(vec![step])
    };
    let rows = "insert into studios (id, version, created_at, updated_at, slug, name, time_zone, currency, locale, contact, links, \
        policies) values ('std_01jdc9x0aetqt8q3yv0gcm1v5k', 1, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', \
        'casa', 'Casa', 'Europe/Lisbon', 'EUR', 'pt', '{}', '{}', '{}'); \
        insert into operators (id, studio_id, email, role, password_hash, created_at) values ('usr_01jdc9x0aetqt8q3yv0gcm1v5k', \
        'std_01jdc9x0aetqt8q3yv0gcm1v5k', 'anna@müller.example', 'owner', 'x', '2026-01-01T00:00:00.000000Z')";
    now(async {
        if home.url.starts_with("postgres") {
            let mut connection = PgConnection::connect(&home.url).await.expect("a connection");
            let clear = "drop schema public cascade; create schema public";
            sqlx::raw_sql(clear).execute(&mut connection).await.expect("cleared");
            let steps = first(include_str!("../../migrations/postgres/0001_studios_and_keys.sql"));
            steps.run(&mut connection).await.expect("the first step");
            sqlx::raw_sql(rows).execute(&mut connection).await.expect("the rows");
        } else {
            for ending in ["", "-wal", "-shm", "-journal"] {
                fs::remove_file(home.path(&format!("flow.db{ending}"))).ok();
            }
            fs::write(home.path("flow.db"), "").expect("a file");
            let mut connection = SqliteConnection::connect(&home.url).await.expect("a connection");
            let steps = first(include_str!("../../migrations/sqlite/0001_studios_and_keys.sql"));
            steps.run(&mut connection).await.expect("the first step");
            sqlx::raw_sql(rows).execute(&mut connection).await.expect("the rows");
            connection.close().await.expect("closed");
        }
    });
}

/// How many steps the schema has taken; none of them by half.
fn steps(home: &Home) -> i64 {
    let text = "select count(*) from _sqlx_migrations where success";
    now(async {
        if home.url.starts_with("postgres") {
            let mut connection = PgConnection::connect(&home.url).await.expect("a connection");
            sqlx::query_scalar(text).fetch_one(&mut connection).await.expect("a number")
        } else {
            let mut connection = SqliteConnection::connect(&home.url).await.expect("a connection");
            let whole: String =
                sqlx::query_scalar("pragma integrity_check").fetch_one(&mut connection).await.expect("looked through");
            assert_eq!(whole, "ok");
            sqlx::query_scalar(text).fetch_one(&mut connection).await.expect("a number")
        }
    })
}

fn all_steps() -> i64 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    i64::try_from(fs::read_dir(folder).expect("the steps").count()).expect("a number")
}

/// The key of the owner's address.
fn owners_key(home: &Home) -> Option<String> {
    now(async {
        let db = open(&home.url.parse().expect("a URL"), false).await.expect("the database opens");
        let text = "select email_key from staff where role = 'owner'";
        let key = db.read().query(text).scalar::<Option<String>>().await.expect("an owner").flatten();
        Db::close(&db).await;
        key
    })
}

#[apply(on_both_engines!)]
fn an_older_database_whose_migration_is_killed_is_whole_and_the_next_brings_it_up_to_date(home: Home) {
    let prepare = || as_the_first_release_left_it(&home);
    killed_at_moments(&home, 8, &["migrate"], prepare, || {
        let taken = steps(&home);
        let is_one_transaction = home.url.starts_with("sqlite");
        assert!(taken == 1 || taken == all_steps() || !is_one_transaction && taken < all_steps(), "{taken}");
        home.run(&["migrate"]).done();
        assert_eq!(home.run(&["studio", "show", "casa", "--json"]).json()["name"], "Casa");
        assert_eq!(owners_key(&home).as_deref(), Some("anna@xn--mller-kva.example"));
    });
}

/// A command that may make no file larger than this.
fn limited(home: &Home, bytes: u64, args: &[&str]) -> Ended {
    let command = home.command(args);
    let mut limited = Command::new("prlimit");
    limited.arg(format!("--fsize={bytes}")).arg(command.get_program()).args(command.get_args()).env_clear();
    limited
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(home.directory.path());
    end(limited, "")
}

/// The names in the home's directory, but for those that SQLite keeps beside a database.
fn names(home: &Home) -> BTreeSet<String> {
    let names = fs::read_dir(home.directory.path()).expect("the directory").flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !["flow.db-wal", "flow.db-shm", "flow.db.lock"].contains(&name.as_str())).collect()
}

/// A sheet of about 1.3 MB.
fn sheet() -> String {
    let lines: Vec<_> = (0..3000).map(|number| format!("Name {number},{}", "x".repeat(400))).collect();
    format!("display_name,bio\n{}\n", lines.join("\n"))
}

fn count(home: &Home) -> usize {
    fs::remove_dir_all(home.path("counted")).ok();
    home.run(&["export", "--studio", "casa", "counted"]).done();
    let lines = fs::read_to_string(home.path("counted/instructors.jsonl")).expect("the rows").lines().count();
    fs::remove_dir_all(home.path("counted")).expect("removed");
    lines
}

#[test]
fn a_command_that_may_write_no_more_says_so_leaves_nothing_and_works_the_next_time() {
    const KIB: u64 = 1024;
    let home = Home::on_sqlite();
    let said = limited(&home, 64 * KIB, &["migrate"]).fails(1);
    assert!(!said.is_empty());
    home.run(&["migrate"]).done();
    home.studio("casa");
    home.write("instructors.csv", &sheet());
    let before = names(&home);
    let import = ["import", "--studio", "casa", "instructors.csv"];
    let said = limited(&home, 800 * KIB, &import).fails(1);
    assert!(said.contains("error:"), "{said}");
    assert_eq!((count(&home), names(&home)), (0, before));
    home.run(&import).done();
    assert_eq!(count(&home), 3000);
    for (args, word) in [(&["backup", "copy.db"][..], "not copied"), (&["export", "--studio", "casa", "rows"], "rows")]
    {
        let before = names(&home);
        let said = limited(&home, 400 * KIB, args).fails(1);
        assert!(said.contains(word), "{args:?}: {said}");
        assert_eq!(names(&home), before, "{args:?}");
        home.run(args).done();
    }
}

#[test]
fn a_full_disk_stops_an_import_and_an_export_which_leave_nothing() {
    let Some(disk) = Disk::of_megabytes(9) else { return };
    let home = Home { url: format!("sqlite://{}", disk.file("flow.db").display()), ..Home::on_sqlite() };
    home.studio("casa");
    home.write("instructors.csv", &sheet());
    let import = ["import", "--studio", "casa", "instructors.csv"];
    disk.fill();
    home.run(&import).fails(1);
    assert_eq!(count(&home), 0, "what is there is still read");
    disk.free();
    home.run(&import).done();
    assert_eq!(count(&home), 3000);
    let out = disk.file("rows").display().to_string();
    disk.fill();
    let said = home.run(&["export", "--studio", "casa", &out]).fails(1);
    assert!(said.contains("rows"), "{said}");
    disk.free();
    let left = fs::read_dir(disk.file("")).expect("the disk").flatten().map(|entry| entry.file_name().into_string());
    let left: Vec<_> = left.flatten().filter(|name| !name.starts_with("flow.db")).collect();
    assert_eq!(left, Vec::<String>::new());
    home.run(&["export", "--studio", "casa", &out]).done();
}

#[test]
fn a_server_whose_files_may_grow_no_more_refuses_writes_reads_on_and_is_well_again() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("instructors:read,instructors:write")["key"].as_str().expect("a key").to_owned();
    let server = home.serve(&["--rate-limits", "off"]);
    let limit = |bytes: &str| {
        let pid = server.pid().to_string();
        let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status();
        assert!(set.expect("prlimit runs").success());
    };
    let url = format!("{}/v1/instructors", server.at["management"]);
    let write = || {
        let body = json!({"display_name": "A", "bio": "x".repeat(4000)}).to_string();
        call("POST", &url, &key, &[("content-type", "application/json")], Some(&body))
    };
    let read = || call("GET", &format!("{url}?limit=100"), &key, &[], None);
    assert_eq!(write().0, 201);
    let mut written = 1;
    for _ in 0..2 {
        limit(&(fs::metadata(home.path("flow.db-wal")).expect("the log").len() + 20_000).to_string());
        let refused: Value = loop {
            match write() {
                (201, _) => written += 1,
                (status, problem) => {
                    assert_eq!(status, 503, "{problem}");
                    break problem;
                }
            }
        };
        assert_eq!(refused["code"], "unavailable");
        let (status, page) = read();
        assert_eq!((status, page["data"].as_array().map(Vec::len)), (200, Some(written)));
        limit("unlimited");
        assert_eq!(write().0, 201, "well again");
        written += 1;
    }
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(count(&home), written);
}

#[test]
fn a_place_that_nobody_may_write_into_is_told_and_left_as_it_is() {
    const NOBODY: u32 = 65534;
    if fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).ok() != Some(0) {
        return; // Only root can become somebody else, and root writes everywhere.
    }
    let (home, out) = (Home::on_sqlite(), tempfile::tempdir().expect("a directory"));
    home.studio("casa");
    let place = |name: &str| out.path().join(name).display().to_string();
    fs::set_permissions(home.directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    fs::set_permissions(home.path("flow.db"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("a mode");
    fs::set_permissions(out.path(), std::os::unix::fs::PermissionsExt::from_mode(0o555)).expect("a mode");
    for args in [&["backup", &place("copy.db")][..], &["export", "--studio", "casa", &place("rows")]] {
        let mut as_nobody = home.command(args);
        as_nobody.uid(NOBODY).gid(NOBODY);
        let said = end(as_nobody, "").fails(1);
        assert!(said.contains(&place("")[..place("").len() - 1]), "{said}");
        assert!(fs::read_dir(out.path()).expect("the directory").next().is_none());
    }
}
