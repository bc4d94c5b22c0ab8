//! One gateway as `docs/running.md` sets it up: the sample of its settings, nginx or Caddy in front of it, and the units of systemd.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use flow_gateway::{
    config::{Serving, SharedOptions},
    store::record,
};

use super::outside::{HOST, Outside};
use crate::{
    cli::gateway::Home,
    support::{
        caddy::{self, Caddy},
        certificates::Authority,
        needs::on_path,
        nginx::{self, Nginx},
    },
};

const SAMPLE: &str = include_str!("../../examples/flow-gateway.toml");
const NGINX: &str = include_str!("../../examples/one-server/nginx.conf");
const CADDYFILE: &str = include_str!("../../examples/one-server/Caddyfile");
const UNITS: [(&str, &str); 2] = [
    ("flow-gateway.service", include_str!("../../examples/one-server/flow-gateway.service")),
    ("flow-gateway@1.service", include_str!("../../examples/several-servers/flow-gateway@.service")),
];

/// The settings of the sample: each name with its value, as they stand there.
fn sampled() -> Vec<(&'static str, &'static str)> {
    let lines = SAMPLE.lines().filter_map(|line| line.strip_prefix('#'));
    lines.filter(|line| line.starts_with(char::is_alphabetic)).map(|line| line.split_once(" = ").expect(line)).collect()
}

#[test]
fn the_sample_has_every_setting_once_with_its_default_and_is_accepted_with_and_without_them() {
    let mut known = record::fields::<Serving>();
    known.extend(record::fields::<SharedOptions>());
    let named: Vec<_> = sampled().into_iter().map(|(name, _)| name).collect();
    assert_eq!(named.iter().collect::<BTreeSet<_>>(), known.iter().collect());
    assert_eq!(named.len(), known.len(), "{named:?}");

    let home = Home::on_sqlite();
    let help = home.run(&["serve", "--help"]).done();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, value) in sampled() {
        let (_, about) = help.split_once(&format!(" --{}", name.replace('_', "-"))).expect(name);
        let default = about.split_once("[default: ").and_then(|(_, rest)| rest.split([']', ';']).next()).expect(name);
        let shown = match value {
            "true" => "on",
            "false" => "off",
            text => text.trim_matches('"'),
        };
        let is_an_example =
            ["none", "no-reply@", "http:// and", "the content of"].iter().any(|start| default.starts_with(start));
        assert!(is_an_example || default.split(' ').next() == Some(shown), "{name} = {value}, {default}");
    }

    let plain = home.write("flow-gateway.toml", SAMPLE);
    assert_eq!(home.serve(&["--config", &plain]).stop().0, Some(0));
    let set: Vec<_> = sampled().into_iter().map(|(name, value)| format!("{name} = {value}")).collect();
    // Nobody listens there.
    let set = home.write("all.toml", &set.join("\n").replace(":6379", ":1"));
    let ended = home.serve(&["--config", &set, "--api-addr", "127.0.0.1:0"]).stop();
    assert_eq!(ended.0, Some(0), "{}", ended.1);
}

