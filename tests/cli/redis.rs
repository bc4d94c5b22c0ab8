//! Servers that share their rates through Redis, as operators run them: several binaries over one database, and a Redis that is
//! killed under load, refuses the login, or speaks TLS.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::gateway::{Home, Running, call, end, wait_until};
use crate::support::{certificates::Authority, redis::RedisServer};

const LIST: &str = "/v1/instructors";
const SHARED: &str = "rates are shared through Redis";
const LOST: &str = "Redis is lost: this instance bounds rates by itself";

/// Another place for a server of the same database.
fn beside(home: &Home) -> Home {
    Home { url: home.url.clone(), directory: tempfile::tempdir().expect("a temporary directory") }
}

fn serving(home: &Home, redis: &str) -> Running {
    let mut command = home.serving(&["--log-level", "trace"]);
    command.env("FLOW_REDIS_URL", redis);
    Running::start(home, command)
}

fn key_of_rate(home: &Home, rate: &str) -> Value {
    let args =
        ["keys", "create", "--studio", "casa", "--kind", "secret", "--name", "CRM", "--scopes", "instructors:read"];
    home.run(&[&args[..], &["--rate-limit", rate, "--json"]].concat()).json()["key"].clone()
}

fn metrics(server: &Running) -> String {
    call("GET", &format!("{}/metrics", server.at["ops"]), "", &[], None).1.as_str().expect("a page").to_owned()
}

/// Returns once it has logged this so many times.
fn has_logged_times(server: &Running, words: &str, times: usize) {
    wait_until(
        || server.log().matches(words).count() == times,
        || format!("{times} times {words} in {}", server.log()),
    );
}

/// Whether a server has Redis, and how often it lost it: what its metrics say.
fn state(server: &Running) -> (bool, usize) {
    let page = metrics(server);
    let number = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {page}"));
        line.trim().parse::<usize>().expect("a number")
    };
    (number("flow_redis_connected ") == 1, number("flow_redis_losses_total "))
}

/// Returns once each server has Redis, or each has none.
fn wait_until_connected(servers: [&Running; 2], wanted: bool) {
    wait_until(
        || servers.iter().all(|server| state(server).0 == wanted),
        || format!("each has Redis: {wanted}, in {}", servers.map(Running::log).concat()),
    );
}

/// Calls the servers in turn with a new key; all that are admitted are no more than one server would admit, however slow this
/// machine is. Where it is so slow that a server loses Redis meanwhile, it is tried again.
fn together_admit_no_more_than_one(home: &Home, servers: [&Running; 2]) {
    for _ in 0..20 {
        wait_until_connected(servers, true);
        let (key, before, since) = (key_of_rate(home, "1"), servers.map(state), Instant::now());
        let admitted = (0..8).filter(|number| servers[number % 2].call("management", LIST, &key, &[]).0 == 200).count();
        let refills = usize::try_from(since.elapsed().as_secs()).expect("a short time") + 1;
        if servers.map(state) == before {
            assert!((2..=2 + refills).contains(&admitted), "{admitted} in {:?}", since.elapsed());
            return;
        }
    }
    panic!("Redis is lost again and again: {}", servers.map(Running::log).concat());
}

