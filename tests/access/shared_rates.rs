//! Rates that instances share through a Redis of the test's own: what is promised of a rate holds for all of them together.

use std::{net::TcpListener, time::Duration};

use flow_gateway::{
    access::{
        key::{KeyKind, mint},
        keys::NewKey,
        network::Network,
        rate::Bucket,
        scope::Scope::InstructorsRead,
        sessions::{
            stored::Role,
            throttle::{Attempt, PasswordThrottle},
        },
        shared_rates::{
            RedisUrl, SharedRates,
            connection::{ANSWER_TIMEOUT, Redis},
        },
    },
    store::{clock::Clock, instant::Instant},
};
use futures_util::future::join_all;
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};

use crate::support::{
    dashboard::PASSWORD,
    redis::RedisServer,
    studio::{Client, Studio, publishable, secret, within},
};

const LIST: &str = "/v1/instructors";
const ANNA: &str = "anna@casa.example";
/// How soon a Redis that is back counts again, on a slow machine.
const SOON: Duration = Duration::from_secs(25);

/// Two instances over one database and one Redis, whose clock stands.
async fn two_instances(server: &RedisServer) -> [Studio; 2] {
    let studio = Studio::on_sqlite().await.with_a_clock_that_stands().await;
    [studio.instance_with_redis(server.open().await).await, studio.instance_with_redis(server.open().await).await]
}

/// A client of each instance with one key of this rate.
async fn one_key(instances: &[Studio; 2], rate_limit: u32) -> [Client; 2] {
    let key = instances[0].key(NewKey { rate_limit, ..secret(&[InstructorsRead]) }).await;
    instances.each_ref().map(|instance| instance.management_client().with_key(key.minted.reveal()))
}

fn is_connected(instance: &Studio) -> bool {
    let redis = instance.app.access.shared_rates.redis().expect("a Redis");
    assert_eq!(redis.connected().get(), i64::from(redis.is_connected()), "what /metrics says");
    redis.is_connected()
}

async fn are_connected(instances: &[Studio; 2]) {
    within(SOON, async || instances.iter().all(is_connected)).await;
}

/// The statuses of so many calls.
async fn statuses(client: &Client, calls: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..calls {
        statuses.push(client.get(LIST).await.status.as_u16());
    }
    statuses
}

