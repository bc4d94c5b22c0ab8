//! `outbox` and `members erase`.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::gateway::{Home, Running, call, on_both_engines};

const SCOPES: &str = "members:read,members:write";
const JSON: (&str, &str) = ("content-type", "application/json");

fn post(server: &Running, key: &Value, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
    let headers = [headers, &[JSON]].concat();
    call(
        "POST",
        &format!("{}{path}", server.at["management"]),
        key.as_str().unwrap(),
        &headers,
        Some(&body.to_string()),
    )
}

fn invite(server: &Running, key: &Value, body: &Value) -> Value {
    let (status, made) = post(server, key, "/v1/members/invites", &[], body);
    assert_eq!(status, 201, "{made}");
    made
}

#[apply(on_both_engines!)]
fn without_a_mail_server_the_outbox_shows_what_was_to_be_sent(home: Home) {
    home.studio("casa");
    home.studio("other");
    let key = &home.secret_key(SCOPES)["key"];
    let server = home.serve(&["--public-members-url", "https://members.casa.example/"]);
    let made = invite(&server, key, &json!({"email": "rui@member.example", "first_name": "Rui"}));
    let listed = home.run(&["outbox", "list", "--studio", "casa", "--json"]).json();
    let mail = &listed[0];
    assert_eq!(
        [&mail["to"], &mail["status"], &mail["kind"], &mail["membership_id"], &mail["tries"]],
        [&json!("rui@member.example"), &json!("waiting"), &json!("invitation"), &made["id"], &json!(0)]
    );
    assert_eq!(home.run(&["outbox", "list", "--json"]).json(), listed);
    assert_eq!(home.run(&["outbox", "list", "--studio", "other", "--json"]).json(), json!([]));
    let id = mail["id"].as_str().unwrap();
    assert!(home.run(&["outbox", "list"]).done().contains(id));

    let shown = home.run(&["outbox", "show", id, "--json"]).json();
    let link = shown["link"].as_str().unwrap();
    assert!(link.starts_with("https://members.casa.example/invitation#"), "{link}");
    assert!(shown["text"].as_str().unwrap().contains(link) && shown["html"].as_str().unwrap().contains(link));
    let text = home.run(&["outbox", "show", id, "--studio", "casa"]).done();
    assert!(
        text.contains("To") && text.contains("Your invitation to A Studio") && text.contains("/invitation#"),
        "{text}"
    );
    home.run(&["outbox", "show", id, "--studio", "other"]).fails(1);
    home.run(&["outbox", "show", "eml_01jdc9x0aetqt8q3yv0gcm1v5k"]).fails(1);
    home.run(&["outbox", "show", "mbr_01jdc9x0aetqt8q3yv0gcm1v5k"]).fails(2);
}

#[apply(on_both_engines!)]
fn mail_that_was_given_up_is_tried_again(home: Home) {
    home.studio("casa");
    home.studio("other");
    let key = &home.secret_key(SCOPES)["key"];
    let server = home.serve(&[]);
    invite(&server, key, &json!({"email": "rui@member.example"}));
    invite(&server, key, &json!({"email": "ana@member.example"}));
    assert_eq!(server.stop().0, Some(0));
    let listed = || home.run(&["outbox", "list", "--studio", "casa", "--json"]).json();
    let ids: Vec<_> = listed().as_array().unwrap().iter().map(|mail| mail["id"].as_str().unwrap().to_owned()).collect();
    let said = home.run(&["outbox", "retry", &ids[0], "--studio", "casa"]).fails(1);
    assert!(said.contains(&format!("{} is not dead", ids[0])), "{said}");
    // A mail server that knows nobody.
    let deaf = home.serve(&["--smtp-url", &refusing_mail_server()]);
    within_a_while(|| listed().as_array().unwrap().iter().all(|mail| mail["status"] == "dead"));
    assert_eq!(deaf.stop().0, Some(0));
    home.run(&["outbox", "retry", "--studio", "casa"]).fails(2);
    home.run(&["outbox", "retry", &ids[0], "--all-dead", "--studio", "casa"]).fails(2);
    home.run(&["outbox", "retry", "--all-dead"]).fails(2);
    home.run(&["outbox", "retry", &ids[0], "--studio", "other"]).fails(1);
    assert_eq!(home.run(&["outbox", "retry", "--all-dead", "--studio", "other", "--json"]).json(), json!([]));
    assert_eq!(home.run(&["outbox", "retry", &ids[1], "--studio", "casa", "--json"]).json(), json!([ids[1]]));
    let status = |at: usize| listed()[at]["status"].as_str().unwrap().to_owned();
    assert_eq!((status(0), status(1)), ("dead".to_owned(), "waiting".to_owned()));
    assert_eq!(listed()[1]["tries"], 0);
    assert_eq!(home.run(&["outbox", "retry", "--all-dead", "--studio", "casa", "--json"]).json(), json!([ids[0]]));
    assert_eq!(status(0), "waiting");
}

