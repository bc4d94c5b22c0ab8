//! The database that a command is pointed at: which commands make one, and what is left alone.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, symlink},
        process::CommandExt,
    },
    path::Path,
};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::gateway::{Home, Running, end};

/// An ordinary account, which root's rights over files are not those of.
const NOBODY: u32 = 65534;
const KEY: &str = "key_01jdc9x0aetqt8q3yv0gcm1v5k";

/// Runs statements in a file.
pub(super) fn execute(file: &Path, statements: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.expect("they run");
        connection.close().await.expect("the file closes");
    });
}

/// Commands that work on what is there.
fn commands_that_make_nothing() -> Vec<Vec<&'static str>> {
    let lists = [
        "backup copy.db",
        "studio list",
        "studio show casa",
        "studio change casa --file patch.json",
        "studio reset-owner-password casa --owner-password-stdin",
        "keys list --studio casa",
        "keys create --studio casa --kind publishable --name X",
        "members erase clara@member.example --studio casa --yes",
        "outbox list",
        "outbox show eml_01jdc9x0aetqt8q3yv0gcm1v5k",
        "outbox retry --all-dead --studio casa",
        "export --studio casa out",
        "import --studio casa plans.csv",
        "explain --key-stdin --surface management GET /v1/classes",
        "serve --no-create",
    ];
    let keys = ["show", "usage", "rotate", "revoke"].map(|verb| vec!["keys", verb, KEY]);
    lists.iter().map(|line| line.split(' ').collect()).chain(keys).collect()
}

#[test]
fn a_mistyped_database_is_refused_by_name_and_no_file_is_made() {
    let home = Home::on_sqlite();
    home.write("patch.json", "{}");
    home.write("plans.csv", "name\n");
    let before = fs::read_dir(home.directory.path()).expect("the directory").count();
    for command in commands_that_make_nothing() {
        let said = home.run_with("unlikely lantern orbit 47\n", &command).fails(1);
        assert!(said.contains("flow.db"), "{command:?}: {said}");
        let after = fs::read_dir(home.directory.path()).expect("the directory").count();
        assert_eq!(after, before, "{command:?}");
    }
    let elsewhere = home.run(&["--database", "sqlite://no/such/flow.db", "migrate"]).fails(1);
    assert!(elsewhere.contains("no/such/flow.db"), "{elsewhere}");
}

#[test]
fn an_empty_file_is_no_database_to_a_command_that_makes_none() {
    let home = Home::on_sqlite();
    home.write("flow.db", "");
    for command in [&["backup", "copy.db"][..], &["studio", "list"], &["export", "--studio", "casa", "out"]] {
        let said = home.run(command).fails(1);
        assert!(said.contains("flow.db"), "{said}");
    }
    assert_eq!(fs::metadata(home.path("flow.db")).expect("the file").len(), 0);
    assert!(!home.path("copy.db").exists());
}

#[test]
fn an_empty_postgres_is_no_database_to_a_command_that_makes_none() {
    let Some(home) = Home::on_postgres() else { return };
    let said = home.run(&["studio", "list"]).fails(1);
    assert!(said.contains("no Flow Gateway database"), "{said}");
    home.run(&["serve", "--no-create"]).fails(1);
    let said = home.run(&["migrate"]);
    assert!(said.err.contains("created a new database"), "{said:?}");
    home.run(&["studio", "list"]).done();
}

#[test]
fn a_command_that_makes_a_database_says_so_once() {
    for make in ["migrate", "studio"] {
        let home = Home::on_sqlite();
        let made = || {
            match make {
            "migrate" => home.run(&["migrate"]),
            _ => home.run_with(
                "unlikely lantern orbit 47",
                &"studio create --slug casa --name C --time-zone Europe/Lisbon --currency EUR --owner-email o@c.example \
                  --owner-password-stdin --json"
                    .split_whitespace()
                    .collect::<Vec<_>>(),
            ),
        }
        };
        let first = made();
        assert!(first.err.contains("created a new database at") && first.err.contains("flow.db"), "{first:?}");
        assert!(!made().err.contains("created a new database"), "{make}");
    }
}

