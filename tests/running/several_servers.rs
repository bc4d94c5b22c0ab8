//! Two servers behind nginx, as `docs/several-servers.md` sets them up: nginx with TLS, PostgreSQL, Redis, and the real binaries with
//! the settings of `compose.yaml`. One of them is killed under load.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::mpsc;

use super::{
    compose::settings_of_a_gateway,
    outside::{HOST, Outside},
};
use crate::{
    cli::gateway::{Home, Running},
    support::{
        certificates::Authority,
        nginx::{self, Nginx},
        redis::RedisServer,
    },
};

const NGINX: &str = include_str!("../../examples/several-servers/nginx.conf");
const CLIENTS: usize = 8;
/// How many writes are acknowledged before a server is killed, and again afterwards.
const WRITES: usize = 60;
const PASSWORD_OF_REDIS: &str = "7a1f";

/// The server with the settings of a gateway in `compose.yaml`, but for the places of this test.
fn serving(home: &Home, redis: &RedisServer) -> Running {
    let mut command = home.command(&["serve"]);
    for (name, value) in settings_of_a_gateway() {
        let value = match name.as_str() {
            "FLOW_DATABASE_URL" => home.url.clone(),
            "FLOW_REDIS_URL" => value
                .replace("${REDIS_PASSWORD:?}", PASSWORD_OF_REDIS)
                .replace("@redis?", &format!("@127.0.0.1:{}?", redis.port())),
            "FLOW_SIGNING_SECRET" => "the same on both servers of this test".to_owned(),
            "FLOW_TRUSTED_PROXIES" => "127.0.0.1".to_owned(),
            _ if name.ends_with("_ADDR") => "127.0.0.1:0".to_owned(),
            _ => value,
        };
        command.env(name, value);
    }
    Running::start(home, command)
}

/// Writes until it is told to stop; what was acknowledged, which it tells one by one as well.
async fn write(
    outside: Outside,
    client: usize,
    told: mpsc::UnboundedSender<()>,
    is_over: Arc<AtomicBool>,
) -> Vec<(String, String)> {
    let mut made = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let name = format!("Instructor {client} {}", made.len());
        made.push((outside.create(&name).await, name));
        told.send(()).ok();
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_loses_no_acknowledged_write_and_the_other_goes_on() {
    let Some(program) = nginx::program() else { return };
    let (Some(redis), Some(home)) = (RedisServer::with(&["--requirepass", PASSWORD_OF_REDIS]), Home::on_postgres())
    else {
        return;
    };
    home.studio("casa");
    let key = home.secret_key("instructors:read,instructors:write")["key"].as_str().expect("a key").to_owned();
    let next_door = Home { url: home.url.clone(), directory: tempfile::tempdir().expect("a directory") };
    let servers = [serving(&home, &redis), serving(&next_door, &redis)];
    for server in &servers {
        server.has_logged("rates are shared through Redis");
    }
    let authority = Authority::new();
    let certified = authority.sign(HOST);
    let (certificate, private) =
        (home.write("fullchain.pem", &certified.certificate), home.write("privkey.pem", &certified.key));
    let mut places = Vec::new();
    for (server, number) in servers.iter().zip(1..) {
        for (surface, port) in [("storefront", 7604), ("management", 7605), ("members", 7606), ("studio", 7607)] {
            let address = server.at[surface].trim_start_matches("http://").to_owned();
            places.push((format!("gateway-{number}:{port}"), address));
        }
    }
    let nginx = Nginx::start(&program, NGINX, [&certificate, &private], &places);
    let outside = Outside::new(&authority, nginx.port, &key);
    assert!(outside.greets_as(HOST).await && !outside.greets_as("other.studio.example").await);

    let (told, mut acknowledged) = mpsc::unbounded_channel();
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(write(outside.clone(), client, told.clone(), Arc::clone(&is_over))))
        .collect();
    drop(told);
    let [one, other] = servers;
    let mut one = Some(one);
    for number in 0..2 * WRITES {
        acknowledged.recv().await.expect("the clients are at work");
        if number == WRITES {
            // As by `kill -9`, while all clients write.
            drop(one.take());
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let mut made = BTreeMap::new();
    for client in clients {
        made.extend(client.await.expect("each write is acknowledged in the end"));
    }
    assert_eq!(outside.all().await, made, "each is there, once, and nothing else");
    assert_eq!(made.values().collect::<BTreeSet<_>>().len(), made.len());
    assert_eq!(tokio::task::spawn_blocking(|| other.stop().0).await.expect("it ends"), Some(0));
}
