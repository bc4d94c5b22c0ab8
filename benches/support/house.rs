//! A house to measure: a studio whose list of instructors fills a page, a key of each kind, and a gateway in front of
//! them. Shared by the benchmarks and by the test that counts allocations.

use std::{net::IpAddr, time::Duration};

use flow_gateway::{
    access::{
        call::{AccessState, CachedKey, Call, Credential},
        key::{Claim, KeyKind, PresentedKey},
        keys::{self, NewKey},
        network::Network,
        rate::{Exhausted, Quota},
        scope::Scope,
        stored::LiveKey,
    },
    operation::app::{App, Options},
    resources::instructors::Instructor,
    server,
    store::{
        clock::{Clock, Uptime},
        db::Db,
        id::StudioId,
        instant::Instant,
        row::{self, Row},
    },
};
use serde_json::json;
use tokio::task::JoinSet;

/// Instructors of the studio: one page, as a list answers it when nobody names a limit.
const ROWS: usize = 25;

/// A key of each kind.
pub struct Keys {
    pub publishable: String,
    pub secret: String,
}

/// Writes a studio with its instructors into an empty database, and makes its keys.
pub async fn furnish(db: &Db) -> Keys {
    let now = Clock::default().now();
    let studio = add_studio(db, now).await;
    let (mut tx, moment) = db.begin_write_of(&Clock::default(), 100).await.expect("a transaction");
    for number in 0..ROWS {
        let row = Row::new(moment.of_row(number as u64), instructor(number));
        row::insert(tx.on().of(studio), &row).await.expect("an instructor is written");
    }
    tx.commit().await.expect("committed");
    let (mut publishable, mut secret) = (String::new(), String::new());
    for (kind, text) in [(KeyKind::Publishable, &mut publishable), (KeyKind::Secret, &mut secret)] {
        let made = keys::create(db, studio, key(kind), "a benchmark", now).await.expect("a key is made");
        made.minted.reveal().clone_into(text);
    }
    Keys { publishable, secret }
}

async fn add_studio(db: &Db, now: Instant) -> StudioId {
    let studio = StudioId::new(now);
    let text = "insert into studios (id, version, created_at, updated_at, slug, name, time_zone, currency, locale, contact, \
        links, policies) values ($1, 1, $2, $2, 'house', 'House', 'Europe/Lisbon', 'EUR', 'en', '{}', '{}', '{}')";
    let mut tx = db.begin().await.expect("a transaction");
    tx.on().query(text).bind(studio).bind(now).execute().await.expect("a studio is written");
    tx.commit().await.expect("committed");
    studio
}

fn instructor(number: usize) -> Instructor {
    serde_json::from_value(json!({
        "display_name": format!("Instructor {number}"),
        "slug": format!("instructor-{number}"),
        "bio": "Teaches slow and strong classes, and reads a page aloud at the end of each.",
        "specialties": ["Vinyasa", "Yin"],
        "links": {"website": "https://example.com"},
        "email": format!("instructor-{number}@example.com"),
        "position": number,
    }))
    .expect("an instructor")
}

fn key(kind: KeyKind) -> NewKey {
    let scopes: &[Scope] = if kind == KeyKind::Secret { &[Scope::InstructorsRead] } else { &[] };
    NewKey {
        name: "measured".into(),
        kind,
        used_by: None,
        scopes: scopes.iter().copied().collect(),
        origins: vec![],
        networks: vec![],
        rate_limit: 1000,
        expires_in: None,
    }
}

/// Starts a gateway over a furnished database, and waits until it knows these keys.
pub async fn start(db: Db, keys: &Keys, rate_limits: bool) -> (App, JoinSet<()>) {
    let (app, tasks) =
        server::start(db, Options { rate_limits, ..Options::default() }).await.expect("the gateway starts");
    for key in [&keys.publishable, &keys.secret] {
        let claim = PresentedKey::parse(key).expect("a key").claim();
        while !matches!(app.access.keyring.cached(&claim, app.clock.uptime()), CachedKey::Found(_)) {
            app.access.keyring.look_up(&claim, Network::of(CLIENT)).await.expect("the key is read");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    (app, tasks)
}

const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A call for the list of instructors.
pub fn call(key: &str) -> Call<'_> {
    let from_a_page = key.starts_with(KeyKind::Publishable.prefix());
    Call {
        method: "GET",
        path: "/v1/instructors",
        query: "limit=25",
        credential: Credential::Bearer(key),
        origin: from_a_page.then_some("https://studio.example"),
        has_fetch_metadata: from_a_page,
        is_preflight: false,
        client: CLIENT,
    }
}

/// What a running gateway knows, except that a key's rate is spent as if each call came a millisecond after the one
/// before: measured at full speed, any rate would be used up at once.
pub struct Known<'a> {
    pub app: &'a App,
    calls: std::cell::Cell<i64>,
}

impl<'a> Known<'a> {
    pub fn of(app: &'a App) -> Self {
        Self { app, calls: std::cell::Cell::new(0) }
    }
}

impl AccessState for Known<'_> {
    fn cached(&self, claim: &Claim) -> CachedKey {
        self.app.access.keyring.cached(claim, self.app.clock.uptime())
    }

    fn spend(&self, key: &LiveKey, network: Network, cost: u32) -> Result<Option<Quota>, Exhausted> {
        self.calls.set(self.calls.get() + 1);
        let now = self.app.clock.uptime();
        self.app.access.limits.spend(key, network, cost, Uptime::from_micros(now.micros() + self.calls.get() * 1000))
    }

    fn left(&self, key: &LiveKey, network: Network) -> Option<Quota> {
        self.app.access.limits.left(key, network, self.app.clock.uptime())
    }

    fn now(&self) -> Instant {
        self.app.clock.now()
    }
}
