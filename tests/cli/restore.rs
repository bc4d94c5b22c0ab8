//! `restore`: a backup in the place of a database, and commands that are killed in the middle.

use std::{
    fs,
    path::Path,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{files::execute, gateway::Home};
use crate::support::disk::Disk;

fn slugs(home: &Home) -> Vec<String> {
    let studios = home.run(&["studio", "list", "--json"]).json();
    studios.as_array().expect("studios").iter().filter_map(|row| Some(row["slug"].as_str()?.to_owned())).collect()
}

/// A backup with one studio, and a database that has two by now.
fn with_a_backup() -> Home {
    let home = Home::on_sqlite();
    home.studio("casa");
    home.run(&["backup", "copy.db"]).done();
    home.studio("later");
    home
}

fn kept(home: &Home) -> Vec<String> {
    let names = fs::read_dir(home.directory.path()).expect("the directory").flatten();
    names.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.contains(".replaced-")).collect()
}

fn on_file(home: &Home, name: &str) -> Home {
    Home { url: format!("sqlite://{}", home.path(name).display()), ..Home::on_sqlite() }
}

#[test]
fn a_backup_takes_the_databases_place_and_what_was_there_is_kept_whole() {
    let home = with_a_backup();
    let told = home.run(&["restore", "copy.db", "--json"]).json();
    assert_eq!(slugs(&home), ["casa"]);
    let [kept] = &kept(&home)[..] else { panic!("{:?}", kept(&home)) };
    assert!(told["replaced"].as_str().is_some_and(|path| path.ends_with(kept.as_str())), "{told}");
    assert_eq!(told["bytes"], json!(fs::metadata(home.path("flow.db")).expect("the database").len()));
    assert_eq!(slugs(&on_file(&home, kept)), ["casa", "later"]);
    assert_eq!(slugs(&on_file(&home, "copy.db")), ["casa"], "the backup stays");
    let log = |home: &Home| home.run(&["audit", "--studio", "casa", "--action", "restore"]).done().lines().count();
    assert_eq!((log(&home), log(&on_file(&home, "copy.db"))), (1, 0), "the log says so");
    assert_eq!(home.serve(&[]).stop().0, Some(0));
}

#[test]
fn keys_that_were_revoked_after_the_backup_work_again_and_are_named() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let [before, after, kept] =
        ["classes:read"; 3].map(|scope| home.secret_key(scope)["id"].as_str().expect("an id").to_owned());
    home.run(&["keys", "revoke", &before]).done();
    home.run(&["backup", "copy.db"]).done();
    home.run(&["keys", "revoke", &after]).done();
    let ended = home.run(&["restore", "copy.db"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.err.contains(&after) && !ended.err.contains(&before) && !ended.err.contains(&kept), "{ended:?}");
    assert_eq!(home.run(&["keys", "show", &after, "--json"]).json()["status"], "active");
    home.run(&["keys", "revoke", &after]).done();
    let told = home.run(&["restore", "copy.db", "--json"]).json();
    assert_eq!(told["revived_keys"], json!([after]));
    let told = home.run(&["restore", "copy.db", "--json"]).json();
    assert_eq!(told["revived_keys"], json!([]), "nothing was revoked since");
}

#[test]
fn a_backup_that_is_not_there_is_named_as_a_backup() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let said = home.run(&["restore", "absent.db"]).fails(1);
    assert!(said.contains("there is no file absent.db") && !said.contains("migrate"), "{said}");
}

#[test]
fn a_backup_is_restored_where_nothing_stands() {
    let home = with_a_backup();
    fs::remove_file(home.path("flow.db")).expect("removed");
    let told = home.run(&["restore", "copy.db", "--json"]).json();
    assert_eq!(told["replaced"], json!(null));
    assert_eq!(slugs(&home), ["casa"]);
}

#[test]
fn a_database_that_was_lost_or_spoilt_is_restored_and_its_log_is_set_aside() {
    for spoil in [
        |home: &Home| drop(home.write("flow.db", "no database")),
        |home: &Home| {
            fs::remove_file(home.path("flow.db")).expect("removed");
        },
    ] {
        let home = with_a_backup();
        spoil(&home);
        home.write("flow.db-wal", "what was written last");
        home.run(&["restore", "copy.db"]).done();
        assert_eq!(slugs(&home), ["casa"]);
        let names = kept(&home);
        let log =
            names.iter().find(|name| name.ends_with("-wal")).unwrap_or_else(|| panic!("the log is kept: {names:?}"));
        assert_eq!(fs::read_to_string(home.path(log)).expect("the log"), "what was written last");
    }
}

#[test]
fn nothing_is_restored_under_a_server_or_a_command() {
    let home = with_a_backup();
    let server = home.serve(&[]);
    let said = home.run(&["restore", "copy.db"]).fails(1);
    assert!(said.contains("already runs"), "{said}");
    server.stop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let other = runtime.block_on(async {
        let place = home.url.parse().expect("a URL");
        flow_gateway::store::open::open(&place, false).await.expect("the database opens")
    });
    let said = home.run(&["restore", "copy.db"]).fails(1);
    assert!(said.contains("another process"), "{said}");
    runtime.block_on(other.close());
    assert_eq!(slugs(&home), ["casa", "later"]);
    assert_eq!(kept(&home), Vec::<String>::new());
}

