//! The publishable key that a website brings to the widget. Each call with it is counted as a use of the key, like one of the
//! Storefront: in memory, and written about once a second.

use std::sync::Arc;

use crate::{
    access::{
        key::{KeyKind, PresentedKey},
        keyring::NotLookedUp,
        member_sessions::pages::PageVisit,
        network::Network,
        origin::AllowedOrigin,
        rate::Exhausted,
        stored::LiveKey,
        usage::{KeyUse, UseOutcome},
    },
    operation::app::App,
    store::instant::Instant,
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

/// The key, while it may be used.
///
/// # Errors
/// Why it may not.
pub(super) async fn website_key(app: &App, text: &str, visit: PageVisit) -> Result<Arc<LiveKey>, Problem> {
    let key = look_up(app, text, visit.network).await?;
    let now = app.clock.now();
    counted(app, &key, (visit, now), is_current(&key, now))?;
    Ok(key)
}

/// The key that a form brings, and the page's origin, which has to be one that the key names.
///
/// # Errors
/// Why the page may not show the widget.
pub(super) async fn website(
    app: &App,
    form: &Fields,
    visit: PageVisit,
) -> Result<(Arc<LiveKey>, AllowedOrigin), Problem> {
    let key = look_up(app, form.text("pk").unwrap_or_default(), visit.network).await?;
    let now = app.clock.now();
    let allowed = is_current(&key, now).and_then(|()| allowed(&key, form.text("origin").unwrap_or_default()));
    let origin = counted(app, &key, (visit, now), allowed)?;
    Ok((key, origin))
}

async fn look_up(app: &App, text: &str, network: Network) -> Result<Arc<LiveKey>, Problem> {
    let malformed = || Problem::new(Code::MalformedKey, "`pk` is not a whole publishable key. Copy the key again.");
    let key = PresentedKey::parse(text).map_err(|_| malformed())?;
    if key.kind() != KeyKind::Publishable {
        return Err(malformed());
    }
    let found = app.access.keyring.look_up(&key.claim(), network).await.map_err(|refused| match refused {
        NotLookedUp::Failed(problem) => problem,
        NotLookedUp::Flood(Exhausted { wait }) => {
            let detail = "Too many unknown keys came from this network. Keys in use keep working.";
            Problem::new(Code::RateLimited, detail).with_retry_after(wait)
        }
    })?;
    found.ok_or_else(|| Problem::new(Code::UnknownKey, "This gateway knows no such key."))
}

fn is_current(key: &LiveKey, now: Instant) -> Result<(), Problem> {
    if key.stored.revoked_at.is_some() {
        return Err(Problem::new(Code::RevokedKey, "This key was revoked."));
    }
    if key.stored.expires_at.is_some_and(|end| end <= now) {
        return Err(Problem::new(Code::ExpiredKey, "This key has expired."));
    }
    Ok(())
}

fn allowed(key: &LiveKey, wanted: &str) -> Result<AllowedOrigin, Problem> {
    key.stored.origins.iter().find(|origin| origin.as_str() == wanted).cloned().ok_or_else(|| {
        let detail =
            "This key does not allow the page's origin. Only origins that the key names may frame the sign-in widget.";
        Problem::new(Code::OriginNotAllowed, detail)
    })
}

/// Counts a use of the key, whatever became of it.
fn counted<T>(
    app: &App,
    key: &LiveKey,
    (visit, now): (PageVisit, Instant),
    judged: Result<T, Problem>,
) -> Result<T, Problem> {
    let PageVisit { operation, network } = visit;
    let outcome = match &judged {
        Ok(_) => UseOutcome::Admitted,
        Err(problem) => UseOutcome::Refused(problem.code()),
    };
    app.access.usage.count(key.stored.id, KeyUse { operation, outcome, network }, now);
    judged
}
