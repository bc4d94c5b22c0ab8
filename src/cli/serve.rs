//! `serve`: opens the database, binds all listeners, and serves until it is stopped. `demo` does the same with a new database.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{Done, Failure, database};
use crate::{
    access::{
        github::GitHub,
        shared_rates::{
            RedisUrl,
            connection::{ANSWER_TIMEOUT, Redis},
        },
        signing_keys,
        surface::Surface,
    },
    config::{ApiAddresses, PublicUrl, Secret, Serving, SharedOptions, Switch},
    mail::mailer::{Mailer, TIMEOUT},
    operation::app::{App, Options, Urls},
    server::{
        self, Limits, MIN_OPEN_FILES, Metrics, Server, Socket, ops, raise_file_limit, signal,
        traces::{Exporting, Traces, collector::Collector},
    },
    signin::second_factor::unscoped::count_sealed_otherwise,
    store::{
        clock::Clock,
        db::Db,
        error::StoreError,
        migrate::SchemaChanges,
        open::{DatabaseLocation, OpenMode, OpenedDatabase, lock_for_server, open_with, write_stamp},
        signing_secret::SigningSecret,
    },
    surfaces::guarded,
};

/// The longest shutdown, from the signal on. The documented limit is 25 seconds.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(24_500);
/// How long the last counters are tried to be written, from the signal on.
const LAST_WRITE_LIMIT: Duration = Duration::from_secs(24);
/// The pause before the next try.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// The timeout for closing the database.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs it.
pub async fn run(shared: &SharedOptions, settings: Serving) -> Done {
    refuse_unprotected(&settings)?;
    refuse_few_files()?;
    let location = database::location(shared)?;
    let schema = SchemaChanges {
        create: settings.no_create != Some(Switch::On),
        upgrade: settings.no_migrate != Some(Switch::On),
    };
    let _held = lock_for_server(&location, schema.create)?;
    let OpenedDatabase { db, is_new } = open_with(&location, OpenMode { write: true, serve: true, schema }).await?;
    if is_new {
        tracing::warn!(
            "created a new database at {}: it has no studio and no keys. If it should have, stop this server and check --database; \
            with --no-create the server uses existing databases only",
            location.shown()
        );
    }
    let secret = signing_secret(&settings, &location, &db).await?;
    serve(db, settings, secret, |_| Ok(())).await
}

/// The signing secret from the settings, or from the file beside a SQLite database. Without one the server runs all the same.
///
/// # Errors
/// When the setting is too short.
pub async fn signing_secret(
    settings: &Serving,
    location: &DatabaseLocation,
    db: &Db,
) -> Result<SigningSecret, Failure> {
    let name = settings.given.name("signing_secret");
    signing_secret_of(settings.signing_secret.as_ref(), &name, location, db).await
}

/// The same with a secret that was set under this name, for commands.
///
/// # Errors
/// When it is too short.
pub async fn signing_secret_of(
    set: Option<&Secret>,
    name: &str,
    location: &DatabaseLocation,
    db: &Db,
) -> Result<SigningSecret, Failure> {
    if let Some(secret) = set {
        return SigningSecret::set(secret.reveal()).map_err(|lack| Failure::usage(format!("{name} {lack}")));
    }
    match location {
        DatabaseLocation::File(path) => {
            // What another secret has encrypted; an empty id is nobody's.
            let seals_codes = count_sealed_otherwise(db.read(), "").await? > 0;
            let is_in_use = seals_codes || !signing_keys::unscoped::list(db.read()).await?.is_empty();
            Ok(SigningSecret::beside(path, is_in_use))
        }
        DatabaseLocation::Server(_) => Ok(SigningSecret::default()),
    }
}

/// Refuses to start with a file limit that is too low to accept connections.
pub fn refuse_few_files() -> Done {
    let files = raise_file_limit();
    if files >= MIN_OPEN_FILES {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "this process may open only {files} files, and a server needs at least {MIN_OPEN_FILES}: raise the limit, for example with `ulimit -n`"
    )))
}

/// Refuses addresses that other machines can reach without TLS, unless a setting allows it.
pub fn refuse_unprotected(settings: &Serving) -> Done {
    let Some(address) = settings.unprotected_address() else { return Ok(()) };
    Err(Failure::usage(format!(
        "{address} can be reached from other machines, and keys would be sent there unencrypted. Name the proxy that terminates \
        TLS with --trusted-proxies, or allow plain HTTP with --plain-http"
    )))
}