#[test]
fn a_backup_that_is_damaged_newer_or_somebody_elses_changes_nothing() {
    let home = with_a_backup();
    fs::copy(home.path("copy.db"), home.path("newer.db")).expect("a copy");
    execute(
        &home.path("newer.db"),
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, x'00', 0)",
    );
    execute(&home.path("recipes.db"), "create table recipes (name text)");
    home.write("text.db", "no database at all");
    let mut bytes = fs::read(home.path("copy.db")).expect("the copy");
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xa5);
    fs::write(home.path("damaged.db"), bytes).expect("a file");
    for (name, word) in [
        ("newer.db", "newer schema"),
        ("recipes.db", "something else"),
        ("text.db", "not a SQLite database"),
        ("damaged.db", "damaged.db"),
        ("absent.db", "absent.db"),
        ("flow.db", "the database itself"),
    ] {
        let said = home.run(&["restore", name]).fails(1);
        assert!(said.contains(word), "{name}: {said}");
        assert_eq!(slugs(&home), ["casa", "later"], "{name}");
        assert_eq!(kept(&home), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn postgres_is_restored_with_its_own_tool() {
    let Some(home) = Home::on_postgres() else { return };
    assert!(home.run(&["restore", "copy.db"]).fails(1).contains("pg_restore"));
}

/// Runs a command, and kills it after this long; whether it had ended by itself.
fn killed_after(home: &Home, args: &[&str], delay: Duration) -> bool {
    let mut child = home.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    sleep(delay);
    let ended = child.try_wait().expect("a look").is_some();
    child.kill().ok();
    child.wait().expect("it ends");
    ended
}

/// Kills a command ever later, at so many moments and a few more, until it ends by itself; looks at what is left each time.
pub(super) fn killed_at_moments(home: &Home, moments: u32, args: &[&str], prepare: impl Fn(), look: impl Fn()) {
    prepare();
    let began = Instant::now();
    home.run(args).done();
    let whole = began.elapsed();
    for part in 1..=moments + moments / 4 {
        prepare();
        let ended = killed_after(home, args, whole * part / moments);
        look();
        if ended && part > moments {
            return;
        }
    }
}

fn killed_at_every_moment(home: &Home, args: &[&str], prepare: impl Fn(), look: impl Fn()) {
    killed_at_moments(home, 16, args, prepare, look);
}

fn remove(file: &Path) {
    fs::remove_file(file).ok();
}

#[test]
fn a_backup_that_is_killed_leaves_nothing_under_its_name() {
    let home = Home::on_sqlite();
    home.demo_here(&[]).stop();
    let copy = home.path("copy.db");
    let look = || {
        if copy.exists() {
            assert_eq!(slugs(&on_file(&home, "copy.db")), ["casa-prana"], "a whole one, or none");
        }
    };
    killed_at_every_moment(&home, &["backup", "copy.db"], || remove(&copy), look);
}

#[test]
fn a_migration_that_is_killed_is_done_by_the_next() {
    let home = Home::on_sqlite();
    let clear = || {
        for name in ["flow.db", "flow.db-wal", "flow.db-shm", "flow.db-journal"] {
            remove(&home.path(name));
        }
    };
    killed_at_every_moment(&home, &["migrate"], clear, || {
        home.run(&["migrate"]).done();
        assert_eq!(slugs(&home), Vec::<String>::new());
    });
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_database_or_the_new_one() {
    let home = with_a_backup();
    let two = on_file(&home, "two.db");
    home.run(&["backup", "two.db"]).done();
    let prepare = || {
        remove(&home.path("flow.db"));
        fs::copy(two.url.trim_start_matches("sqlite://"), home.path("flow.db")).expect("the old one");
    };
    killed_at_every_moment(&home, &["restore", "copy.db"], prepare, || {
        let slugs = slugs(&home);
        assert!(slugs == ["casa"] || slugs == ["casa", "later"], "{slugs:?}");
    });
}

#[test]
fn a_backup_and_a_restore_on_a_full_disk_change_nothing() {
    let Some(disk) = Disk::of_megabytes(4) else { return };
    let home = with_a_backup();
    let crowded = Home { url: format!("sqlite://{}", disk.file("flow.db").display()), ..Home::on_sqlite() };
    crowded.studio("crowded");
    disk.fill();
    let copy = disk.file("copy.db").display().to_string();
    crowded.run(&["backup", &copy]).fails(1);
    assert!(!disk.file("copy.db").exists());
    let backup = home.path("copy.db").display().to_string();
    crowded.run(&["restore", &backup]).fails(1);
    disk.free();
    assert_eq!(slugs(&crowded), ["crowded"]);
    crowded.run(&["restore", &backup]).done();
    assert_eq!(slugs(&crowded), ["casa"]);
}
