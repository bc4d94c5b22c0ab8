//! `serve`: opens the database, puts every surface behind its listener, and serves until it is told to stop. `demo`
//! does the same with a database of its own.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{Done, Failure, opened};
use crate::{
    access::surface::Surface,
    config::{ApiAddresses, PublicUrl, Serving, SharedOptions, Switch},
    mail::mailer::{Mailer, TIMEOUT},
    operation::app::{App, Options, Urls},
    server::{self, FEWEST_FILES, Limits, Metrics, Server, Socket, ops, raise_file_limit, signal},
    store::{
        db::Db,
        error::StoreError,
        file_stamp::write_stamp,
        migrate::SchemaChanges,
        open::{OpenMode, Opened, hold, open_with},
    },
    surfaces::guarded,
};

/// How long the end may take, from the signal on. What is promised is 25 seconds.
const LATEST: Duration = Duration::from_millis(24_500);
/// How long what is still in memory is tried to be written, from the signal on.
const LAST_WRITE: Duration = Duration::from_secs(24);
/// The rest before it is tried again.
const REST: Duration = Duration::from_millis(500);
/// How long closing the database may take.
const CLOSING: Duration = Duration::from_secs(2);

/// Runs it.
pub async fn run(shared: &SharedOptions, settings: Serving) -> Done {
    refuse_exposed(&settings)?;
    refuse_few_files()?;
    let place = opened::place(shared)?;
    let schema = SchemaChanges {
        create: settings.no_create != Some(Switch::On),
        upgrade: settings.no_migrate != Some(Switch::On),
    };
    let _held = hold(&place, schema.create)?;
    let Opened { db, is_new } = open_with(&place, OpenMode { write: true, schema }).await?;
    if is_new {
        tracing::warn!(
            "made a new database at {}: there is no studio in it, and no key opens anything. If there should be, stop this \
server and look where the database is; --no-create serves only what is there",
            place.shown()
        );
    }
    serve(db, settings, |_| Ok(())).await
}

/// Refuses to start with fewer files than a server needs to accept anybody.
pub fn refuse_few_files() -> Done {
    let files = raise_file_limit();
    if files >= FEWEST_FILES {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "this process may open {files} files, and a server needs at least {FEWEST_FILES}: raise the limit, as with `ulimit -n`"
    )))
}

/// Refuses addresses that others reach, where keys would travel unencrypted, unless that is meant.
pub fn refuse_exposed(settings: &Serving) -> Done {
    let Some(address) = settings.exposed() else { return Ok(()) };
    Err(Failure::usage(format!(
        "{address} can be reached from other machines, and keys would travel there unencrypted. Name the proxy that ends \
TLS with --trusted-proxies, or accept plain HTTP with --plain-http"
    )))
}

/// Serves all surfaces until the process is told to end; `ready` runs once they accept.
pub async fn serve(db: Db, settings: Serving, ready: impl FnOnce(&Urls) -> Done) -> Done {
    let listeners = Listeners::bind(&settings)?;
    let mailer =
        settings.smtp_url.as_ref().map(|url| Mailer::new(url, settings.smtp_from.as_ref(), TIMEOUT)).transpose();
    let options = Options {
        mailer: mailer.map_err(|error| Failure::usage(format!("{}: {error}", settings.given.name("smtp_url"))))?,
        rate_limits: settings.rate_limits != Some(Switch::Off),
        trusted_proxies: settings.trusted_proxies.iter().flatten().map(|network| network.0).collect(),
        urls: listeners.urls(&settings),
        ..Options::default()
    };
    if let Err(error) = write_stamp(&db).await {
        tracing::warn!(%error, "the database file is not marked: that it is written over is noticed by its place alone");
    }
    let (app, tasks) = server::start(db, options).await?;
    let metrics = Metrics::new();
    let mut server =
        Server::behind(&app.access.trusted_proxies, Limits::default(), metrics.clone()).watching(app.db.file_watch());
    listeners.serve(&mut server, &app, &settings, &metrics);
    // Awaited from before the first line is printed: who reads that line may end us at once.
    let terminated = signal::terminated();
    signal::outlive_hangups();
    let (mut told, mut told_at) = (Ok(()), Instant::now());
    let until_told = async {
        told = ready(&app.urls);
        if told.is_ok() {
            terminated.await;
        }
        told_at = Instant::now();
        end_at_the_latest(i32::from(told.is_err()));
    };
    server.run(until_told).await;
    finish(&app, tasks, told_at + LAST_WRITE).await;
    told
}