#[apply(on_both_engines!)]
fn an_erased_person_is_nowhere_any_more_and_the_membership_still_counts(home: Home) {
    home.studio("casa");
    let key = &home.secret_key(SCOPES)["key"];
    let server = home.serve(&[]);
    let person = |mark: &str| {
        json!({"email": format!("{mark}.Mail@member.example"), "first_name": format!("{mark}First"),
        "last_name": format!("{mark}Last"), "phone": "+351 91 555 0199", "birth_date": "1901-02-03", "notes": format!("{mark}Notes ").repeat(300),
        "tags": [format!("{mark}Tag")], "external_id": format!("{mark}-crm"), "metadata": {"mark": format!("{mark}Meta")}, "starts_on": "2026-01-01"})
    };
    // Neighbours on every side, so that pages of the file are split and filled.
    for number in 0..30 {
        invite(&server, key, &json!({"email": format!("n{number}@member.example"), "notes": "n".repeat(2000)}));
    }
    let keyed = ("idempotency-key", "invite-Zanzibar.mail@member.example");
    let (status, made) = post(&server, key, "/v1/members/invites", &[keyed], &person("Zanzibar"));
    assert_eq!(status, 201, "{made}");
    let cancel = format!("/v1/members/{}/cancel", made["id"].as_str().unwrap());
    let renamed = format!("{}/v1/members/{}", server.at["management"], made["id"].as_str().unwrap());
    let (status, _) = call(
        "PATCH",
        &renamed,
        key.as_str().unwrap(),
        &[JSON, ("idempotency-key", "ZanzibarFirst-p-1")],
        Some(r#"{"email": "former-zanzibar@member.example"}"#),
    );
    assert_eq!(status, 200);
    let (status, _) = call(
        "PATCH",
        &renamed,
        key.as_str().unwrap(),
        &[JSON, ("idempotency-key", "former-zanzibar@member.example")],
        Some(r#"{"email": "Zanzibar.Mail@member.example"}"#),
    );
    assert_eq!(status, 200);
    let (status, _) = post(&server, key, &cancel, &[("idempotency-key", "c-1")], &json!({"reason": "ZanzibarReason"}));
    assert_eq!(status, 200);
    let (status, _) = post(&server, key, "/v1/members/invites", &[("idempotency-key", "i-2")], &person("Zanzibar"));
    assert_eq!(status, 201);
    for number in 30..60 {
        invite(&server, key, &json!({"email": format!("n{number}@member.example"), "notes": "n".repeat(2000)}));
    }
    assert!(everything(&home).contains("ZanzibarLast"), "the search finds what is there");

    let said = home.run(&["members", "erase", "--studio", "casa", "zanzibar.MAIL@member.example"]).fails(1);
    assert!(said.contains("--yes"), "{said}");
    let erased =
        home.run(&["members", "erase", "--studio", "casa", "zanzibar.MAIL@member.example", "--yes", "--json"]).json();
    let everything = everything(&home);
    for mark in ["zanzibar", "1901-02-03", "555 0199"] {
        let at = everything.to_lowercase().find(mark);
        assert_eq!(
            at,
            None,
            "{}",
            at.map_or(String::new(), |at| everything[at.saturating_sub(80)..at + 80].to_owned())
        );
    }
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        [
            &erased["id"],
            &erased["status"],
            &erased["email"],
            &erased["starts_on"],
            &erased["first_name"],
            &erased["notes"]
        ],
        [
            &json!(id),
            &json!("cancelled"),
            &json!(format!("{id}@erased.invalid")),
            &json!("2026-01-01"),
            &Value::Null,
            &Value::Null
        ]
    );
    let (_, page) = server.call("management", &format!("/v1/members?id={id}"), key, &[]);
    assert_eq!(page["data"], json!([erased]));
    assert!(
        home.run(&["outbox", "list", "--json"])
            .json()
            .as_array()
            .unwrap()
            .iter()
            .all(|mail| mail["membership_id"] != id)
    );

    // A retry is still no new request, and a change of nobody is refused.
    let (status, again) = post(&server, key, "/v1/members/invites", &[("idempotency-key", "i-2")], &person("Zanzibar"));
    assert_eq!((status, again), (201, erased.clone()));
    let change = format!("{}/v1/members/{id}", server.at["management"]);
    assert_eq!(call("PATCH", &change, key.as_str().unwrap(), &[JSON], Some(r#"{"first_name": "Z"}"#)).0, 409);
    assert_eq!(
        home.run(&["members", "erase", "--studio", "casa", id, "--yes", "--json"]).json(),
        erased,
        "twice is as good as once"
    );
    home.run(&["members", "erase", "--studio", "casa", "nobody@member.example", "--yes"]).fails(1);
    home.run(&["members", "erase", "--studio", "casa", "nobody", "--yes"]).fails(2);
    let anew = invite(&server, key, &person("Anew"));
    assert_ne!(anew["id"], id);
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    assert!(!log.to_lowercase().contains("zanzibar"), "{log}");
}

/// The URL of a mail server that takes nobody's mail, for as long as the test runs.
fn refusing_mail_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("smtp://{}", listener.local_addr().expect("its address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut out = stream.try_clone().expect("its other half");
            out.write_all(b"220 mail.test\r\n").ok();
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let answer = if line.starts_with("RCPT") { "550 5.1.1 nobody here" } else { "250 fine" };
                out.write_all(format!("{answer}\r\n").as_bytes()).ok();
            }
        }
    });
    url
}

fn within_a_while(is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_mins(1), "not so within a minute");
    }
}

/// All that a database holds: the bytes of a SQLite file and its companions, the rows of every PostgreSQL table.
fn everything(home: &Home) -> String {
    let Some(file) = home.url.strip_prefix("sqlite://") else { return all_rows(&home.url) };
    let bytes = ["", "-wal", "-shm"].iter().flat_map(|end| std::fs::read(format!("{file}{end}")).unwrap_or_default());
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}

fn all_rows(url: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::PgPool::connect(url).await.expect("a connection");
        let tables: Vec<String> =
            sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'")
                .fetch_all(&pool)
                .await
                .expect("tables");
        let mut all = String::new();
        for table in tables {
            let text = format!("select coalesce(string_agg(cast(t as text), ' '), '') from {table} t");
            all += &sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(text)).fetch_one(&pool).await.expect("rows");
        }
        pool.close().await;
        all
    })
}
