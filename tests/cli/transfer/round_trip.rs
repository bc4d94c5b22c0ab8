//! What an export wrote, an import reads back as it was.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use tar::EntryType;

use super::{exported, import, rows};
use crate::cli::{
    gateway::{Home, Running, call, on_both_engines},
    scan::archives::{gzip, tar_of},
};

const SCOPES: &str = "classes:read,classes:write,schedule:read,schedule:write,programs:write,plans:write";

/// The demo's studio, after a day of work: a class is cancelled, an occurrence is moved, rows have had edits.
fn a_lived_in_studio(home: &Home) {
    let demo = home.demo_here(&[]);
    let args =
        ["keys", "create", "--studio", "casa-prana", "--kind", "secret", "--name", "A", "--scopes", SCOPES, "--json"];
    let key = home.run(&args).json()["key"].as_str().expect("a key").to_owned();
    let classes = ask(&demo, &key, "GET", "/v1/classes", None);
    let class = classes["data"][3]["id"].as_str().expect("an id");
    ask(&demo, &key, "DELETE", &format!("/v1/classes/{class}"), None);
    let occurrence = ask(&demo, &key, "GET", "/v1/schedule?status=scheduled", None)["data"][9]["id"].clone();
    let path = format!("/v1/schedule/{}", occurrence.as_str().expect("an id"));
    ask(
        &demo,
        &key,
        "PATCH",
        &path,
        Some(json!({"capacity": 31, "note": "Bring a towel\nand “water”.", "external_id": "o-1"})),
    );
    // Edited, and as it was.
    let back = &ask(&demo, &key, "GET", "/v1/schedule?status=scheduled", None)["data"][12];
    let path = format!("/v1/schedule/{}", back["id"].as_str().expect("an id"));
    for capacity in [json!(31), back["capacity"].clone()] {
        ask(&demo, &key, "PATCH", &path, Some(json!({"capacity": capacity})));
    }
    let metadata = json!({"name": "One visit", "price": {"amount": 1500, "currency": "EUR"}, "metadata": {"z": "1", "a": "2", "é": "3"}});
    ask(&demo, &key, "POST", "/v1/plans", Some(metadata));
    assert_eq!(demo.stop().0, Some(0));
}

#[track_caller]
fn ask(demo: &Running, key: &str, method: &str, path: &str, body: Option<Value>) -> Value {
    let url = format!("{}{path}", demo.at["management"]);
    let body = body.map(|body| body.to_string());
    let (status, answer) = call(method, &url, key, &[("content-type", "application/json")], body.as_deref());
    assert!(status < 300, "{method} {path}: {answer}");
    answer
}

/// What is in the home's directory, beside the database.
fn entries(home: &Home) -> BTreeSet<String> {
    let names = fs::read_dir(home.directory.path()).expect("the directory").flatten();
    names
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with("flow.db"))
        .collect()
}

/// Compares line by line: whole files would fill the screen.
#[track_caller]
fn same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, text) in one {
        text.lines().zip(other[name].lines()).for_each(|(one, other)| assert_eq!(one, other, "{name}"));
        assert_eq!(text.len(), other[name].len(), "{name}");
    }
}