/// That nothing in Redis tells whose it is, and that all of it expires.
async fn tells_nothing(server: &RedisServer) {
    let contents = server.contents().await;
    assert!(contents.len() > 1, "{contents:?}");
    for (name, (text, stays)) in &contents {
        let is_hash = |name: &str| name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(name.starts_with("flow:trial") || name.strip_prefix("flow:").is_some_and(is_hash), "{name}");
        assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte == b' '), "{text}");
        assert!(*stays > 0, "{name} stays for ever");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_share_the_rate_of_a_key_and_tell_what_is_left_of_it() {
    let Some(server) = RedisServer::start() else { return };
    let instances = two_instances(&server).await;
    let [one, other] = one_key(&instances, 2).await;
    for (client, left, path, status) in
        [(&one, 3, LIST, 200), (&other, 2, "/v1/nothing", 404), (&one, 1, "/v1/locations", 403), (&other, 0, LIST, 200)]
    {
        let reply = client.get(path).await;
        assert_eq!((reply.status.as_u16(), reply.header("ratelimit-policy")), (status, "\"key\";q=4;w=2"));
        assert_eq!(reply.header("ratelimit"), format!("\"key\";r={left};t={}", (4 - left + 1) / 2));
    }
    for client in [&one, &other] {
        let reply = client.get(LIST).await;
        reply.is_problem(429, "rate_limited");
        assert_eq!((reply.header("retry-after"), reply.header("ratelimit")), ("1", "\"key\";r=0;t=1"));
    }
    instances[0].pass(Duration::from_millis(500));
    other.get(LIST).await.expect(200);
    one.get(LIST).await.is_problem(429, "rate_limited");
    let [cheap, _] = one_key(&instances, 20).await;
    assert_eq!(cheap.get("/v1/instructors?limit=100").await.header("ratelimit"), "\"key\";r=36;t=1", "by its cost");
    tells_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_share_what_a_network_may_do() {
    let Some(server) = RedisServer::start() else { return };
    let instances = two_instances(&server).await;
    let website = instances[0].key(NewKey { rate_limit: 1, ..publishable() }).await;
    let visits = |instance: &Studio, from: &str| {
        let client = instance.storefront_client().with_key(website.minted.reveal()).from(from);
        async move { client.get(LIST).await.status.as_u16() }
    };
    let [one, other] = &instances;
    let network = "192.0.2.1";
    assert_eq!([visits(one, network).await, visits(other, network).await, visits(one, network).await], [200, 200, 429]);
    assert_eq!(visits(other, "192.0.2.2").await, 200, "each visitor's network has its own");
    // Keys that nobody knows: twenty a minute, in sum.
    let stranger = |instance: &Studio| {
        let client = instance.management_client().with_key(mint(KeyKind::Secret).reveal()).from(network);
        async move { client.get(LIST).await }
    };
    for _ in 0..10 {
        stranger(one).await.is_problem(401, "unknown_key");
        stranger(other).await.is_problem(401, "unknown_key");
    }
    for instance in &instances {
        let reply = stranger(instance).await;
        reply.is_problem(429, "rate_limited");
        assert_eq!((reply.header("ratelimit"), reply.header("retry-after")), ("\"network\";r=0;t=60", "60"));
    }
    // Reports, members and calendars count in the same way.
    let [one, other] = instances.each_ref().map(|instance| (&instance.app.access.reports, instance.clock.uptime()));
    let from = Network::of([192, 0, 2, 1].into());
    let mut admitted = 0;
    for (reports, now) in [one, other].into_iter().cycle().take(20) {
        admitted += u32::from(reports.spend(from, now).await.is_ok());
    }
    assert_eq!(admitted, 10);
    tells_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_count_the_attempts_of_one_sign_in_together() {
    let Some(server) = RedisServer::start() else { return };
    let instances = two_instances(&server).await;
    let [one, other] = &instances;
    one.add_staff(one.id, ANNA, Role::Owner).await;
    let guess = |instance: &Studio| {
        let browser = instance.browser().from("192.0.2.9");
        async move { browser.sign_in(ANNA, "a wrong one").await.0.status.as_u16() }
    };
    let guesses = join_all((0..10).map(|number| guess(&instances[number % 2]))).await;
    assert_eq!(guesses, [422; 10]);
    for instance in &instances {
        let (reply, _) = instance.browser().from("192.0.2.9").sign_in(ANNA, PASSWORD).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "900"));
    }
    let home = "192.0.2.10";
    assert_eq!(
        one.browser().from(home).sign_in(ANNA, PASSWORD).await.0.status,
        303,
        "the owner elsewhere does not wait"
    );
    // Who signed in through one instance is known to the other, whoever guesses.
    let throttle = &one.app.access.sessions.throttle;
    for number in 0..90_u8 {
        let network = Network::of([198, 51, 100, number / 10].into());
        throttle.begin(Attempt::sign_in(ANNA, network), one.clock.uptime()).await.expect("a guess");
    }
    assert_eq!(other.browser().from("203.0.113.1").sign_in(ANNA, PASSWORD).await.0.status, 429, "a new network waits");
    assert_eq!(other.browser().from(home).sign_in(ANNA, PASSWORD).await.0.status, 303);
    one.pass(Duration::from_mins(15));
    assert_eq!(other.browser().from("192.0.2.9").sign_in(ANNA, PASSWORD).await.0.status, 303);
    tells_nothing(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_silent_or_gone_each_instance_bounds_by_itself_and_then_all_together_again() {
    let Some(mut server) = RedisServer::start() else { return };
    let instances = two_instances(&server).await;
    let [one, other] = one_key(&instances, 2).await;
    let together = async || {
        instances[0].pass(Duration::from_mins(1));
        assert_eq!(statuses(&one, 3).await, [200; 3]);
        assert_eq!(statuses(&other, 2).await, [200, 429]);
        assert_eq!(statuses(&one, 1).await, [429]);
    };
    let alone = async || {
        // What was shared before is not forgotten.
        assert_eq!(statuses(&one, 1).await, [429]);
        instances[0].pass(Duration::from_mins(1));
        for client in [&one, &other] {
            let replies = join_all((0..6).map(|_| client.get(LIST))).await;
            let admitted = replies.iter().filter(|reply| reply.status == 200).count();
            assert_eq!((admitted, replies.iter().filter(|reply| reply.status == 429).count()), (4, 2));
        }
        assert!(!instances.iter().any(is_connected));
    };
    together().await;
    server.signal("-STOP");
    alone().await;
    server.signal("-CONT");
    are_connected(&instances).await;
    together().await;
    server.kill();
    alone().await;
    server.run();
    are_connected(&instances).await;
    together().await;
    let losses = instances[0].app.access.shared_rates.redis().expect("a Redis").losses();
    assert_eq!(losses.get(), 2, "each loss counts once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_accepts_and_never_answers_keeps_nobody_waiting() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}", silent.local_addr().expect("its address"));
    let redis = Redis::open(RedisUrl::parse(&url).expect("a URL"), ANSWER_TIMEOUT).await.expect("it may answer later");
    let studio = Studio::on_sqlite().await.with_a_clock_that_stands().await;
    let instance = studio.instance_with_redis(redis).await;
    let key = instance.key(NewKey { rate_limit: 2, ..secret(&[InstructorsRead]) }).await;
    let client = instance.management_client().with_key(key.minted.reveal());
    assert_eq!(statuses(&client, 5).await, [200, 200, 200, 200, 429]);
    assert!(!is_connected(&instance));
}

/// Rates in a Redis, by a clock that a test moves.
async fn shared_rates(server: &RedisServer) -> (SharedRates, Clock) {
    let clock = Clock::manual(Instant::from_micros(1_764_000_000_000_000));
    (SharedRates::new(server.open().await, [7; 32], clock.clone()), clock)
}

fn pass(clock: &Clock, millis: u64) {
    let Clock::Manual(hands) = clock else { unreachable!() };
    hands.pass(Duration::from_millis(millis));
}

/// Thirty random values.
fn thirty<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>) -> impl Iterator<Item = T> {
    let mut runner = TestRunner::deterministic();
    std::iter::repeat_with(move || strategy.new_tree(&mut runner).expect("a value").current()).take(30)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_bucket_admits_and_refuses_random_calls_as_one_of_our_own_does_and_tells_the_same() {
    let Some(server) = RedisServer::start() else { return };
    let (shared, clock) = shared_rates(&server).await;
    let millis = prop_oneof![3 => Just(0), 2 => 0..1200_u64, 1 => 1000..5000_u64];
    let calls = vec((millis, 1..40_u32), 1..60);
    let (mut admitted, mut refused) = (0, 0);
    for (number, (rate, calls)) in thirty((prop_oneof![1..20_u32, 1..20_000_u32], calls)).enumerate() {
        let own = Bucket::default();
        for (millis, cost) in calls {
            pass(&clock, millis);
            // An instance that has seen nothing yet, so that Redis alone knows.
            let other = Bucket::default();
            let taken = other.take_shared(shared.bucket("a test", &number), rate, cost, clock.uptime()).await;
            assert_eq!(taken, own.take(rate, cost, clock.uptime()), "{rate} a second, {cost} after {millis} ms");
            assert_eq!(other.left(rate, clock.uptime()), own.left(rate, clock.uptime()));
            *(if taken.is_ok() { &mut admitted } else { &mut refused }) += 1;
        }
    }
    assert!(admitted > 100 && refused > 100, "{admitted} admitted, {refused} refused");
    assert!(shared.are_in_use(), "Redis has answered to the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shared_windows_count_random_attempts_as_a_throttle_of_our_own_does() {
    let Some(server) = RedisServer::start() else { return };
    let (shared, clock) = shared_rates(&server).await;
    let seconds = prop_oneof![100 => Just(0), 20 => 0..30_u64, 1 => 0..1000_u64, 1 => 0..40_000_u64];
    let attempts = vec((seconds, 0..6_u8, 0..2_u8, 0..2_u8, 0..10_u8), 1..400);
    let (mut admitted, mut refused) = (0, 0);
    // How many people, networks and right passwords there are differs from case to case.
    for (number, (people, networks, lucky, attempts)) in thirty((1..3_u8, 1..3_u8, 0..11_u8, attempts)).enumerate() {
        let of: &'static str = Box::leak(format!("test {number}").into_boxed_str());
        let own = PasswordThrottle::new(of, true, SharedRates::default());
        for (seconds, kind, person, network, luck) in attempts {
            pass(&clock, seconds * 1000);
            let email = format!("{}@casa.example", person % people);
            let network = Network::of([192, 0, 2, network % networks].into());
            let attempt = match kind {
                0 | 1 => Attempt::sign_in(&email, network),
                2 => Attempt::code(&email, network),
                3 => Attempt::recovery_code(&email, network),
                4 => Attempt::confirm(&email),
                _ => Attempt::reset(network),
            };
            let (other, now) = (PasswordThrottle::new(of, true, shared.clone()), clock.uptime());
            let begun = other.begin(attempt, now).await;
            assert_eq!(begun, own.begin(attempt, now).await, "{kind} of {email}");
            *(if begun.is_ok() { &mut admitted } else { &mut refused }) += 1;
            if begun.is_ok() && luck < lucky {
                other.succeeded(attempt, now).await;
                own.succeeded(attempt, now).await;
            }
        }
    }
    assert!(admitted > 500 && refused > 100, "{admitted} admitted, {refused} refused");
    assert!(shared.are_in_use(), "Redis has answered to the end");
}