/// Every request is done, so what they counted and reported is complete: writes it, and closes the database. A database
/// that is busy or silent holds up the end for as long as there is time, and is no reason to say that serving failed.
async fn finish(app: &App, tasks: JoinSet<()>, latest: Instant) {
    let write = async { tokio::join!(app.access.exposures.written(), write_usage(app)) };
    let in_time = timeout_at(latest, write).await.is_ok();
    let (calls, exposures) = (app.access.usage.unwritten(), app.access.exposures.waiting());
    if calls > 0 || exposures > 0 {
        tracing::error!(calls, exposures, "the database did not take what was still to be written: it is lost");
    }
    drop(tasks);
    // What is still being written holds its connection.
    if in_time && timeout(CLOSING, app.db.close()).await.is_err() {
        tracing::warn!("the database was not closed in time");
    }
}

/// Writes the last calls that were counted; again and again where the database is only away.
async fn write_usage(app: &App) {
    let mut is_first = true;
    while let Err(error) = app.access.usage.write(&app.db).await {
        // A file that was taken away does not come back while its server ends.
        let is_gone = app.db.file_watch().is_some_and(|file| !file.was_intact());
        if is_gone || matches!(error, StoreError::Broken(_)) {
            tracing::error!(%error, "the last usage cannot be written");
            return;
        }
        if is_first {
            tracing::warn!(%error, "the last usage is not written yet; trying again for as long as there is time");
        }
        is_first = false;
        sleep(REST).await;
    }
}

/// Draining is bounded, and so is what comes after it: whatever holds a runtime's thread, this one ends the process.
fn end_at_the_latest(code: i32) {
    std::thread::spawn(move || {
        std::thread::sleep(LATEST);
        tracing::error!("something did not end with the rest; it is cut");
        std::process::exit(code);
    });
}

/// The listeners of all surfaces, in the order in which they are announced.
struct Listeners(Vec<(Surface, Socket)>);

impl Listeners {
    fn bind(settings: &Serving) -> Result<Self, Failure> {
        let mut wanted = match settings.api() {
            ApiAddresses::Apart { storefront, management } => {
                vec![(Surface::Storefront, storefront), (Surface::Management, management)]
            }
            ApiAddresses::Together(address) => vec![(Surface::Api, address)],
        };
        wanted.extend([
            (Surface::Members, settings.members()),
            (Surface::Studio, settings.studio()),
            (Surface::Ops, settings.ops()),
        ]);
        let bind = |(surface, address)| match Socket::bind(address) {
            Ok(socket) => Ok((surface, socket)),
            Err(error) => Err(not_bound(surface, address, settings, &error)),
        };
        wanted.into_iter().map(bind).collect::<Result<_, _>>().map(Self)
    }

    /// Where each surface is reached, with the ports that they were given.
    fn urls(&self, settings: &Serving) -> Urls {
        let url = |surface| {
            let (_, socket) = self.0.iter().find(|(bound, _)| *bound == surface)?;
            Some(based(socket.addr(), public_url(surface, settings)))
        };
        let or_shared = |surface| url(surface).or_else(|| url(Surface::Api)).unwrap_or_default();
        let [storefront, management, members, studio] =
            [Surface::Storefront, Surface::Management, Surface::Members, Surface::Studio].map(or_shared);
        Urls { storefront, management, members, studio }
    }

    /// Puts every surface behind its listener. Surfaces without docs pages of their own point to those of Management.
    fn serve(self, server: &mut Server, app: &App, settings: &Serving, metrics: &Metrics) {
        for (surface, socket) in self.0 {
            if public_url(surface, settings).is_some_and(|url| url.as_str().starts_with("https://")) {
                server.reached_by_https(surface);
            }
            let documented = if surface == Surface::Storefront { &app.urls.storefront } else { &app.urls.management };
            let docs = format!("{documented}/docs");
            if surface == Surface::Ops {
                let pages = ops::pages(app.clone(), server.accepting(), metrics.clone());
                server.listen_on(surface, socket, docs, pages);
            } else {
                server.listen_on(surface, socket, docs, guarded(surface, app));
            }
        }
    }
}

/// The address of a surface as the setting names it.
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

/// A surface's address as others know it.
fn based(bound: SocketAddr, public: Option<&PublicUrl>) -> String {
    public.map_or_else(|| format!("http://{bound}"), |url| url.as_str().to_owned())
}

fn not_bound(surface: Surface, address: SocketAddr, settings: &Serving, error: &io::Error) -> Failure {
    let name = surface.name();
    let setting = settings.given.name(&format!("{name}_addr"));
    let advice = match error.kind() {
        ErrorKind::AddrInUse => ". Another server may still run there: stop it, or name another port",
        ErrorKind::AddrNotAvailable => ". This machine has no such address",
        _ => "",
    };
    Failure::refused(format!("cannot listen on {address} for the {name} surface ({setting}): {error}{advice}"))
}