#[test]
fn from_engine_to_engine_and_back_the_bytes_are_the_same() {
    let Some(postgres) = Home::on_postgres() else { return };
    let (first, last) = (Home::on_sqlite(), Home::on_sqlite());
    a_lived_in_studio(&first);
    let mut carried = exported(&first, "casa-prana", "out");
    let mut from = first.path("out").display().to_string();
    assert!(carried["schedule.jsonl"].lines().count() > 200);
    assert!(carried["classes.jsonl"].contains(r#""status":"cancelled""#));
    let bookings = &carried["bookings.jsonl"];
    assert!(bookings.lines().count() > 50 && bookings.contains(r#""status":"waiting""#), "the demo's are real rows");
    let moved = carried["schedule.jsonl"].lines().find(|line| line.contains("o-1")).expect("the one that was edited");
    assert!(moved.contains(r#""overridden":["capacity""#) && moved.ends_with(r#""edited":true}"#), "{moved}");
    let as_it_was = |line: &str| line.contains(r#""overridden":[]"#) && line.ends_with(r#""edited":true}"#);
    assert!(!carried["schedule.jsonl"].lines().any(as_it_was), "what was set back follows its class again");
    for home in [&postgres, &last] {
        home.studio("casa");
        let told = home.run(&["import", "--studio", "casa", &from, "--json"]).json();
        assert_eq!(told["occurrences_laid_out"], 0, "they came along");
        let again = exported(home, "casa", "out");
        same(&again, &carried);
        carried = again;
        from = home.path("out").display().to_string();
    }
    // And once more into the same studio: every row is there already.
    let told = last.run(&["import", "--studio", "casa", &from, "--json"]).json();
    for file in told["files"].as_array().expect("files") {
        assert_eq!((&file["created"], &file["changed"]), (&json!(0), &json!(0)), "{file}");
    }
    same(&exported(&last, "casa", "again"), &carried);
}

#[apply(on_both_engines!)]
fn a_spreadsheet_comes_back_as_the_same_rows(home: Home) {
    let first = Home::on_sqlite();
    a_lived_in_studio(&first);
    let odd = [
        json!({"display_name": "  =HYPERLINK(\"x\") ", "first_name": "null", "last_name": "", "bio": "a,b;c\t\"d\"\r\n\n-e", "phone": "+351 91 000", "specialties": [" a;b ", "[x]", "null"]}),
        json!({"display_name": "=1+1", "first_name": "\"Quoted\"", "last_name": "@x", "bio": "+1 for Anna", "metadata": {"a.b": " ", "=": ""}}),
    ];
    let lines: Vec<_> = odd.iter().map(Value::to_string).collect();
    let path = first.write("instructors.jsonl", &lines.join("\n"));
    first.run(&["import", "--studio", "casa-prana", &path]).done();
    let empty =
        first.write("locations.jsonl", r#"{"name": "Nowhere", "address": {}, "latitude": -38.7, "longitude": 0.5}"#);
    first.run(&["import", "--studio", "casa-prana", &empty]).done();
    let rows = exported(&first, "casa-prana", "rows");
    let sheets = first.path("sheets").display().to_string();
    first.run(&["export", "--studio", "casa-prana", "--format", "csv", &sheets]).done();
    let instructors = fs::read_to_string(first.path("sheets/instructors.csv")).expect("a sheet");
    assert!(instructors.starts_with('\u{feff}'), "Excel reads it as UTF-8");
    assert!(instructors.contains(r#""""\u003d1+1""""#) && instructors.contains("+351 91 000"), "{instructors}");
    for start in [",=", ";=", "\t=", "\n=", "\n-"] {
        assert!(!instructors.contains(start), "{start}: {instructors}");
    }
    assert!(fs::read_to_string(first.path("sheets/plans.csv")).expect("a sheet").starts_with("\u{feff}id,version,created_at,updated_at,external_id,metadata,name,description,kind,price.amount,price.currency"));
    home.studio("casa");
    home.run(&["import", "--studio", "casa", &sheets]).done();
    same(&exported(&home, "casa", "again"), &rows);
    let told = home.run(&["import", "--studio", "casa", &sheets, "--json"]).json();
    for file in told["files"].as_array().expect("files") {
        assert_eq!((&file["created"], &file["changed"]), (&json!(0), &json!(0)), "{file}");
    }
}

#[apply(on_both_engines!)]
fn an_export_that_is_stopped_leaves_nothing(home: Home) {
    home.studio("casa");
    let lines: Vec<_> = (0..20_000).map(|number| format!("Name {number},{}", "x".repeat(400))).collect();
    import(&home, "instructors.csv", &format!("display_name,bio\n{}\n", lines.join("\n")), &[]).done();
    for (signal, there) in [("-INT", false), ("-TERM", true)] {
        let out = home.path(signal);
        if there {
            fs::create_dir(&out).expect("a directory");
        }
        let before = entries(&home);
        let args = ["export", "--studio", "casa", &out.display().to_string()];
        let mut child = home.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let begun = || {
            fs::read_dir(home.directory.path())
                .expect("a directory")
                .flatten()
                .any(|entry| entry.file_name().to_string_lossy().starts_with(".export-"))
        };
        while !begun() {
            assert_eq!(child.try_wait().expect("its state"), None, "it ends before it is stopped");
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs").success());
        assert_eq!(child.wait().expect("it ends").code(), Some(1));
        assert_eq!(entries(&home), before);
        assert!(!there || fs::read_dir(&out).expect("the directory").next().is_none());
        home.run(&args).done();
    }
}

#[apply(on_both_engines!)]
fn a_studio_becomes_a_copy_of_its_neighbour_and_the_neighbour_stays_as_it_is(home: Home) {
    home.studio("casa");
    home.studio("other");
    import(&home, "instructors.jsonl", r#"{"display_name": "Anna", "external_id": "a"}"#, &[]).done();
    let before = exported(&home, "casa", "before");
    let directory = home.path("before").display().to_string();
    home.run(&["import", "--studio", "other", &directory]).done();
    assert_eq!(exported(&home, "other", "other"), before, "an id belongs to a studio's row");
    let changed = r#"{"external_id": "a", "display_name": "Anna of the others"}"#;
    let path = home.write("instructors.jsonl", changed);
    home.run(&["import", "--studio", "other", &path]).done();
    assert_eq!(exported(&home, "casa", "after"), before);
}

#[apply(on_both_engines!)]
fn occurrences_that_come_along_are_edited_where_they_differ_and_shown_as_their_class(home: Home) {
    home.studio("casa");
    home.studio("other");
    let weekly = |time: &str| {
        json!({"external_id": "yin", "name": "Yin", "duration_minutes": 60,
        "recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": time}]}})
        .to_string()
    };
    import(&home, "classes.jsonl", &weekly("18:30"), &[]).done();
    let laid_out = rows(&home, "schedule");
    let noted = json!({"id": laid_out[3]["id"], "capacity": 3}).to_string();
    import(&home, "schedule.jsonl", &noted, &[]).done();
    exported(&home, "casa", "out");
    home.run(&["import", "--studio", "other", &home.path("out").display().to_string()]).done();
    home.run(&["import", "--studio", "other", &home.write("classes.jsonl", &weekly("20:00"))]).done();
    let moved = exported(&home, "other", "moved");
    let moved: Vec<Value> =
        moved["schedule.jsonl"].lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    assert_eq!(moved.len(), laid_out.len());
    for row in &moved {
        let time = if row["id"] == laid_out[3]["id"] { "T18:30" } else { "T20:00" };
        assert!(row["local_start"].as_str().expect("a time").ends_with(time), "{row}");
    }
    let key =
        home.run(&["keys", "create", "--studio", "other", "--kind", "publishable", "--name", "Site", "--json"]).json();
    let (status, page) = home.serve(&[]).call("storefront", "/v1/schedule?limit=100", &key["key"], &[]);
    assert_eq!((status, page["data"].as_array().expect("rows").len()), (200, moved.len()));
}

#[apply(on_both_engines!)]
fn an_export_that_is_killed_leaves_nothing_under_the_wanted_name(home: Home) {
    home.studio("casa");
    let lines: Vec<_> = (0..5000).map(|number| format!("Name {number},{}", "x".repeat(400))).collect();
    import(&home, "instructors.csv", &format!("display_name,bio\n{}\n", lines.join("\n")), &[]).done();
    for there in [false, true] {
        let out = home.path(if there { "there" } else { "new" });
        if there {
            fs::create_dir(&out).expect("a directory");
        }
        let args = ["export", "--studio", "casa", &out.display().to_string()];
        let mut child = home.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let is_unfinished = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(".export-");
        let unfinished = || fs::read_dir(home.directory.path()).expect("a directory").flatten().find(is_unfinished);
        while unfinished().is_none() {
            assert_eq!(child.try_wait().expect("its state"), None, "it ends before it is killed");
        }
        child.kill().expect("killed");
        child.wait().expect("it ends");
        assert_eq!(out.exists(), there);
        assert!(!there || fs::read_dir(&out).expect("the directory").next().is_none());
        fs::remove_dir_all(unfinished().expect("what was begun").path()).expect("removed");
        home.run(&args).done();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&out).expect("its rights").permissions().mode() & 0o777, 0o700);
        }
    }
}

#[apply(on_both_engines!)]
fn an_export_holds_no_secret_and_is_for_its_owner_alone(home: Home) {
    home.studio("casa");
    let key = home.secret_key("instructors:read");
    let key = key["key"].as_str().expect("a key");
    let files = exported(&home, "casa", "out");
    let all: String = files.values().cloned().collect();
    assert!(
        !all.contains("argon2") && !all.contains("flow_sk") && !all.contains(&key[8..20]) && !all.contains("owner@")
    );
    #[cfg(unix)]
    for file in fs::read_dir(home.path("out")).expect("the directory") {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.expect("a file").metadata().expect("its rights").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[apply(on_both_engines!)]
fn an_export_overwrites_nothing(home: Home) {
    home.studio("casa");
    fs::create_dir(home.path("out")).expect("a directory");
    fs::write(home.path("out/mine"), "mine").expect("a file");
    let out = home.path("out").display().to_string();
    assert!(home.run(&["export", "--studio", "casa", &out]).fails(1).contains("not empty"));
    assert_eq!(fs::read_dir(&out).expect("the directory").count(), 1);
    assert!(
        home.run(&["export", "--studio", "nobody", &home.path("new").display().to_string()])
            .fails(1)
            .contains("no studio")
    );
}

#[apply(on_both_engines!)]
fn rows_that_are_imported_beside_a_server_are_served(home: Home) {
    home.studio("casa");
    let server = home.serve(&[]);
    let key = home.publishable_key();
    import(&home, "instructors.jsonl", r#"{"display_name": "Anna"}"#, &[]).done();
    let (status, page) = server.call("storefront", "/v1/instructors", &key["key"], &[]);
    assert_eq!((status, &page["data"][0]["display_name"]), (200, &json!("Anna")));
}

#[apply(on_both_engines!)]
fn lines_keep_their_order(home: Home) {
    home.studio("casa");
    let lines: Vec<_> =
        (0..600).map(|number| json!({"display_name": format!("Number {number}")}).to_string()).collect();
    import(&home, "instructors.jsonl", &lines.join("\n"), &[]).done();
    let names: Vec<_> =
        rows(&home, "instructors").iter().map(|row| row["display_name"].as_str().expect("a name").to_owned()).collect();
    assert_eq!(names, (0..600).map(|number| format!("Number {number}")).collect::<Vec<_>>());
}

#[apply(on_both_engines!)]
fn an_export_goes_through_a_pipe_into_a_new_studio_as_it_stands(home: Home) {
    a_lived_in_studio(&home);
    let other = Home::on_sqlite();
    other.studio("copy");
    for format in ["jsonl", "csv"] {
        let studio = format!("copy-{format}");
        other.studio(&studio);
        let piped =
            home.command(&["export", "--studio", "casa-prana", "--format", format, "-"]).output().expect("it ends");
        let told = String::from_utf8(piped.stderr).expect("text");
        assert!(piped.status.success() && told.starts_with("standard output has "), "{told}");
        other.run_reading(&piped.stdout, &["import", "--studio", &studio, "-"]).done();
        assert_eq!(exported(&other, &studio, format), exported(&home, "casa-prana", &format!("whole-{format}")));
    }
    for left in [&home, &other] {
        let names: Vec<_> = fs::read_dir(left.directory.path()).expect("the directory").flatten().collect();
        assert!(!names.iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".tmp")), "{names:?}");
    }
    assert!(home.run(&["export", "--studio", "casa-prana", "-", "--json"]).fails(2).contains("standard output"));
    assert!(home.run(&["export", "--studio", "nobody", "-"]).fails(1).contains("nobody"));
}

#[test]
fn an_export_that_waits_for_who_reads_it_is_stopped_and_leaves_nothing() {
    let home = Home::on_sqlite();
    home.demo_here(&[]).stop();
    let mut export = home.command(&["export", "--studio", "casa-prana", "-"]);
    let mut export = export.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut begins = [0];
    // It writes from now on, and more than a pipe holds.
    export.stdout.as_mut().expect("its output").read_exact(&mut begins).expect("an archive");
    assert!(Command::new("kill").arg(export.id().to_string()).status().expect("kill").success());
    assert_eq!(export.wait().expect("it ends").code(), Some(1));
    let mut cut = begins.to_vec();
    export.stdout.expect("its output").read_to_end(&mut cut).expect("the rest");
    assert!(entries(&home).iter().all(|name| !name.starts_with(".tmp")), "{:?}", entries(&home));
    home.studio("copy");
    assert!(home.run_reading(&cut, &["import", "--studio", "copy", "-"]).fails(1).contains("breaks off"));
}

#[test]
fn an_archive_that_is_no_export_is_refused_and_writes_nothing_beside_itself() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let row = b"{\"email\": \"a@mail.example\"}\n";
    let hostile = [
        (EntryType::Regular, "rows/members.jsonl"),
        (EntryType::Directory, "members.jsonl"),
        (EntryType::Symlink, "members.jsonl"),
        (EntryType::Link, "members.jsonl"),
        (EntryType::Fifo, "members.jsonl"),
        (EntryType::Regular, "/members.jsonl"),
        (EntryType::Regular, "../members.jsonl"),
        (EntryType::Regular, "."),
    ];
    let import = |bytes: &[u8], flags: &[&str]| {
        home.run_reading(bytes, &[&["import", "--studio", "casa", "-"][..], flags].concat())
    };
    let before = entries(&home);
    for (kind, name) in hostile {
        let archive = tar_of(&[(EntryType::Regular, "plans.jsonl", b""), (kind, name, row)]);
        let told = import(&archive, &[]).fails(1);
        assert!(told.contains("holds more than files of rows"), "{kind:?} {name}: {told}");
    }
    let good = tar_of(&[(EntryType::Regular, "members.jsonl", row)]);
    assert!(import(&good, &["--as", "members"]).fails(2).contains("not a directory"));
    for whole_blocks in [700, 1024] {
        assert_eq!(import(&good[..whole_blocks], &[]).code, Some(1), "it breaks off");
    }
    assert!(import(b"", &[]).fails(1).contains("is empty"));
    assert!(import(&gzip(&good), &[]).fails(1).contains("gunzip"));
    let twice = tar_of(&[(EntryType::Regular, "members.jsonl", row), (EntryType::Regular, "members.jsonl", row)]);
    assert!(import(&twice, &[]).fails(1).contains("members.jsonl twice"));
    assert!(
        import(&tar_of(&[(EntryType::Regular, "notes.txt", row)]), &[]).fails(2).contains("holds no file to import")
    );
    assert_eq!((entries(&home), rows(&home, "members").len()), (before, 0));
    import(&good, &[]).done();
    assert_eq!(rows(&home, "members").len(), 1);
}