#[test]
fn two_servers_share_a_keys_rate_lose_nobody_when_redis_is_killed_under_load_and_share_it_again() {
    let (Some(mut redis), Some(home)) = (RedisServer::with(&["--requirepass", "s3cretword"]), Home::on_postgres())
    else {
        return;
    };
    home.studio("casa");
    let large = key_of_rate(&home, "10000");
    let next_door = beside(&home);
    let url = redis.url_with(":s3cretword@");
    let (one, other) = (serving(&home, &url), serving(&next_door, &url));
    let servers = [&one, &other];
    together_admit_no_more_than_one(&home, servers);

    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let load = |server| {
            let (large, is_over) = (&large, &is_over);
            scope.spawn(move || {
                let (mut calls, since) = (0, Instant::now());
                // The time ends it where this test fails.
                while !is_over.load(Ordering::Relaxed) && since.elapsed() < Duration::from_mins(1) {
                    assert_eq!(Running::call(server, "management", LIST, large, &[]).0, 200);
                    calls += 1;
                }
                calls
            })
        };
        let clients = [load(&one), load(&one), load(&other), load(&other)];
        redis.kill();
        wait_until_connected(servers, false);
        for server in servers {
            // Each by itself, also under load.
            let admitted = (0..4).filter(|_| server.call("management", LIST, &large, &[]).0 == 200).count();
            assert_eq!(admitted, 4);
            // Changes are logged, and not requests.
            let (_, losses) = state(server);
            has_logged_times(server, LOST, losses);
            has_logged_times(server, SHARED, losses);
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(clients.into_iter().map(|client| client.join().expect("each call is answered")).sum::<u32>() > 0);
    });

    redis.run();
    // Shared again, by itself.
    together_admit_no_more_than_one(&home, servers);
    for server in [one, other] {
        let (code, log) = server.stop();
        assert_eq!(code, Some(0));
        assert!(!log.contains("s3cretword"), "{log}");
    }
}

#[test]
fn a_login_that_redis_refuses_is_an_error_at_the_start_that_repeats_no_password() {
    let Some(redis) = RedisServer::with(&["--requirepass", "right"]) else { return };
    let home = Home::on_sqlite();
    for login in ["", ":s3cretword@", "nobody:s3cretword@"] {
        let mut command = home.serving(&["--log-level", "trace"]);
        command.env("FLOW_REDIS_URL", redis.url_with(login));
        let said = end(command, "").fails(1);
        assert!(said.contains("FLOW_REDIS_URL") && !said.contains("s3cretword"), "{said}");
        assert!(said.contains("refuses the user or the password") || said.contains("NOAUTH"), "{said}");
    }
    let open = RedisServer::start().expect("there is one");
    let said = home.run(&["serve", "--redis-url", &open.url_with(":s3cretword@")]).fails(1);
    assert!(said.contains("--redis-url") && !said.contains("s3cretword"), "{said}");
}

#[test]
fn a_server_starts_without_redis_and_shares_its_rates_once_it_is_there() {
    let Some(mut redis) = RedisServer::start() else { return };
    redis.kill();
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = key_of_rate(&home, "1");
    let server = serving(&home, &redis.url());
    server.has_logged("no Redis: this instance bounds rates by itself");
    assert_eq!(server.call("management", LIST, &key, &[]).0, 200);
    assert!(metrics(&server).contains("flow_redis_connected 0\n"));
    redis.run();
    server.has_logged(SHARED);
    assert!(metrics(&server).contains("flow_redis_connected 1\n"));
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn redis_is_reached_over_tls_if_its_certificate_is_right() {
    let authority = Authority::new();
    let certified = authority.sign("localhost");
    let home = Home::on_sqlite();
    let [certificate, key, trusted] =
        [("redis.pem", &certified.certificate), ("redis.key", &certified.key), ("authority.pem", &authority.pem())]
            .map(|(name, text)| home.write(name, text));
    let flags = ["--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-ca-cert-file", &trusted];
    let flags = [&flags[..], &["--tls-auth-clients", "no", "--requirepass", "s3cretword"]].concat();
    let Some(redis) = RedisServer::with(&flags) else { return };
    for (host, trusts, told) in [
        ("localhost", Some(&trusted), SHARED),
        ("localhost", None, "no Redis: this instance bounds rates by itself"),
        ("127.0.0.1", Some(&trusted), "no Redis: this instance bounds rates by itself"),
    ] {
        let mut command = home.serving(&["--log-level", "trace"]);
        command.env("FLOW_REDIS_URL", format!("rediss://:s3cretword@{host}:{}", redis.port()));
        if let Some(trusted) = trusts {
            command.env("SSL_CERT_FILE", trusted);
        }
        let server = Running::start(&home, command);
        server.has_logged(told);
        let (code, log) = server.stop();
        assert!(code == Some(0) && !log.contains("s3cretword"), "{log}");
    }
}
