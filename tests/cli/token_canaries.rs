//! No token of a link, no password and no session is anywhere but where it has to be: in no log at any level, no page, metric,
//! error or table. For staff and for members, used rightly and sent in every wrong place that a browser reaches.

use std::{fs, process::Command};

use serde_json::{Value, json};

use super::{
    gateway::{Home, PASSWORD, Running, call, on_both_engines},
    visitor::{EMAIL, Visitor},
};

const STAFF: &str = "rui@staff.example";
const MEMBER: &str = "ana@member.example";
const CHOSEN: &str = "chosen lantern orbit 48";
const ANOTHER: &str = "another lantern orbit 49";
const WRONG: &str = "wr0ng lantern orbit 50";

/// The token of the link in the mail of this kind, once that is to be sent.
fn token(home: &Home, kind: &str) -> String {
    for _ in 0..200 {
        let mails = home.run(&["outbox", "list", "--json"]).json();
        let mail = mails.as_array().expect("mails").iter().find(|mail| mail["kind"] == kind).cloned();
        let Some(mail) = mail else {
            std::thread::sleep(std::time::Duration::from_millis(100));
            continue;
        };
        let shown = home.run(&["outbox", "show", mail["id"].as_str().expect("an id"), "--json"]).json();
        return shown["link"].as_str().expect("a link").split_once('#').expect("a token").1.to_owned();
    }
    panic!("no mail of the kind {kind}");
}

/// Sends a token where none belongs; what was answered.
fn misplaced(visitor: &mut Visitor<'_>, server: &Running, page: &str, token: &str) -> String {
    let mut told = visitor.open(&format!("{page}?token={token}")).text;
    for fields in [
        &[("token", &*format!("{token}x"))][..],
        &[("password", token)],
        &[("token", ""), ("password", token), ("repeat", token)],
        &[("email", token), ("password", WRONG)],
    ] {
        told += &visitor.send(page, fields).text;
    }
    for (surface, path) in [("management", "/v1/classes"), ("storefront", "/v1/classes"), ("members", "/v1/me")] {
        let url = format!("{}{path}", server.at[surface]);
        told += &call("GET", &url, token, &[("cookie", &format!("flow_studio={token}"))], None).1.to_string();
    }
    told
}

/// All that the database holds, as text.
fn all_tables(home: &Home) -> String {
    if home.url.starts_with("sqlite") {
        let read = |name| fs::read(home.path(name)).unwrap_or_default();
        return String::from_utf8_lossy(&[read("flow.db"), read("flow.db-wal")].concat()).into_owned();
    }
    let dump = Command::new("pg_dump").args(["--data-only", "--inserts", &home.url]).output().expect("pg_dump");
    assert!(dump.status.success(), "{dump:?}");
    String::from_utf8(dump.stdout).expect("text")
}

#[apply(on_both_engines!)]
fn no_token_of_a_link_no_password_and_no_session_is_in_a_log_a_page_a_metric_an_error_or_a_table(home: Home) {
    home.studio("casa");
    let key = home.secret_key("members:read,members:write");
    let key = key["key"].as_str().expect("a key");
    let server = home.serve(&["--log-level", "trace"]);
    let mut owner = Visitor::signed_in(&server);
    assert_eq!(owner.send("/studio/people", &[("email", STAFF), ("role", "viewer")]).status, 303);
    let invite = format!("{}/v1/members/invites", server.at["management"]);
    let json = [("content-type", "application/json")];
    assert_eq!(call("POST", &invite, key, &json, Some(&json!({"email": MEMBER}).to_string())).0, 201);

    let (mut secrets, mut told) =
        (vec![PASSWORD.to_owned(), CHOSEN.into(), ANOTHER.into(), WRONG.into()], String::new());
    let (mut staff, mut member) = (Visitor::of(&server), Visitor::member(&server));
    for (visitor, kind, page, more) in [
        (&mut staff, "staff_invitation", "/studio/invitation", &[][..]),
        (&mut member, "invitation", "/invitation", &[("repeat", CHOSEN)]),
    ] {
        let token = token(&home, kind);
        told += &misplaced(visitor, &server, page, &token);
        let form = [&[("token", &*token), ("password", CHOSEN)], more].concat();
        assert_eq!(visitor.send(page, &form).status, 303, "{kind}");
        assert_eq!(visitor.send(page, &form).status, 410, "{kind}");
        secrets.push(token);
    }
    for (visitor, email, asks, page) in [
        (&mut staff, STAFF, "/studio/forgotten-password", "/studio/password-reset"),
        (&mut member, MEMBER, "/forgotten-password", "/password-reset"),
    ] {
        secrets.push(visitor.cookie.split_once('=').expect("a session").1.to_owned());
        assert_eq!(visitor.send(asks, &[("email", email)]).status, 200);
        let token = token(&home, "password_reset");
        told += &misplaced(visitor, &server, page, &token);
        let form = [("token", &*token), ("password", ANOTHER), ("repeat", ANOTHER)];
        assert_eq!(visitor.send(page, &form).status, 200, "{email}");
        told += &visitor.send(page, &form).text;
        secrets.push(token);
    }
    told += &staff.send("/studio/sign-in", &[("email", STAFF), ("password", WRONG)]).text;
    assert_eq!(staff.send("/studio/sign-in", &[("email", STAFF), ("password", ANOTHER)]).status, 303);
    assert_eq!(member.send("/sign-in", &[("email", MEMBER), ("password", ANOTHER)]).status, 303);
    told += &staff.send("/studio/confirm?next=%2Fstudio%2Fpeople", &[("email", "x"), ("role", "viewer")]).text;
    told += &staff.send("/studio/confirm", &[("password", WRONG)]).text;
    for page in ["", "/api-keys", "/people", "/members", "/activity", "/audit", "/sessions", "/settings", "/nowhere"] {
        told += &owner.open(&format!("/studio{page}")).text;
    }
    told += &member.open("/account").text;
    told += &call("GET", &format!("{}/metrics", server.at["ops"]), "", &[], None).1.to_string();
    secrets.extend([&owner, &staff, &member].map(|who| who.cookie.split_once('=').expect("a session").1.to_owned()));
    let stored = all_tables(&home);
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    for known in [STAFF, MEMBER, EMAIL] {
        assert!(stored.contains(known), "the tables were read");
    }
    assert!(log.contains("studioJoin") && log.contains("studioReset"), "the calls are in the log");
    let listed = home.run(&["outbox", "list", "--json"]).json();
    assert!(listed.as_array().is_some_and(|mails| mails.iter().all(|mail| mail["link"] == Value::Null)), "{listed}");
    for secret in &secrets {
        for (place, text) in
            [("the log", &log), ("a page", &told), ("a table", &stored), ("the outbox", &listed.to_string())]
        {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} is in {place}");
        }
    }
}

