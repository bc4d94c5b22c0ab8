//! Authorization: may this call reach its handler? A pure function that checks in the contract's order and returns the first
//! refusal. It has no HTTP types and reads no database: if a key is not cached, it says so, and is called again with the key; if
//! its rate is shared, it says so, and is called again with what was left of it.
//! The guard calls it for every request, `explain` for one.

use std::{borrow::Cow, sync::Arc};

use super::{
    call::{AccessState, CachedKey, Call, Credential, Decision, Refusal, Step},
    caller::KeyCaller,
    cost::cost,
    key::{KeyKind, PresentedKey},
    listener::Listener,
    network::Network,
    rate::{Exhausted, Quota},
    stored::LiveKey,
    surface::Surface,
    table::{Lookup, Table},
};
use crate::wire::problem::{Code, Problem};

/// Decides about a call. Allocates nothing when it admits.
pub fn admit<S>(call: &Call<'_>, listener: &Listener<S>, state: &impl AccessState) -> Decision {
    match credential(call, listener.surface).and_then(form).and_then(|key| browser(call, key)) {
        Ok(key) => match listener.table(key.kind()) {
            Some(table) => stored(call, table, key, state),
            None => wrong_kind(key.kind()),
        },
        Err(verdict) => verdict,
    }
}

fn credential<'c>(call: &Call<'c>, surface: Surface) -> Result<&'c str, Decision> {
    if url_contains_key(call, surface) {
        return Err(Refusal::at(
            Step::Credential,
            Code::MalformedRequest,
            "The URL contains a key, and logs and browser histories keep URLs. Send it as `Authorization: Bearer <key>`; if it is a secret key, revoke it.",
        ));
    }
    match call.credential {
        Credential::Bearer(text) => Ok(text),
        Credential::Missing => Err(Refusal::at(
            Step::Credential,
            Code::MissingKey,
            "Every call needs a key: send `Authorization: Bearer <key>`.",
        )),
        Credential::Several => Err(Refusal::at(
            Step::Credential,
            Code::MalformedRequest,
            "There is more than one `Authorization` header. Send one.",
        )),
        Credential::Unreadable => Err(malformed_key()),
    }
}

/// How often a URL may be percent-encoded: once by the client, again by each program that forwarded it.
const ENCODINGS: usize = 3;

/// Whether a URL contains the start of a key, plain or percent-encoded, where none is allowed.
pub(super) fn url_contains_key(call: &Call<'_>, surface: Surface) -> bool {
    let refuses_publishable = !surface.takes_key_in_query(call.path);
    let has = |text: &str| text.contains("flow_sk_") || (refuses_publishable && text.contains("flow_pk_"));
    let shows = |part: &str| {
        let mut part = Cow::Borrowed(part);
        for _ in 0..ENCODINGS {
            if has(&part) || !part.contains('%') {
                break;
            }
            part = Cow::Owned(percent_encoding::percent_decode_str(&part).decode_utf8_lossy().into_owned());
        }
        has(&part)
    };
    shows(call.path) || shows(call.query)
}

fn form(text: &str) -> Result<PresentedKey<'_>, Decision> {
    PresentedKey::parse(text).map_err(|_| malformed_key())
}

fn malformed_key() -> Decision {
    Refusal::at(
        Step::Form,
        Code::MalformedKey,
        "The credential is not a whole Flow key: its form or its checksum is wrong. Copy the key again.",
    )
}

fn browser<'c>(call: &Call<'_>, key: PresentedKey<'c>) -> Result<PresentedKey<'c>, Decision> {
    if key.kind() == KeyKind::Secret && (call.origin.is_some() || call.has_fetch_metadata) {
        return Err(Refusal::at(
            Step::Browser,
            Code::SecretKeyInBrowser,
            "A secret key came with a browser's headers (`Origin` or `Sec-Fetch-Site`). If it stands in a page or an app, it is public: revoke it, use a publishable key there, and call Management from your own server. If your server only forwards a browser's headers, drop them.",
        ));
    }
    Ok(key)
}

fn wrong_kind(kind: KeyKind) -> Decision {
    Refusal::at(
        Step::Surface,
        Code::WrongKeyKind,
        match kind {
            KeyKind::Publishable => {
                "Management takes secret keys (`flow_sk_…`) from servers; a publishable key reads the Storefront."
            }
            KeyKind::Secret => {
                "The Storefront takes publishable keys (`flow_pk_…`); keep the secret key for Management."
            }
        },
    )
}