/// Serves all surfaces until the process is stopped; `ready` runs once they accept.
pub async fn serve(
    db: Db,
    settings: Serving,
    signing_secret: SigningSecret,
    ready: impl FnOnce(&Urls) -> Done,
) -> Done {
    let listeners = Listeners::bind(&settings)?;
    let metrics = Metrics::new();
    let (traces, exporting) = traces(&settings, &metrics)?.unzip();
    let mailer =
        settings.smtp_url.as_ref().map(|url| Mailer::new(url, settings.smtp_from.as_ref(), TIMEOUT)).transpose();
    let options = Options {
        github: github(&settings)?,
        redis: redis(&settings).await?,
        mailer: mailer.map_err(|error| Failure::usage(format!("{}: {error}", settings.given.name("smtp_url"))))?,
        activity: true,
        answer_cache: settings.answer_cache != Some(Switch::Off),
        rate_limits: settings.rate_limits != Some(Switch::Off),
        trusted_proxies: settings.trusted_proxies.iter().flatten().map(|network| network.0).collect(),
        urls: listeners.urls(&settings),
        signing_secret,
        ..Options::default()
    };
    if let Err(error) = write_stamp(&db).await {
        tracing::warn!(%error, "cannot stamp the database file: a server will notice a moved or replaced file, but not an overwritten one");
    }
    let (app, tasks) = server::start(db, options).await?;
    let mut server = Server::behind_proxies(&app.access.trusted_proxies, Limits::default(), metrics.clone())
        .watching(app.db.file_watch())
        .tracing(traces);
    listeners.serve(&mut server, &app, &settings, &metrics);
    // Before the first line is printed: a script that reads it may stop the server at once.
    let terminated = signal::terminated();
    signal::ignore_hangups();
    let (mut result, mut stopped_at) = (Ok(()), Instant::now());
    let until_stopped = async {
        result = ready(&app.urls);
        if result.is_ok() {
            terminated.await;
        }
        stopped_at = Instant::now();
        exit_at_limit(i32::from(result.is_err()));
    };
    server.run(until_stopped).await;
    finish(&app, tasks, exporting, stopped_at + LAST_WRITE_LIMIT).await;
    result
}

/// Connects to Redis, if the settings name one and rates are not off. A server that does not answer is no reason not to start.
///
/// # Errors
/// When the URL is not one, or its login is refused.
async fn redis(settings: &Serving) -> Result<Option<Redis>, Failure> {
    let is_on = settings.rate_limits != Some(Switch::Off);
    let Some(url) = settings.redis_url.as_ref().filter(|_| is_on) else { return Ok(None) };
    let name = settings.given.name("redis_url");
    let url = RedisUrl::parse(url.reveal()).map_err(|error| Failure::usage(format!("{name} {error}")))?;
    let opened = Redis::open(url, ANSWER_TIMEOUT).await;
    opened.map(Some).map_err(|failure| Failure::refused(format!("cannot use Redis ({name}): {failure}")))
}

/// Starts to export traces, if the settings name a collector. One that does not answer is no reason not to start.
///
/// # Errors
/// When the address is not one, or a variable of OpenTelemetry's exporter has a value that it does not take.
fn traces(settings: &Serving, metrics: &Metrics) -> Result<Option<(Traces, Exporting)>, Failure> {
    let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
    let name = settings.given.name("otlp_endpoint");
    let collector = Collector::parse(endpoint.reveal()).map_err(|error| Failure::usage(format!("{name} {error}")))?;
    let share = settings.otlp_sample.map_or(1.0, |ratio| ratio.0);
    let started = Traces::start(collector, share, metrics);
    started.map(Some).map_err(|error| Failure::usage(format!("traces cannot be exported: {error}")))
}

/// Takes GitHub's reports, if the settings say so.
fn github(settings: &Serving) -> Result<Option<GitHub>, Failure> {
    let refused = |error: &dyn std::fmt::Display| {
        Failure::usage(format!("{}: {error}", settings.given.name("github_public_keys_url")))
    };
    let keys_at = settings.github_public_keys().map_err(|error| refused(&error))?;
    let github = keys_at.map(|keys_at| GitHub::new(&keys_at, Clock::default())).transpose();
    github.map_err(|error| refused(&error))
}

/// Writes what the finished requests counted and reported, exports their last spans, and closes the database. A database that is busy
/// or silent delays the shutdown up to its limit, and is not an error; so does a collector for three seconds.
async fn finish(app: &App, tasks: JoinSet<()>, exporting: Option<Exporting>, latest: Instant) {
    let export = async {
        if let Some(exporting) = exporting {
            exporting.finish().await;
        }
    };
    let write = async { tokio::join!(app.access.exposures.written(), write_usage(app), export) };
    let in_time = timeout_at(latest, write).await.is_ok();
    let (calls, exposures) = (app.access.usage.unwritten(), app.access.exposures.waiting());
    if calls > 0 || exposures > 0 {
        tracing::error!(
            calls,
            exposures,
            "lost the last counters: the database did not accept them before the shutdown limit"
        );
    }
    drop(tasks);
    // Writes that still run hold a connection.
    if in_time && timeout(CLOSE_TIMEOUT, app.db.close()).await.is_err() {
        tracing::warn!("timeout while closing the database");
    }
}