#[apply(on_both_engines!)]
fn the_secret_of_a_calendars_link_is_in_no_log_no_error_no_metric_no_export_and_no_table(home: Home) {
    home.studio("casa");
    let key = home.secret_key("members:write");
    let server = home.serve(&["--log-level", "trace"]);
    let invite = format!("{}/v1/members/invites", server.at["management"]);
    let json = [("content-type", "application/json")];
    let body = json!({"email": MEMBER}).to_string();
    assert_eq!(call("POST", &invite, key["key"].as_str().expect("a key"), &json, Some(&body)).0, 201);
    let mut member = Visitor::member(&server);
    let form = [("token", &*token(&home, "invitation")), ("password", CHOSEN), ("repeat", CHOSEN)];
    assert_eq!(member.send("/invitation", &form).status, 303);
    let links: Vec<_> = (0..2)
        .map(|_| member.send("/account/calendar", &[("do", "make")]).between("id=\"link\" value=\"", "\""))
        .collect();
    let secrets: Vec<_> = links
        .iter()
        .map(|link| link.split_once("flow_cf_").expect("a secret").1.trim_end_matches(".ics").to_owned())
        .collect();
    let none: &[(&str, &str)] = &[];
    let (status, calendar) = call("GET", &links[1], "", none, None);
    assert_eq!(status, 200, "{calendar}");
    let mut told = calendar.to_string();
    for secret in &secrets {
        for surface in ["members", "storefront", "management", "studio", "ops"] {
            for path in [
                format!("/calendar/flow_cf_{secret}.ics"),
                format!("/%63alendar/flow_cf_{secret}.ics"),
                format!("/calendar/flow%5Fcf%5f{secret}"),
                format!("//calendar/x/flow%255fcf_{secret}.ics/"),
                format!("/v1/classes?calendar=flow_cf_{secret}"),
            ] {
                let url = format!("{}{path}", server.at[surface]);
                if url == links[1] {
                    continue;
                }
                let from = [("referer", &*links[1]), ("accept", "text/html")];
                told += &call("GET", &url, "", &from, None).1.to_string();
                told += &call("POST", &url, &format!("flow_cf_{secret}"), &from, Some("{}")).1.to_string();
            }
        }
        told += &member.send("/account/calendar", &[("do", secret), ("membership", secret)]).text;
        told += &member.send("/invitation", &[("token", secret)]).text;
    }
    told += &member.open("/account/calendar").text;
    told += &call("GET", &format!("{}/metrics", server.at["ops"]), "", none, None).1.to_string();
    let export = home.run(&["members", "export", MEMBER, "--studio", "casa"]).json();
    assert!(export["calendar_feed"]["created_at"].is_string(), "{export}");
    let listed = home.run(&["audit", "--studio", "casa"]).done();
    assert!(listed.contains("members.make_calendar_link"), "{listed}");
    let stored = all_tables(&home);
    assert!(stored.contains(MEMBER), "the tables were read");
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    assert!(log.contains("memberCalendar") && log.contains("/calendar/flow_cf_…"), "the calls are in the log");
    for secret in &secrets {
        for (place, text) in
            [("the log", &log), ("an answer", &told), ("a table", &stored), ("the export", &export.to_string())]
        {
            let line = text.lines().find(|line| line.contains(&secret[..12]));
            assert_eq!(line, None, "{secret} is in {place}");
        }
    }
}