fn stored(call: &Call<'_>, table: &Table, presented: PresentedKey<'_>, state: &impl AccessState) -> Decision {
    let unknown = || {
        Refusal::at(
            Step::Stored,
            Code::UnknownKey,
            "This gateway knows no such key. Check that it was copied whole, and from this gateway.",
        )
    };
    let claim = presented.claim();
    let key = match state.cached(&claim) {
        CachedKey::NotLoaded => return Decision::NeedsLookup(claim),
        CachedKey::Absent => return unknown(),
        CachedKey::Found(key) => key,
    };
    let stored = &key.stored;
    // A caller with a wrong secret part must not learn anything about the key, not even that it was revoked.
    if stored.kind != presented.kind() || stored.fingerprint != claim.fingerprint {
        return unknown();
    }
    let problem = if stored.revoked_at.is_some() {
        Problem::new(
            Code::RevokedKey,
            "This key was revoked. Use its replacement, or ask the studio's owner for a new key.",
        )
    } else if stored.is_expired(state.now()) {
        Problem::new(Code::ExpiredKey, "This key has expired. Ask the studio's owner for a new one.")
    } else {
        return bounds(call, table, key, state);
    };
    // A revoked or expired key has no rate left to report.
    Decision::Refused(Box::new(Refusal { step: Step::Stored, problem, key: Some(key), quota: None }))
}

fn bounds(call: &Call<'_>, table: &Table, key: Arc<LiveKey>, state: &impl AccessState) -> Decision {
    let problem = match key.stored.kind {
        KeyKind::Publishable if call.origin.is_some_and(|origin| !key.stored.allows_origin(origin)) => Problem::new(
            Code::OriginNotAllowed,
            "This key does not serve the page's origin. Make a key that allows it, or call from an origin that this key allows.",
        ),
        KeyKind::Secret if !key.stored.allows_address(call.client) => {
            Problem::new(Code::NetworkNotAllowed, "This key may not be used from the client's network.")
        }
        _ => return rate(call, table, key, state),
    };
    // Read, not taken: a caller that may not use the key must not use up its rate.
    let quota = state.left(&key, Network::of(call.client));
    Decision::Refused(Box::new(Refusal { step: Step::Bounds, problem, key: Some(key), quota }))
}

fn rate(call: &Call<'_>, table: &Table, key: Arc<LiveKey>, state: &impl AccessState) -> Decision {
    let cost = cost(call.method, call.path, call.query);
    if state.shares_rates() {
        return Decision::NeedsRate(key, cost);
    }
    match state.spend(&key, Network::of(call.client), cost) {
        Ok(quota) => operation(call, table, key, quota, cost),
        Err(Exhausted { wait }) => {
            let problem =
                Problem::new(Code::RateLimited, "This key's rate is used up. Wait as long as `Retry-After` says.")
                    .with_retry_after(wait);
            // Fewer requests than this call costs may still be left.
            let remaining = state.left(&key, Network::of(call.client)).map_or(0, |left| left.remaining);
            let quota = Some(Quota { remaining, reset: i64::from(wait) });
            Decision::Refused(Box::new(Refusal { step: Step::Rate, problem, key: Some(key), quota }))
        }
    }
}

fn operation(call: &Call<'_>, table: &Table, key: Arc<LiveKey>, quota: Option<Quota>, cost: u32) -> Decision {
    let (step, problem) = match table.find(call.method, call.path) {
        Lookup::Operation(rule) => match rule.needs {
            Some(scope) if !key.stored.scopes.has(scope) => (Step::Scope, lacks(scope.name())),
            _ => {
                let caller = KeyCaller::admitted(key, rule, Network::of(call.client), cost);
                return Decision::Admitted { caller, quota };
            }
        },
        Lookup::OtherMethods { allow, list } => (Step::Operation, takes_other_methods(list).with_allow(allow)),
        Lookup::Nothing => (
            Step::Operation,
            Problem::new(Code::UnknownOperation, "No operation has this path. See the docs pages for the list."),
        ),
    };
    Decision::Refused(Box::new(Refusal { step, problem, key: Some(key), quota }))
}

fn takes_other_methods(list: Option<&str>) -> Problem {
    let detail = "This path does not support this method; `Allow` lists those that it supports.";
    let read = list.map(|list| format!("{detail} To read one row, filter its list: `GET {list}?id=…`."));
    Problem::new(Code::MethodNotAllowed, read.map_or(detail.into(), Cow::Owned))
}

fn lacks(scope: &'static str) -> Problem {
    Problem::new(
        Code::InsufficientScope,
        format!("This operation needs the scope `{scope}`, which this key does not have. Use a key that has it."),
    )
    .with_required_scope(scope)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method, Uri};

    use super::*;

    #[test]
    fn a_publishable_key_may_stand_in_the_url_of_the_widgets_page_alone() {
        let shows = |surface, uri: &'static str| {
            let (uri, headers) = (Uri::from_static(uri), HeaderMap::new());
            url_contains_key(&Call::of(&Method::GET, &uri, &headers, [192, 0, 2, 1].into()), surface)
        };
        assert!(!shows(Surface::Members, "/widget?pk=flow_pk_1"));
        for (surface, uri) in [
            (Surface::Members, "/widget?pk=flow_sk_1"),
            (Surface::Members, "/widget?pk=flow%5Fsk%255F1"),
            (Surface::Members, "/widget/flow_pk_1"),
            (Surface::Members, "/v1/me?pk=flow_pk_1"),
            (Surface::Storefront, "/widget?pk=flow_pk_1"),
            (Surface::Api, "/widget?pk=flow_pk_1"),
        ] {
            assert!(shows(surface, uri), "{surface:?} {uri}");
        }
    }
}
