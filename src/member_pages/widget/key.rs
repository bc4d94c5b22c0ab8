//! The publishable key that a website brings to the widget.

use std::sync::Arc;

use crate::{
    access::{
        key::{KeyKind, PresentedKey},
        keyring::NotLookedUp,
        network::Network,
        origin::AllowedOrigin,
        rate::Exhausted,
        stored::LiveKey,
    },
    operation::app::App,
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

/// The key, while it may be used.
///
/// # Errors
/// Why it may not.
pub(super) async fn website_key(app: &App, text: &str, network: Network) -> Result<Arc<LiveKey>, Problem> {
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
    let found = found.ok_or_else(|| Problem::new(Code::UnknownKey, "This gateway knows no such key."))?;
    let now = app.clock.now();
    if found.stored.revoked_at.is_some() {
        return Err(Problem::new(Code::RevokedKey, "This key was revoked."));
    }
    if found.stored.expires_at.is_some_and(|end| end <= now) {
        return Err(Problem::new(Code::ExpiredKey, "This key has expired."));
    }
    Ok(found)
}

/// The key that a form brings, and the page's origin, which has to be one that the key names.
///
/// # Errors
/// Why the page may not show the widget.
pub(super) async fn website(
    app: &App,
    form: &Fields,
    network: Network,
) -> Result<(Arc<LiveKey>, AllowedOrigin), Problem> {
    let key = website_key(app, form.text("pk").unwrap_or_default(), network).await?;
    let wanted = form.text("origin").unwrap_or_default();
    let origin = key.stored.origins.iter().find(|origin| origin.as_str() == wanted).cloned().ok_or_else(|| {
        let detail =
            "This key does not allow the page's origin. Only origins that the key names may frame the sign-in widget.";
        Problem::new(Code::OriginNotAllowed, detail)
    })?;
    Ok((key, origin))
}