#[test]
fn a_server_that_makes_a_database_says_so_loudly_and_not_when_it_may_not() {
    let home = Home::on_sqlite();
    let mut refused = home.serving(&[]);
    refused.env("FLOW_NO_CREATE", "on");
    let said = end(refused, "").fails(1);
    assert!(said.contains("flow.db") && !home.path("flow.db").exists(), "{said}");
    for empty in [false, true] {
        if empty {
            for name in ["flow.db", "flow.db-wal", "flow.db-shm"] {
                fs::remove_file(home.path(name)).ok();
            }
            home.write("flow.db", "");
        }
        let (code, log) = home.serve(&[]).stop();
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(log.matches("created a new database at").count(), 1, "{log}");
    }
    let (_, log) = home.serve(&["--no-create"]).stop();
    assert!(!log.contains("created a new database"), "{log}");
}

#[test]
fn an_empty_or_absent_file_beside_what_was_written_last_is_refused_with_what_to_do() {
    for absent in [false, true] {
        let home = Home::on_sqlite();
        home.studio("casa");
        if absent {
            fs::remove_file(home.path("flow.db")).expect("removed");
        } else {
            home.write("flow.db", "");
        }
        home.write("flow.db-wal", "what was written last");
        for command in [&["serve"][..], &["migrate"], &["studio", "list"]] {
            let said = home.run(command).fails(1);
            assert!(said.contains("flow.db-wal") && said.contains("restore FILE"), "{said}");
        }
        assert_eq!(fs::read_to_string(home.path("flow.db-wal")).expect("the log"), "what was written last");
    }
}

#[test]
fn somebody_elses_file_is_left_as_it_is() {
    let tables = "create table recipes (name text); insert into recipes values ('soup');";
    let id = "pragma application_id = 7;";
    let steps = "create table _sqlx_migrations (version bigint primary key, description text, installed_on timestamp, success \
        boolean, checksum blob, execution_time bigint); insert into _sqlx_migrations values (1, 'recipes', 1, 1, x'00', 1);";
    for statements in [tables, id, steps, &format!("{tables}{steps}")] {
        let home = Home::on_sqlite();
        execute(&home.path("flow.db"), statements);
        let before = fs::read(home.path("flow.db")).expect("the file");
        for command in [&["serve"][..], &["migrate"], &["demo"], &["studio", "list"], &["backup", "copy.db"]] {
            let said = home.run(command).fails(1);
            assert!(said.contains("something else") && said.contains("flow.db"), "{command:?}: {said}");
        }
        assert_eq!(fs::read(home.path("flow.db")).expect("the file"), before, "{statements}");
        assert!(!home.path("copy.db").exists());
    }
}

#[test]
fn a_file_of_ours_that_was_made_before_it_said_so_is_ours() {
    let home = Home::on_sqlite();
    home.studio("casa");
    execute(&home.path("flow.db"), "pragma application_id = 0");
    assert!(home.run(&["studio", "list"]).done().contains("casa"));
}

#[test]
fn a_file_that_is_no_sqlite_database_is_left_as_it_is() {
    let home = Home::on_sqlite();
    let text = "first_name,email\nClara,clara@member.example\n".repeat(100);
    home.write("flow.db", &text);
    for command in [&["serve"][..], &["migrate"], &["studio", "list"], &["backup", "copy.db"]] {
        let said = home.run(command).fails(1);
        assert!(said.contains("not a SQLite database") && said.contains("flow.db"), "{command:?}: {said}");
    }
    assert_eq!(fs::read_to_string(home.path("flow.db")).expect("the file"), text);
}

#[tokio::test]
async fn somebody_elses_postgres_is_left_as_it_is() {
    let Some(home) = Home::on_postgres() else { return };
    let mut connection = PgConnection::connect(&home.url).await.expect("a connection");
    sqlx::raw_sql("create table recipes (name text)").execute(&mut connection).await.expect("a table");
    for command in [&["serve"][..], &["migrate"], &["studio", "list"]] {
        let said = home.run(command).fails(1);
        assert!(said.contains("something else"), "{command:?}: {said}");
    }
    let text = "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace";
    let tables: Vec<String> = sqlx::query_scalar(text).fetch_all(&mut connection).await.expect("the tables");
    assert_eq!(tables, ["recipes"]);
}

#[test]
fn a_released_step_that_was_changed_is_refused() {
    let home = Home::on_sqlite();
    home.studio("casa");
    execute(&home.path("flow.db"), "update _sqlx_migrations set checksum = x'00' where version = 3");
    for command in [&["serve"][..], &["migrate"], &["studio", "list"]] {
        let said = home.run(command).fails(1);
        assert!(said.contains("step 3"), "{command:?}: {said}");
    }
}

