//! What every request may use: the database, the memory of keys, the clock. Made once by `serve`, shared by all
//! listeners, and handed to handlers as axum's state.

use std::{ops::Deref, sync::Arc};

use ipnet::IpNet;

use super::task_runs::TaskRuns;
use crate::{
    access::{
        self, Access,
        answer_cache::AnswerCache,
        change_limits::ChangeLimits,
        credential_preflights::CredentialPreflights,
        deferred_use::DeferredUses,
        exposure::Exposures,
        github::GitHub,
        keyring::Keyring,
        member_sessions::{MemberSessions, pages::INVITATION},
        quarantine::REPORTS,
        rate::RateLimits,
        rates::{Rate, Rates},
        sessions::{Sessions, throttle::PasswordThrottle},
        shared_rates::{SharedRates, connection::Redis},
        signing_keys::SigningKeys,
        usage::Usage,
    },
    mail::{mailer::Mailer, outbox::OutboxSignal, quota::MailQuota, unsent_mails::UnsentMails},
    store::{
        admission::{Admission, Waits},
        clock::Clock,
        db::Db,
        error::StoreError,
        secret,
        signing_secret::SigningSecret,
        turns::Turns,
    },
    wire::cursor::CursorSeal,
};

/// The parts of a running gateway. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<AppParts>);

/// What an [`App`] is made of.
pub struct AppParts {
    /// The database.
    pub db: Db,
    /// What judging calls takes.
    pub access: Access,
    /// Who reads from the database and writes to it.
    pub admission: Arc<Admission>,
    /// Whose turn it is to write a studio's timetable.
    pub turns: Turns,
    /// The time.
    pub clock: Clock,
    /// What seals cursors.
    pub cursor_seal: CursorSeal,
    /// The bound of how many mails a studio sends.
    pub mail_quota: MailQuota,
    /// Notifies the task that sends mail.
    pub outbox_signal: OutboxSignal,
    /// The unsent mails, as they were counted last.
    pub unsent_mails: UnsentMails,
    /// How the background tasks fare.
    pub task_runs: TaskRuns,
    /// Where each surface is reached.
    pub urls: Urls,
    /// What the gateway encrypts with.
    pub signing_secret: SigningSecret,
}

impl Deref for App {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}

/// Where each surface is reached, as others know it: without a slash at the end, and known before the first request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    /// The Storefront.
    pub storefront: String,
    /// Management.
    pub management: String,
    /// The Members surface.
    pub members: String,
    /// The dashboard.
    pub studio: String,
}

impl Default for Urls {
    /// The default addresses.
    fn default() -> Self {
        let [storefront, management, members, studio] =
            [7604, 7605, 7606, 7607].map(|port| format!("http://127.0.0.1:{port}"));
        Self { storefront, management, members, studio }
    }
}

/// What differs from one gateway to another.
#[derive(Clone, Default)]
pub struct Options {
    /// The time.
    pub clock: Clock,
    /// Whether anything has a rate: keys, networks that ask for keys which do not exist, mail.
    pub rate_limits: bool,
    /// Where rates are shared with other instances; without it, each instance has its own.
    pub redis: Option<Redis>,
    /// Whether the answers to reads are kept while their rows do not change.
    pub answer_cache: bool,
    /// Whether the calls of keys are recorded. Only the benchmark that shows what that costs says no.
    pub activity: bool,
    /// The proxies that may name a client.
    pub trusted_proxies: Vec<IpNet>,
    /// The server that sends mail; without one, mail stays in the outbox.
    pub mailer: Option<Mailer>,
    /// How long requests wait for the database.
    pub waits: Waits,
    /// Where each surface is reached.
    pub urls: Urls,
    /// Takes reports of GitHub's secret scanning; without it, there are none.
    pub github: Option<GitHub>,
    /// What the gateway encrypts with.
    pub signing_secret: SigningSecret,
}

impl App {
    /// Puts the parts together, and the recorder of exposed keys and deferred uses, which somebody has to run.
    pub async fn new(db: Db, options: &Options) -> Result<(Self, impl Future<Output = ()> + Send + use<>), StoreError> {
        let Options {
            activity,
            answer_cache,
            clock,
            rate_limits,
            redis,
            trusted_proxies,
            mailer,
            waits,
            urls,
            github,
            signing_secret,
        } = options;
        let shared_rates = match redis {
            Some(redis) => SharedRates::new(redis.clone(), secret::kept(&db, "shared rates").await?, clock.clone()),
            None => SharedRates::default(),
        };
        let throttle = |of| PasswordThrottle::new(of, *rate_limits, shared_rates.clone());
        let calls = |of, calls_per_second| Rate { of, calls_per_second };
        let cursor_seal = CursorSeal(secret::kept(&db, "cursor seal").await?);
        let admission = Arc::new(Admission::new(&db, *waits));
        let keyring = Arc::new(Keyring::new(
            db.clone(),
            clock.clone(),
            *rate_limits,
            Arc::clone(&admission),
            shared_rates.clone(),
        ));
        let (exposures, recorder) = Exposures::new(Arc::clone(&keyring));
        let usage = Usage::new(*activity);
        let (deferred_uses, counter) = DeferredUses::new(Arc::clone(&keyring), usage.clone());
        let access = Access::from(access::AccessParts {
            clock: clock.clone(),
            admission: Arc::clone(&admission),
            answers: answer_cache.then(|| AnswerCache::new(db.clone(), clock.clone())),
            limits: RateLimits::new(*rate_limits, shared_rates.clone()),
            usage,
            keyring,
            deferred_uses,
            exposures,
            github: github.clone(),
            reports: Rates::new(REPORTS, *rate_limits, shared_rates.clone()),
            change_limits: ChangeLimits::new(*rate_limits),
            credential_preflights: CredentialPreflights::default(),
            sessions: Sessions::new(db.clone(), clock.clone(), &urls.studio, throttle("staff")),
            member_sessions: MemberSessions::new(db.clone(), clock.clone(), &urls.members, throttle("members")),
            signing_keys: SigningKeys::new(db.clone(), clock.clone(), signing_secret.clone()),
            member_rates: Rates::new(calls("member", 10), *rate_limits, shared_rates.clone()),
            // A calendar program asks a few times an hour; one network may ask for the calendars of many.
            calendar_rates: Rates::new(calls("calendar", 2), *rate_limits, shared_rates.clone()),
            calendar_network_rates: Rates::new(calls("network of calendars", 20), *rate_limits, shared_rates.clone()),
            shared_rates,
            trusted_proxies: trusted_proxies.clone(),
        });
        let app = Self(Arc::new(AppParts {
            access,
            mail_quota: MailQuota::new(*rate_limits && mailer.is_some()),
            turns: Turns::default(),
            admission,
            cursor_seal,
            outbox_signal: OutboxSignal::default(),
            unsent_mails: UnsentMails::default(),
            task_runs: TaskRuns::default(),
            urls: urls.clone(),
            signing_secret: signing_secret.clone(),
            clock: clock.clone(),
            db,
        }));
        Ok((app, async {
            tokio::join!(recorder, counter);
        }))
    }

    /// The page that an invitation's link leads to.
    pub fn invitation_page(&self) -> String {
        format!("{}{INVITATION}", self.urls.members)
    }
}