/// What a client outside sees through a proxy.
async fn is_served_through(outside: &Outside) {
    assert!(outside.greets_as(HOST).await && !outside.greets_as("other.studio.example").await);
    let id = outside.create("Rita Sousa").await;
    assert_eq!(outside.all().await[&id], "Rita Sousa");
    let large = |bytes: usize| format!(r#"{{"display_name": "{}"}}"#, "x".repeat(bytes));
    let (status, problem) =
        outside.call("POST", "/v1/instructors", Some("a"), large(300_000)).await.expect("an answer");
    assert_eq!((status, &problem["code"]), (413, &"body_too_large".into()), "the gateway's own answer");
    // The proxy or the gateway refuses it, whichever comes first, and may close the connection before all of it is sent. Caddy 2.6 says 502.
    let refused = outside.call("POST", "/v1/instructors", Some("b"), large(3_000_000)).await;
    assert!(refused.as_ref().is_none_or(|(status, _)| matches!(status, 413 | 502)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_and_caddy_serve_a_gateway_with_tls_as_they_are_shown() {
    let (nginx, caddy) = (nginx::program(), caddy::program());
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("instructors:read,instructors:write")["key"].as_str().expect("a key").to_owned();
    let server = home.serve(&["--trusted-proxies", "127.0.0.1"]);
    let address = |surface: &str| server.at[surface].trim_start_matches("http://").to_owned();
    let surfaces = [("storefront", 7604), ("management", 7605), ("members", 7606), ("studio", 7607)];
    let authority = Authority::new();
    let certified = authority.sign(HOST);
    let (certificate, private) =
        (home.write("fullchain.pem", &certified.certificate), home.write("privkey.pem", &certified.key));
    if let Some(program) = nginx {
        let places = surfaces.map(|(surface, port)| (format!("127.0.0.1:{port}"), address(surface)));
        let nginx = Nginx::start(&program, NGINX, [&certificate, &private], &places);
        is_served_through(&Outside::new(&authority, nginx.port, &key)).await;
        takes_strong_ciphers_alone(nginx.port);
    }
    if let Some(program) = caddy {
        let port_of = |surface| address(surface).rsplit_once(':').expect("a port").1.to_owned();
        let places = surfaces
            .map(|(surface, port)| (format!("import gateway {port}"), format!("import gateway {}", port_of(surface))));
        let caddy = Caddy::start(&program, CADDYFILE, [&certificate, &private], &places);
        is_served_through(&Outside::new(&authority, caddy.port, &key)).await;
        takes_strong_ciphers_alone(caddy.port);
        let redirected = asked_without_tls(caddy.plain_port, "studio.studio.example", "/studio?a=b");
        assert!(redirected.starts_with("HTTP/1.1 301 "), "{redirected}");
        assert!(redirected.contains("\r\nLocation: https://studio.studio.example/studio?a=b\r\n"), "{redirected}");
        for (host, path) in [(HOST, "/v1/instructors"), ("members.studio.example", "/v1/me")] {
            assert_eq!(asked_without_tls(caddy.plain_port, host, path), "", "a key in the clear is not redirected");
        }
    }
}

/// What a host answers to who asks it without TLS, with a key; nothing where it closes the connection.
fn asked_without_tls(port: u16, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer flow_sk_x\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    String::from_utf8(answer).expect("text")
}

/// A proxy takes TLS 1.2 with the first of these suites, and with none of the others: they do not authenticate what they encrypt.
fn takes_strong_ciphers_alone(port: u16) {
    let Some(openssl) = on_path("openssl") else { return };
    for (cipher, is_taken) in [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", true),
        ("ECDHE-ECDSA-AES128-SHA256", false),
        ("ECDHE-ECDSA-AES256-SHA", false),
    ] {
        let at = format!("127.0.0.1:{port}");
        let args = ["s_client", "-connect", &at, "-servername", HOST, "-tls1_2", "-cipher", cipher];
        let asked = Command::new(&openssl).args(args).stdin(Stdio::null()).output().expect("it runs");
        let said = String::from_utf8_lossy(&asked.stdout);
        assert_eq!(said.contains(&format!("Cipher is {cipher}")), is_taken, "{cipher}: {asked:?}");
    }
}

#[test]
fn the_units_of_systemd_leave_the_gateway_few_rights() {
    let [one, several] = UNITS.map(|(_, unit)| unit.split_once("Restart=always").expect("it is started again").1);
    assert_eq!(one, several, "both are hardened alike");
    if on_path("systemd-analyze").is_none() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    for (name, unit) in UNITS {
        let file = directory.path().join(name);
        fs::write(&file, unit).expect("the unit is written");
        // Of 100, as tenths of the exposure that it prints.
        let args = ["security", "--no-pager", "--offline=yes", "--threshold=15"];
        let judged = Command::new("systemd-analyze").args(args).arg(&file).output().expect("it runs");
        let said = String::from_utf8_lossy(&judged.stdout);
        assert!(judged.status.success() && said.contains("Overall exposure level"), "{name}: {judged:?}");
    }
}
