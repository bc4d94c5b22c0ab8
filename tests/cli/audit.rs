//! `audit`: what commands leave in the log of a studio.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection};

use super::gateway::{Home, PASSWORD, call, on_both_engines};

fn rows(home: &Home, flags: &[&str]) -> Vec<Value> {
    let out = home.run(&[&["audit", "--studio", "casa"][..], flags].concat()).done();
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn actions(home: &Home, flags: &[&str]) -> Vec<String> {
    rows(home, flags).iter().filter_map(|row| Some(row["action"].as_str()?.to_owned())).collect()
}

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

/// Runs a statement in the home's database; what it was refused with.
fn refused(home: &Home, statement: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let text = AssertSqlSafe(statement.to_owned());
        if home.url.starts_with("sqlite") {
            let mut connection = sqlx::SqliteConnection::connect(&home.url).await.expect("a connection");
            sqlx::raw_sql(text).execute(&mut connection).await.expect_err("a refusal").to_string()
        } else {
            let mut connection = sqlx::PgConnection::connect(&home.url).await.expect("a connection");
            sqlx::raw_sql(text).execute(&mut connection).await.expect_err("a refusal").to_string()
        }
    })
}

#[apply(on_both_engines!)]
fn what_is_done_to_a_key_is_told_with_what_changed_and_no_secret(home: Home) {
    let studio = home.studio("casa");
    let made = rows(&home, &[]).remove(0);
    assert_eq!((&made["action"], &made["subject"]["id"]), (&json!("studio.create"), &studio["id"]));
    assert_eq!((&made["before"], &made["after"]["name"]), (&Value::Null, &json!("A Studio")));
    let key = home.secret_key("classes:read,classes:write");
    home.run(&["keys", "narrow", id(&key), "--scopes", "classes:read"]).done();
    home.run(&["keys", "narrow", id(&key), "--scopes", "classes:read"]).done();
    let new = home.run(&["keys", "rotate", id(&key), "--json"]).json();
    home.run(&["keys", "revoke", id(&key), "--yes", "--reason", "replaced"]).done();
    home.run(&["keys", "revoke", id(&key), "--yes", "--reason", "again"]).done();
    let all = rows(&home, &[]).split_off(1);
    let told = actions(&home, &[]).split_off(1);
    assert_eq!(told, ["keys.create", "keys.narrow", "keys.rotate", "keys.revoke"], "none where nothing changed");
    for row in &all {
        assert_eq!((&row["by"], &row["from"]), (&json!("command line"), &Value::Null), "{row}");
        assert_eq!(row["studio_id"], key["studio_id"], "{row}");
        assert!(row["at"].is_string() && row["id"].as_str().is_some_and(|id| id.starts_with("aud_")), "{row}");
    }
    assert_eq!(all[0]["subject"], json!({"kind": "key", "id": key["id"]}));
    assert_eq!(
        (&all[0]["before"], &all[0]["after"]["scopes"]),
        (&Value::Null, &json!(["classes:read", "classes:write"]))
    );
    assert_eq!(all[1]["before"], json!({"scopes": ["classes:read", "classes:write"]}));
    assert_eq!(all[1]["after"], json!({"scopes": ["classes:read"]}));
    assert_eq!((&all[2]["subject"]["id"], &all[2]["after"]["replaces"]), (&new["id"], &key["id"]));
    assert_eq!((&all[3]["before"], &all[3]["reason"]), (&json!({"revoked_at": null}), &json!("replaced")));
    let text = home.run(&["audit", "--studio", "casa", "--json"]).done();
    for key in [&key, &new] {
        assert!(!text.contains(&key["key"].as_str().expect("a key")[20..52]), "{text}");
    }
    assert_eq!(actions(&home, &["--action", "keys.rotate"]), ["keys.rotate"]);
    let since = all[2]["at"].as_str().expect("an instant");
    assert_eq!(actions(&home, &["--since", since]), ["keys.rotate", "keys.revoke"]);
    home.run(&["audit", "--studio", "casa", "--since", "yesterday"]).fails(2);
}

