//! A studio for tests: a gateway over a new database of either engine, and clients of each kind. Requests go through all layers,
//! without a socket.

use std::{
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use flow_gateway::{
    access::{
        github::GitHub,
        guard::Guard,
        key::KeyKind,
        keys::{self, Created, NewKey},
        scope::Scope,
        shared_rates::connection::Redis,
        surface::Surface,
    },
    mail::mailer::Mailer,
    operation::app::{App, Options},
    resources::schedule::ahead,
    server::{self, EdgeService},
    store::{
        admission::Waits,
        clock::{Clock, ManualClock},
        db::{Db, Tx},
        fair::WaitLimits,
        id::StudioId,
        instant::Instant,
        open::{DatabaseLocation, open},
        signing_secret::SigningSecret,
    },
    surfaces,
};
use tokio::{sync::OnceCell, task::JoinSet};

pub use super::client::{Client, Reply};
use super::postgres;

/// Long limits: tests share a slow machine.
const PATIENT: Waits =
    Waits { read: WaitLimits::of(Duration::from_secs(10)), write: WaitLimits::of(Duration::from_secs(14)) };

/// The signing secret of all instances.
const SIGNING_SECRET: &str = "a signing secret of all gateways of the tests";

/// What all instances have in common.
fn of_a_test() -> Options {
    let signing_secret = SigningSecret::set(SIGNING_SECRET).expect("long enough");
    Options { activity: true, answer_cache: true, signing_secret, ..Options::default() }
}

/// A surface with its guard.
pub type Served = EdgeService<Guard>;

/// A studio with its own gateway.
pub struct Studio {
    /// The gateway.
    pub app: App,
    /// Its id.
    pub id: StudioId,
    /// The gateway's clock, which a test may move.
    pub clock: Clock,
    storefront: Served,
    management: Served,
    api: Served,
    dashboard: Served,
    members: Served,
    url: String,
    /// The background tasks, which end with the studio.
    #[expect(dead_code, reason = "held, not read")]
    tasks: Arc<JoinSet<()>>,
    file: Option<Arc<tempfile::TempDir>>,
}

impl Studio {
    /// On a fresh SQLite file.
    pub async fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = format!("sqlite://{}", directory.path().join("flow.db").display());
        Self::at(url, Some(Arc::new(directory))).await
    }

    /// On a fresh PostgreSQL database; `None` where there is no PostgreSQL.
    pub async fn on_postgres() -> Option<Self> {
        static TEMPLATE: OnceCell<Option<String>> = OnceCell::const_new();
        let migrated = || async {
            let url = postgres::database()?;
            open(&place(&url), true).await.expect("the template opens").close().await;
            Some(url)
        };
        let template = TEMPLATE.get_or_init(migrated).await.as_deref()?;
        Some(Self::at(postgres::database_like(template)?, None).await)
    }

    /// On the given empty database.
    pub async fn on_database(url: String) -> Self {
        Self::at(url, None).await
    }

    async fn at(url: String, file: Option<Arc<tempfile::TempDir>>) -> Self {
        let db = open(&place(&url), true).await.expect("the database opens");
        let clock = Clock::default();
        let id = add_studio(&db, "test", clock.now()).await;
        Self::over(db, clock, id, url, file).await
    }

    async fn over(db: Db, clock: Clock, id: StudioId, url: String, file: Option<Arc<tempfile::TempDir>>) -> Self {
        Self::started(db, id, url, file, Options { clock, rate_limits: true, waits: PATIENT, ..of_a_test() }).await
    }

    async fn started(
        db: Db,
        id: StudioId,
        url: String,
        file: Option<Arc<tempfile::TempDir>>,
        options: Options,
    ) -> Self {
        let clock = options.clock.clone();
        let options = Options { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..options };
        let (app, tasks) = server::start(db, options).await.expect("the gateway starts");
        let at_edge = |surface| server::at_edge(surfaces::guarded(surface, &app), surface, "http://docs.test/docs");
        Self {
            storefront: at_edge(Surface::Storefront),
            management: at_edge(Surface::Management),
            api: at_edge(Surface::Api),
            dashboard: at_edge(Surface::Studio),
            members: at_edge(Surface::Members),
            id,
            clock,
            url,
            app,
            tasks: Arc::new(tasks),
            file,
        }
    }

    /// A second instance over the same database.
    pub async fn second_instance(&self) -> Self {
        self.instance(None, true).await
    }

    /// A second instance with another clock.
    pub async fn second_instance_at(&self, clock: Clock) -> Self {
        let db = open(&place(&self.url), false).await.expect("the database opens");
        Self::over(db, clock, self.id, self.url.clone(), self.file.clone()).await
    }

    /// A second instance that sends mail.
    pub async fn instance_with(&self, mailer: Mailer) -> Self {
        self.instance(Some(mailer), true).await
    }

    /// A second instance that sends mail, without rate limits.
    pub async fn instance_without_limits(&self, mailer: Mailer) -> Self {
        self.instance(Some(mailer), false).await
    }

    /// A second instance whose requests do not wait for database slots, and which keeps no answers.
    pub async fn instance_that_does_not_wait(&self) -> Self {
        let none = WaitLimits::of(Duration::ZERO);
        self.instance_waiting(Waits { read: none, write: none }).await
    }

    /// A second instance with these limits for waiting, which keeps no answers: each read takes a slot.
    pub async fn instance_waiting(&self, waits: Waits) -> Self {
        let db = open(&place(&self.url), false).await.expect("the database opens");
        let options =
            Options { clock: self.clock.clone(), rate_limits: true, waits, answer_cache: false, ..of_a_test() };
        Self::started(db, self.id, self.url.clone(), self.file.clone(), options).await
    }

    /// A second instance with another signing secret, or with none.
    pub async fn instance_with_secret(&self, signing_secret: SigningSecret) -> Self {
        let db = open(&place(&self.url), false).await.expect("the database opens");
        let clock = self.clock.clone();
        let options = Options { clock, rate_limits: true, waits: PATIENT, signing_secret, ..of_a_test() };
        Self::started(db, self.id, self.url.clone(), self.file.clone(), options).await
    }

    /// A second instance that shares its rates through Redis.
    pub async fn instance_with_redis(&self, redis: Redis) -> Self {
        let db = open(&place(&self.url), false).await.expect("the database opens");
        let (clock, redis) = (self.clock.clone(), Some(redis));
        let options = Options { clock, rate_limits: true, redis, waits: PATIENT, ..of_a_test() };
        Self::started(db, self.id, self.url.clone(), self.file.clone(), options).await
    }

    /// A second instance that keeps no answers.
    pub async fn instance_without_cache(&self) -> Self {
        let db = open(&place(&self.url), false).await.expect("the database opens");
        let clock = self.clock.clone();
        let options = Options { clock, rate_limits: true, waits: PATIENT, answer_cache: false, ..of_a_test() };
        Self::started(db, self.id, self.url.clone(), self.file.clone(), options).await
    }

    async fn instance(&self, mailer: Option<Mailer>, rate_limits: bool) -> Self {
        let db = open(&place(&self.url), false).await.expect("the database opens");
        let options = Options { clock: self.clock.clone(), rate_limits, mailer, waits: PATIENT, ..of_a_test() };
        Self::started(db, self.id, self.url.clone(), self.file.clone(), options).await
    }

    /// A second instance that takes reports which are signed by the keys at this address.
    pub async fn instance_with_github(&self, keys_at: &str) -> Self {
        let db = open(&place(&self.url), false).await.expect("the database opens");
        let github =
            GitHub::new(&keys_at.parse().expect("a URL"), self.clock.clone()).expect("an address of this machine");
        let options = Options { clock: self.clock.clone(), waits: PATIENT, github: Some(github), ..of_a_test() };
        Self::started(db, self.id, self.url.clone(), self.file.clone(), options).await
    }

    /// The SQLite file.
    pub fn file(&self) -> Option<std::path::PathBuf> {
        self.url.strip_prefix("sqlite://").map(Into::into)
    }

    /// The same studio with a test clock.
    pub async fn with_a_clock_that_stands(self) -> Self {
        let clock = Clock::manual(self.clock.now());
        let db = open(&place(&self.url), false).await.expect("the database opens");
        Self::over(db, clock, self.id, self.url.clone(), self.file.clone()).await
    }

    /// Moves the test clock.
    pub fn pass(&self, time: Duration) {
        self.hands().pass(time);
    }

    /// Sets the test clock without moving the uptime.
    pub fn set_clock(&self, to: Instant) {
        self.hands().set(to);
    }

    fn hands(&self) -> &ManualClock {
        let Clock::Manual(hands) = &self.clock else { panic!("this clock cannot be moved") };
        hands
    }

    /// Moves the test clock by weeks, and creates the occurrences that come into range.
    pub async fn lay_out_after(&self, weeks: u32) {
        self.pass(weeks * Duration::from_hours(7 * 24));
        ahead::lay_out_once(&self.app.db, &self.clock, &self.app.turns).await.expect("laid out");
    }

    /// Takes all read connections.
    pub async fn all_connections(&self) -> Vec<Tx> {
        let most = match &self.app.db {
            Db::Sqlite { snapshots, .. } => snapshots.options().get_max_connections(),
            Db::Postgres(connections) => connections.pool().options().get_max_connections(),
        };
        let mut taken = Vec::new();
        for _ in 0..most {
            taken.push(self.app.db.snapshot().await.expect("nothing keeps one for itself"));
        }
        taken
    }

    /// The URL of its database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Another studio of the same gateway.
    pub async fn neighbour(&self) -> StudioId {
        add_studio(&self.app.db, "neighbour", self.clock.now()).await
    }

    /// Creates a key.
    pub async fn key(&self, new: NewKey) -> Created {
        self.key_of(self.id, new).await
    }

    /// Creates a key of another studio.
    pub async fn key_of(&self, studio: StudioId, new: NewKey) -> Created {
        keys::create(&self.app.db, studio, new, "a test", self.clock.now()).await.expect("the key is made")
    }

    /// A client with a secret key with these scopes.
    pub async fn server(&self, scopes: &[Scope]) -> Client {
        self.server_of(self.id, scopes).await
    }

    /// The same for another studio.
    pub async fn server_of(&self, studio: StudioId, scopes: &[Scope]) -> Client {
        let key = self.key_of(studio, secret(scopes)).await;
        self.management_client().with_key(key.minted.reveal())
    }

    /// A browser on the studio's website.
    pub async fn website(&self) -> Client {
        self.website_of(self.id).await
    }

    /// A browser on another studio's website.
    pub async fn website_of(&self, studio: StudioId) -> Client {
        let key = self.key_of(studio, publishable()).await;
        self.storefront_client().with_key(key.minted.reveal())
    }

    /// A client of Management without a key.
    pub fn management_client(&self) -> Client {
        Client::of(self.management.clone())
    }

    /// A client of the Storefront without a key.
    pub fn storefront_client(&self) -> Client {
        Client::of(self.storefront.clone())
    }

    /// A client of the dashboard without a session.
    pub fn dashboard_client(&self) -> Client {
        Client::of(self.dashboard.clone())
    }

    /// A client of the Members surface without a session or a token.
    pub fn members_client(&self) -> Client {
        Client::of(self.members.clone())
    }

    /// A client of the shared port without a key.
    pub fn api_client(&self) -> Client {
        Client::of(self.api.clone())
    }
}

