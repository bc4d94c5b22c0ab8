//! A server that is killed while many write: every acknowledged write is there, and no other by half.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use flow_gateway::store::open::open;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::gateway::Home;

const CLIENTS: usize = 64;

/// What a client was told of its coupons: the id of each that was acknowledged, none of the one that was not.
type Told = BTreeMap<String, Option<String>>;

/// Creates a coupon whose code is its retry key; the status and the row, or nothing when the server has gone.
async fn create(http: &reqwest::Client, url: &str, key: &str, code: &str) -> Option<(u16, Value)> {
    let request = http.post(format!("{url}/v1/coupons")).bearer_auth(key).header("idempotency-key", code);
    let request = request.header("content-type", "application/json");
    let answer = request.body(json!({"code": code, "percent_off": 20}).to_string()).send().await.ok()?;
    let status = answer.status().as_u16();
    serde_json::from_str(&answer.text().await.ok()?).ok().map(|row| (status, row))
}

/// Creates coupons until the server has gone.
async fn write_on(url: String, key: String, name: String, acknowledged: Arc<AtomicUsize>) -> Told {
    let (http, mut told) = (reqwest::Client::new(), Told::new());
    for number in 0.. {
        let code = format!("{name}-{number}");
        let answered = loop {
            match create(&http, &url, &key, &code).await {
                // A slow machine refuses what waits for too long: nothing was acknowledged, so it is sent again.
                Some((503, _)) => {}
                answered => break answered,
            }
        };
        let Some((status, row)) = answered else {
            told.insert(code, None);
            break;
        };
        assert_eq!(status, 201, "{row}");
        told.insert(code, row["id"].as_str().map(str::to_owned));
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    told
}

/// The ids of the coupons in the file, by their codes; each was written with its answer.
async fn written(home: &Home) -> BTreeMap<String, String> {
    let db = open(&home.url.parse().expect("a URL"), false).await.expect("the database opens");
    let whole = db.read().query("pragma integrity_check").scalar::<String>().await.expect("looked through");
    assert_eq!(whole.as_deref(), Some("ok"));
    let halves = "select (select count(*) from idempotency where status <> 201) + (select count(*) from coupons where not exists \
        (select 1 from idempotency where body ->> 'id' = coupons.id)) + (select count(*) from idempotency where not exists \
        (select 1 from coupons where coupons.id = body ->> 'id'))";
    assert_eq!(db.read().query(halves).scalar::<i64>().await.expect("a number"), Some(0), "no half");
    let rows = "select json_group_object(code, id) from coupons";
    let rows = db.read().query(rows).scalar::<String>().await.expect("the rows").expect("a text");
    db.close().await;
    serde_json::from_str(&rows).expect("codes and ids")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_many_write_has_kept_every_acknowledged_write_and_no_half() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("coupons:read,coupons:write")["key"].as_str().expect("a key").to_owned();
    let mut all = Told::new();
    for (round, enough) in [1, 90, 250].into_iter().enumerate() {
        let server = home.serve(&["--rate-limits", "off"]);
        let (url, acknowledged) = (server.at["management"].clone(), Arc::new(AtomicUsize::new(0)));
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let name = format!("K-{round}-{client}");
            clients.spawn(write_on(url.clone(), key.clone(), name, Arc::clone(&acknowledged)));
        }
        while acknowledged.load(Ordering::Relaxed) < enough {
            tokio::task::yield_now().await;
        }
        // Killed by SIGKILL.
        drop(server);
        let told: Told = clients.join_all().await.into_iter().flatten().collect();
        let there = written(&home).await;
        for (code, id) in told.iter().filter_map(|(code, id)| id.as_ref().map(|id| (code, id))) {
            assert_eq!(there.get(code), Some(id), "{code} was acknowledged");
        }
        all.extend(told);
        assert!(there.keys().all(|code| all.contains_key(code)));
    }
    let server = home.serve(&["--rate-limits", "off"]);
    let http = reqwest::Client::new();
    for (code, id) in all.iter().filter(|(code, id)| id.is_none() || code.ends_with("-0")) {
        let (status, row) = create(&http, &server.at["management"], &key, code).await.expect("an answer");
        assert_eq!(status, 201, "{row}");
        assert!(id.is_none() || id.as_deref() == row["id"].as_str(), "{code} is the same row again");
    }
    drop(server);
    assert!(written(&home).await.keys().eq(all.keys()), "each once");
}