#[apply(on_both_engines!)]
fn what_is_done_to_people_and_the_studio_is_told_and_an_erased_person_is_not_named(home: Home) {
    home.studio("casa");
    home.write(
        "members.csv",
        "client id,email,first name,status,starts on\n7,clara@member.example,Clara,active,2026-01-05\n",
    );
    home.run(&["import", "--studio", "casa", "members.csv", "--dry-run"]).done();
    home.run(&["import", "--studio", "casa", "members.csv"]).done();
    home.run(&["import", "--studio", "casa", "members.csv"]).done();
    home.run_with(r#"{"name": "Casa Nova"}"#, &["studio", "change", "casa", "--file", "-"]).done();
    home.run_with(r#"{"name": "Casa Nova"}"#, &["studio", "change", "casa", "--file", "-"]).done();
    home.run_with(
        "another sentence nobody guesses",
        &["studio", "reset-owner-password", "casa", "--owner-password-stdin"],
    )
    .done();
    home.run(&["export", "--studio", "casa", "out"]).done();
    home.run(&["members", "erase", "clara@member.example", "--studio", "casa", "--yes"]).done();
    let told = rows(&home, &[]);
    let member = told.iter().find(|row| row["action"] == "members.erase").expect("a row");
    home.run(&["members", "erase", member["subject"]["id"].as_str().expect("an id"), "--studio", "casa", "--yes"])
        .done();
    home.run(&["members", "readmit", "clara@member.example", "--studio", "casa"]).done();
    home.run(&["members", "readmit", "clara@member.example", "--studio", "casa"]).fails(1);
    let all = actions(&home, &[]);
    let wanted = [
        "studio.create",
        "import",
        "studio.change",
        "studio.reset_owner_password",
        "export",
        "members.erase",
        "members.readmit",
    ];
    assert_eq!(all, wanted, "none where nothing changed");
    let import = told.iter().find(|row| row["action"] == "import").expect("a row");
    assert_eq!(import["after"], json!({"members": {"created": 1, "changed": 0}}));
    let change = told.iter().find(|row| row["action"] == "studio.change").expect("a row");
    assert_eq!((&change["before"], &change["after"]), (&json!({"name": "A Studio"}), &json!({"name": "Casa Nova"})));
    let text = home.run(&["audit", "--studio", "casa"]).done();
    for secret in ["clara", "Clara", PASSWORD, "nobody guesses", "argon2"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[apply(on_both_engines!)]
fn rows_are_chosen_by_who_by_what_and_by_time(home: Home) {
    home.studio("casa");
    let (one, other) = (home.secret_key("classes:read"), home.secret_key("classes:read"));
    home.run(&["keys", "revoke", id(&one), "--yes"]).done();
    let all = rows(&home, &[]);
    assert_eq!(rows(&home, &["--by", "command line"]), all);
    assert!(rows(&home, &["--by", id(&one)]).is_empty());
    assert_eq!(rows(&home, &["--subject", id(&one)]), [all[1].clone(), all[3].clone()]);
    assert_eq!(rows(&home, &["--subject", id(&other)]), [all[2].clone()]);
    let second = all[2]["at"].as_str().expect("an instant");
    assert_eq!(rows(&home, &["--until", second]), all[..2]);
    assert_eq!(rows(&home, &["--since", second, "--until", second]), [] as [Value; 0]);
    home.run(&["audit", "--studio", "casa", "--until", "tomorrow"]).fails(2);
}

#[apply(on_both_engines!)]
fn the_log_is_only_added_to(home: Home) {
    home.studio("casa");
    home.secret_key("classes:read");
    for statement in ["update audit set reason = 'x'", "delete from audit"] {
        assert!(refused(&home, statement).contains("only added to"), "{statement}");
    }
    assert_eq!(actions(&home, &[]), ["studio.create", "keys.create"]);
}

#[apply(on_both_engines!)]
fn a_mail_that_was_shown_is_told(home: Home) {
    home.studio("casa");
    let key = home.secret_key("members:write");
    let server = home.serve(&[]);
    let url = format!("{}/v1/members/invites", server.at["management"]);
    let json = [("content-type", "application/json")];
    let text = key["key"].as_str().expect("a key");
    assert_eq!(call("POST", &url, text, &json, Some(r#"{"email": "clara@member.example"}"#)).0, 201);
    let mail = home.run(&["outbox", "list", "--studio", "casa", "--json"]).json()[0].clone();
    home.run(&["outbox", "show", id(&mail)]).done();
    let row = rows(&home, &["--action", "outbox.show"]).remove(0);
    assert_eq!(row["subject"]["id"], mail["id"]);
    assert!(!row.to_string().contains("clara") && !row.to_string().contains("invitation#"), "{row}");
}