fn place(url: &str) -> DatabaseLocation {
    url.parse().expect("a database URL")
}

/// Creates a studio as `studio create` does, without an owner.
async fn add_studio(db: &Db, slug: &str, now: Instant) -> StudioId {
    let id = StudioId::new(now);
    let mut tx = db.begin().await.expect("a transaction");
    let text = "insert into studios (id, version, created_at, updated_at, slug, name, time_zone, currency, locale, contact, links, policies) \
        values ($1, 1, $2, $2, $3, 'Test Studio', 'Europe/Lisbon', 'EUR', 'en', '{}', '{}', '{}')";
    let statement = tx.on().query(text).bind(id).bind(now).bind(format!("{slug}-{id}"));
    statement.execute().await.expect("the studio is written");
    tx.commit().await.expect("committed");
    id
}

/// A secret key with these scopes.
pub fn secret(scopes: &[Scope]) -> NewKey {
    NewKey {
        name: "a server".into(),
        kind: KeyKind::Secret,
        used_by: None,
        scopes: scopes.iter().copied().collect(),
        origins: vec![],
        networks: vec![],
        rate_limit: 10_000,
        expires_in: None,
    }
}

/// A publishable key for any website.
pub fn publishable() -> NewKey {
    NewKey { name: "a website".into(), kind: KeyKind::Publishable, scopes: [].into_iter().collect(), ..secret(&[]) }
}

/// Polls until the condition holds, up to the promised time.
#[track_caller]
pub fn within(promised: Duration, mut is_so: impl AsyncFnMut() -> bool) -> impl Future<Output = Duration> {
    let asked_at = std::panic::Location::caller();
    async move {
        let start = Moment::now();
        while !is_so().await {
            assert!(start.elapsed() < promised, "not so within {promised:?}: asked at {asked_at}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        start.elapsed()
    }
}

/// Runs a test on SQLite and on PostgreSQL: `#[apply(on_both_engines!)]`.
macro_rules! on_both_engines {
    ($(#[$about:meta])* async fn $name:ident($studio:ident: Studio $(,)?) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "each promise takes what it needs")]
            use super::*;

            $(#[$about])*
            async fn promise($studio: $crate::support::studio::Studio) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                promise($crate::support::studio::Studio::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(studio) = $crate::support::studio::Studio::on_postgres().await {
                    promise(studio).await;
                }
            }
        }
    };
}
pub(crate) use on_both_engines;