/// Writes the last counters of calls; tries again while the database is unavailable.
async fn write_usage(app: &App) {
    let mut is_first = true;
    while let Err(error) = app.access.usage.write(&app.db).await {
        // A database file that was moved will not come back during the shutdown.
        let is_gone = app.db.file_watch().is_some_and(|file| !file.was_intact());
        if is_gone || matches!(error, StoreError::Broken(_)) {
            tracing::error!(%error, "cannot write the last usage counters");
            return;
        }
        if is_first {
            tracing::warn!(%error, "the last usage counters are not written yet; trying again until the shutdown limit");
        }
        is_first = false;
        sleep(RETRY_DELAY).await;
    }
}

/// Ends the process at the shutdown limit, even if a task blocks its thread.
fn exit_at_limit(code: i32) {
    std::thread::spawn(move || {
        std::thread::sleep(SHUTDOWN_LIMIT);
        tracing::error!("shutdown limit reached: ending the process with tasks still running");
        std::process::exit(code);
    });
}

/// The bound listeners of all surfaces, in the order in which they are announced.
struct Listeners(Vec<(Surface, Socket)>);

impl Listeners {
    fn bind(settings: &Serving) -> Result<Self, Failure> {
        let mut wanted = match settings.api() {
            ApiAddresses::Separate { storefront, management } => {
                vec![(Surface::Storefront, storefront), (Surface::Management, management)]
            }
            ApiAddresses::Shared(address) => vec![(Surface::Api, address)],
        };
        wanted.extend([
            (Surface::Members, settings.members()),
            (Surface::Studio, settings.studio()),
            (Surface::Ops, settings.ops()),
        ]);
        let bind = |(surface, address)| match Socket::bind(address) {
            Ok(socket) => Ok((surface, socket)),
            Err(error) => Err(listen_error(surface, address, settings, &error)),
        };
        wanted.into_iter().map(bind).collect::<Result<_, _>>().map(Self)
    }

    /// The URL of each surface, with its actual port.
    fn urls(&self, settings: &Serving) -> Urls {
        let url = |surface| {
            let (_, socket) = self.0.iter().find(|(bound, _)| *bound == surface)?;
            Some(base_url(socket.addr(), public_url(surface, settings)))
        };
        let or_shared = |surface| url(surface).or_else(|| url(Surface::Api)).unwrap_or_default();
        let [storefront, management, members, studio] =
            [Surface::Storefront, Surface::Management, Surface::Members, Surface::Studio].map(or_shared);
        Urls { storefront, management, members, studio }
    }

    /// Starts every surface. Surfaces without docs pages link to Management's.
    fn serve(self, server: &mut Server, app: &App, settings: &Serving, metrics: &Metrics) {
        for (surface, socket) in self.0 {
            if public_url(surface, settings).is_some_and(|url| url.as_str().starts_with("https://")) {
                server.mark_https(surface);
            }
            let documented = if surface == Surface::Storefront { &app.urls.storefront } else { &app.urls.management };
            let docs = format!("{documented}/docs");
            if surface == Surface::Ops {
                let pages = ops::pages(app.clone(), server.accepting(), metrics.clone());
                server.listen_on(surface, socket, docs, pages);
            } else {
                let guard = guarded(surface, app);
                server.know_routes(surface, guard.shared_listener());
                server.listen_on(surface, socket, docs, guard);
            }
        }
    }
}

/// The public URL from the settings.
fn public_url(surface: Surface, settings: &Serving) -> Option<&PublicUrl> {
    match surface {
        Surface::Storefront => settings.public_storefront_url.as_ref(),
        Surface::Management => settings.public_management_url.as_ref(),
        Surface::Api => settings.public_api_url.as_ref(),
        Surface::Members => settings.public_members_url.as_ref(),
        Surface::Studio => settings.public_studio_url.as_ref(),
        Surface::Ops => None,
    }
}

/// Where a surface with an API is reached, as the settings have it.
pub fn public_address(surface: Surface, settings: &Serving) -> String {
    let (listener, bound) = match (surface, settings.api()) {
        (Surface::Members, _) => (surface, settings.members()),
        (_, ApiAddresses::Shared(both)) => (Surface::Api, both),
        (Surface::Storefront, ApiAddresses::Separate { storefront, .. }) => (surface, storefront),
        (_, ApiAddresses::Separate { management, .. }) => (surface, management),
    };
    base_url(bound, public_url(listener, settings))
}

/// The public URL, or the listener's address.
fn base_url(bound: SocketAddr, public: Option<&PublicUrl>) -> String {
    public.map_or_else(|| format!("http://{bound}"), |url| url.as_str().to_owned())
}

fn listen_error(surface: Surface, address: SocketAddr, settings: &Serving, error: &io::Error) -> Failure {
    let name = surface.name();
    let setting = settings.given.name(&format!("{name}_addr"));
    let advice = match error.kind() {
        ErrorKind::AddrInUse => ". Another server may use it: stop that, or choose another port",
        ErrorKind::AddrNotAvailable => ". This machine has no such address",
        _ => "",
    };
    Failure::refused(format!("cannot listen on {address} for the {name} surface ({setting}): {error}{advice}"))
}
