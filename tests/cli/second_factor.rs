//! Second factors, as who runs a gateway has to do with them: the signing secret, the way back for somebody who lost their
//! device, and what stands in no log.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use flow_gateway::store::clock::Clock;
use serde_json::json;

use super::{
    gateway::{Home, PASSWORD, Running, call, on_both_engines},
    visitor::{EMAIL, Visitor},
};
use crate::support::second_factor::Authenticator;

const SIGNING_SECRET: &str = "c4nary-of-the-signing-secret-of-a-test";

impl Visitor<'_> {
    fn turn_on(&mut self) -> (Authenticator, Vec<String>, String) {
        let page = self.open("/studio/second-factor/new");
        let offer = page.between("name=\"form\" value=\"", "\"");
        let app = Authenticator::with_secret(&page.between("<code class=\"secret\">", "</code>"), &Clock::System);
        let fields = [("form", offer.as_str()), ("code", &app.unused_code())];
        let shown = self.send("/studio/second-factor/new", &fields).between("data-selected=", "</pre>");
        let codes = shown.split_once('>').expect("a tag").1.lines().map(str::to_owned).collect();
        (app, codes, offer)
    }
}

#[apply(on_both_engines!)]
fn the_log_at_its_finest_and_the_metrics_hold_no_secret_of_a_second_factor(home: Home) {
    home.studio("casa");
    let mut command = home.serving(&["--log-level", "trace"]);
    command.env("FLOW_SIGNING_SECRET", SIGNING_SECRET);
    let server = Running::start(&home, command);
    let mut owner = Visitor::signed_in(&server);
    let (app, codes, offer) = owner.turn_on();
    let mut visitor = Visitor::of(&server);
    let step = visitor.send("/studio/sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
    let pending = step.between("name=\"pending\" value=\"", "\"");
    let typed = app.unused_code();
    for fields in
        [[("pending", pending.as_str()), ("code", "c0dew0rd")], [("pending", &pending), ("recovery_code", "c0dew0rd")]]
    {
        assert_eq!(visitor.send("/studio/sign-in/code", &fields).status, 422);
    }
    let fields = [("pending", pending.as_str()), ("recovery_code", &codes[0]), ("next", "/studio/second-factor")];
    assert_eq!(visitor.send("/studio/sign-in/code", &fields).status, 303);
    let confirmed = [("password", PASSWORD), ("code", typed.as_str())];
    assert_eq!(visitor.send("/studio/confirm", &confirmed).status, 303);
    let mut shown = visitor.open("/studio/second-factor").text + &visitor.open("/studio/audit").text;
    assert!(visitor.send("/studio/second-factor/codes", &[]).text.contains("shown"), "new ones");
    shown += &call("GET", &format!("{}/metrics", server.at["ops"]), "", &[], None).1.to_string();
    let cookies = [owner.cookie.clone(), visitor.cookie.clone()];
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    assert!(
        log.contains("/studio/sign-in/code") || log.contains("studioSignInCode"),
        "the calls are in the log: {log}"
    );
    let plain = app.secret.replace(' ', "");
    let bytes = totp_rs::Secret::try_from_base32(&plain).expect("Base32").as_bytes().to_vec();
    let mut secrets = vec![SIGNING_SECRET.to_owned(), "c0dew0rd".into(), app.secret.clone(), plain, hex::encode(bytes)];
    secrets.extend([offer, pending]);
    secrets.extend(cookies.iter().map(|cookie| cookie.split_once('=').expect("a token").1.to_owned()));
    secrets.extend(codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]));
    for secret in &secrets {
        let line = log.lines().chain(shown.lines()).find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[apply(on_both_engines!)]
fn who_lost_device_and_codes_signs_in_with_the_password_after_the_command(home: Home) {
    home.studio("casa");
    home.studio("other");
    let server = home.serve(&["--signing-secret", SIGNING_SECRET]);
    Visitor::signed_in(&server).turn_on();
    let mut owner = Visitor::of(&server);
    let page = owner.send("/studio/sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
    assert_eq!((page.status, owner.cookie.as_str()), (200, ""), "a code is asked for");
    let remove = ["studio", "remove-second-factor"];
    for (args, code, word) in [
        (&["casa", "--email", "nobody@studio.example"][..], 1, "nobody@studio.example"),
        (&["nowhere", "--email", EMAIL], 1, "nowhere"),
        (&["casa"], 2, "--email"),
    ] {
        let said = home.run(&[&remove[..], args].concat()).fails(code);
        assert!(said.contains(word), "{said}");
    }
    let removed = home.run(&[&remove[..], &["casa", "--email", "Owner@Studio.example", "--json"]].concat()).json();
    assert_eq!(removed["email"], EMAIL);
    Visitor::signed_in(&server);
    home.run(&[&remove[..], &["casa", "--email", EMAIL]].concat()).fails(1);
    for studio in ["casa", "other"] {
        let log = home.run(&["audit", "--studio", studio, "--action", "studio.remove_second_factor"]).done();
        assert_eq!(log.lines().count(), 1, "in each studio of the person: {log}");
        assert!(log.contains("\"command line\"") && !log.contains("studio.example"), "{log}");
    }
    let told = home.run(&["outbox", "list", "--studio", "casa", "--json"]).json();
    let kinds: Vec<_> = told.as_array().expect("mails").iter().map(|mail| mail["kind"].clone()).collect();
    assert!(kinds.contains(&json!("second_factor_off")), "{told}");
}

#[test]
fn the_signing_secret_stands_beside_a_sqlite_file_for_its_owner_alone_and_is_never_replaced() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let file = home.path("flow.db.secret");
    let server = home.serve(&[]);
    let secret = fs::read_to_string(&file).expect("the file");
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    let (app, ..) = Visitor::signed_in(&server).turn_on();
    let (_, log) = server.stop();
    assert!(!log.contains(secret.trim()), "{log}");

    fs::rename(&file, home.path("moved")).expect("moved");
    let server = home.serve(&[]);
    server.has_logged("flow.db.secret is missing");
    assert!(!file.exists(), "another would hide that the first is missing");
    assert!(call("GET", &format!("{}/readyz", server.at["ops"]), "", &[], None).0 == 200, "the server runs");
    server.stop();

    let server = home.serve(&["--signing-secret", "another secret of at least 32 characters"]);
    server.has_logged("encrypted with another signing secret");
    server.stop();

    fs::rename(home.path("moved"), &file).expect("moved back");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("changed");
    let server = home.serve(&[]);
    server.has_logged("chmod 600");
    server.stop();

    fs::remove_file(&file).expect("removed");
    let server = home.serve(&["--signing-secret", secret.trim()]);
    let mut owner = Visitor::of(&server);
    let page = owner.send("/studio/sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
    let pending = page.between("name=\"pending\" value=\"", "\"");
    let fields = [("pending", pending.as_str()), ("code", &app.unused_code())];
    assert_eq!(owner.send("/studio/sign-in/code", &fields).status, 303, "the setting is the same as the file");
    assert!(!file.exists());
}

#[apply(on_both_engines!)]
fn a_signing_secret_that_can_be_guessed_is_refused_and_not_repeated(home: Home) {
    let said = home.run(&["serve", "--signing-secret", "c4naryword"]).fails(2);
    assert!(said.contains("--signing-secret") && said.contains("at least 32"), "{said}");
    assert!(!said.contains("c4naryword"), "{said}");
}

#[test]
fn without_a_signing_secret_a_server_over_postgresql_runs_and_says_what_is_missing() {
    let Some(home) = Home::on_postgres() else { return };
    home.studio("casa");
    let server = home.serve(&[]);
    server.has_logged("set `--signing-secret`, to the same on every server");
    let mut owner = Visitor::signed_in(&server);
    let page = owner.open("/studio/second-factor/new");
    assert_eq!(page.status, 503);
    assert!(page.text.contains("this server has no signing secret"), "{}", page.text);
    assert_eq!(owner.open("/studio/api-keys").status, 200);
}