#[test]
fn what_cannot_be_reached_is_named_without_its_password() {
    let home = Home::on_sqlite();
    let said = home.run(&["--database", "postgres://u:s3cretword@127.0.0.1:1/d", "studio", "list"]).fails(1);
    assert!(said.contains("127.0.0.1:1") && !said.contains("s3cretword"), "{said}");
    fs::create_dir(home.path("flow.db")).expect("a directory");
    let said = home.run(&["studio", "list"]).fails(1);
    assert!(said.contains("flow.db"), "{said}");
}

/// Lets everybody look into the home, and nobody write there.
fn read_only(home: &Home) {
    for name in ["flow.db", "flow.db-wal", "flow.db-shm"] {
        if home.path(name).exists() {
            fs::set_permissions(home.path(name), fs::Permissions::from_mode(0o444)).expect("a mode");
        }
    }
    fs::set_permissions(home.directory.path(), fs::Permissions::from_mode(0o555)).expect("a mode");
}

#[test]
fn reading_commands_need_no_right_to_write() {
    if fs::metadata("/proc/self").expect("this process").uid() != 0 {
        return; // Only root can become somebody else.
    }
    let (home, out) = (Home::on_sqlite(), tempfile::tempdir().expect("a directory"));
    home.studio("casa");
    let key = home.secret_key("classes:read");
    let id = key["id"].as_str().expect("an id");
    fs::set_permissions(out.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
    read_only(&home);
    let (copy, rows) = (out.path().join("copy.db"), out.path().join("rows"));
    let (copy, rows) = (copy.display().to_string(), rows.display().to_string());
    for command in [
        &["studio", "list"][..],
        &["studio", "show", "casa"],
        &["keys", "list", "--studio", "casa"],
        &["keys", "show", id],
        &["keys", "usage", id],
        &["outbox", "list"],
        &["backup", &copy],
        &["export", "--studio", "casa", &rows],
    ] {
        let mut as_nobody = home.command(command);
        as_nobody.uid(NOBODY).gid(NOBODY).env("TMPDIR", out.path());
        end(as_nobody, "").done();
    }
    let mut explain = home.command(&["explain", "--key-stdin", "--surface", "management", "GET", "/v1/classes"]);
    explain.uid(NOBODY).gid(NOBODY);
    assert_eq!(end(explain, key["key"].as_str().expect("a key")).code, Some(0));
    let mut write = home.command(&["keys", "rotate", id]);
    write.uid(NOBODY).gid(NOBODY);
    let said = end(write, "").fails(1);
    assert!(said.contains("flow.db") || said.contains("readonly"), "{said}");
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).expect("a file").permissions().mode() & 0o777
}

#[test]
fn what_is_made_is_for_its_owner_alone_whatever_the_mask_and_the_way_there() {
    for mask in ["000", "022", "277"] {
        let home = Home::on_sqlite();
        let elsewhere = home.path("elsewhere");
        fs::create_dir(&elsewhere).expect("a directory");
        symlink(elsewhere.join("real.db"), home.path("flow.db")).expect("a link to nothing yet");
        let masked = |args: &str| {
            let binary = env!("CARGO_BIN_EXE_flow-gateway");
            let command = home.command(&[]);
            let mut shell = std::process::Command::new("sh");
            shell
                .args(["-c", &format!("umask {mask}; exec {binary} {args}")])
                .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command.get_current_dir().map(|directory| shell.current_dir(directory));
            shell
        };
        let ports =
            ["storefront", "management", "members", "studio", "ops"].map(|name| format!("--{name}-addr 127.0.0.1:0"));
        let server = Running::start(&home, masked(&format!("serve {}", ports.join(" "))));
        end(masked("backup copy.db"), "").done();
        for name in ["real.db", "real.db-wal", "real.db-shm", "real.db.lock"] {
            assert_eq!(mode(&elsewhere.join(name)), 0o600, "{mask}: {name}");
        }
        assert_eq!(mode(&home.path("copy.db")), 0o600, "{mask}");
        server.stop();
        end(masked("restore copy.db"), "").done();
        assert_eq!(mode(&elsewhere.join("real.db")), 0o600, "{mask}: restored");
        assert!(home.path("flow.db").is_symlink(), "the link stays a link");
    }
}

#[test]
fn a_demos_directory_is_for_its_owner_alone() {
    let home = Home::on_sqlite();
    let demo = home.demo();
    let made =
        fs::read_dir(home.directory.path()).expect("the directory").flatten().find(|entry| entry.path().is_dir());
    assert_eq!(mode(&made.expect("the demo's directory").path()), 0o700);
    demo.stop();
}
