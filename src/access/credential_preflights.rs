//! Detects pages that contain a secret key. Before a browser sends one to Management, it asks with a preflight; Management
//! allows no origin, so the key is never sent, and nothing else would show that a page publishes it.
//!
//! The guard of Management reports these preflights. They are counted by origin and logged once a minute per origin. Invented
//! origins cannot fill memory or disk.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, header};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};
use tokio::time::Instant;
use url::Url;

use super::network::Network;

/// How often an origin is logged.
const LOG_INTERVAL: Duration = Duration::from_mins(1);
/// Origins that are counted separately; all others share one count.
const MAX_ORIGINS: usize = 100;
/// The most origins from one network, so that one client cannot fill the list with invented ones.
const MAX_PER_NETWORK: usize = 10;
/// How long an origin stays in the list after its last preflight.
const FORGET_AFTER: Duration = Duration::from_mins(10);
/// The longest origin that is counted separately.
const MAX_ORIGIN_LENGTH: usize = 255;
const OTHER: &str = "other";

/// The counts.
#[derive(Debug, Default)]
pub struct CredentialPreflights {
    counter: Family<OriginLabel, Counter>,
    logged: Mutex<HashMap<String, LastLogged>>,
}

/// When an origin was last logged, and the network that it first came from.
#[derive(Debug)]
struct LastLogged {
    at: Instant,
    by: Network,
}

/// The page's origin, as a metrics label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OriginLabel {
    origin: String,
}

impl CredentialPreflights {
    /// The counter, for the metrics.
    pub fn counter(&self) -> Family<OriginLabel, Counter> {
        self.counter.clone()
    }

    /// Counts a preflight that asks to send a credential.
    pub(super) fn record(&self, headers: &HeaderMap, client: Network) {
        if !asks_to_send_credential(headers) {
            return;
        }
        let (origin, log) = self.label(origin(headers), client, Instant::now());
        if log {
            tracing::warn!(
                origin,
                network = %client.masked(),
                "a page wants to call Management. If it holds a secret key, that key is public: revoke it, use a \
                 publishable key in the page, and call Management from a server of your own"
            );
        }
        self.counter.get_or_create(&OriginLabel { origin }).inc();
    }

    /// The origin's label, and whether to log it.
    fn label(&self, origin: String, client: Network, now: Instant) -> (String, bool) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = logged.contains_key(&origin);
        if !is_known && logged.len() >= MAX_ORIGINS {
            logged.retain(|origin, LastLogged { at, .. }| {
                let is_recent = now < *at + FORGET_AFTER;
                if !is_recent {
                    self.counter.remove(&OriginLabel { origin: origin.clone() });
                }
                is_recent
            });
        }
        let per_network = || logged.values().filter(|last| last.by == client).count();
        let has_room = is_known || (logged.len() < MAX_ORIGINS && per_network() < MAX_PER_NETWORK);
        let origin = if has_room { origin } else { OTHER.to_owned() };
        let log = logged.get(&origin).is_none_or(|last| now >= last.at + LOG_INTERVAL);
        if log {
            let by = logged.get(&origin).map_or(client, |last| last.by);
            logged.insert(origin.clone(), LastLogged { at: now, by });
        }
        (origin, log)
    }
}

fn asks_to_send_credential(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let mut names = asked.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    names.any(|name| name.trim_ascii().eq_ignore_ascii_case(b"authorization"))
}

/// The origin as browsers write it; anything else is not repeated.
fn origin(headers: &HeaderMap) -> String {
    let sent = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let read = || Url::parse(sent).ok().filter(Url::has_host).map(|url| url.origin().ascii_serialization());
    match sent {
        "null" => "null".to_owned(),
        _ => read().filter(|origin| origin.len() <= MAX_ORIGIN_LENGTH).unwrap_or_else(|| OTHER.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_origins_are_counted_as_one_and_each_is_told_once_a_minute() {
        let (preflights, start) = (CredentialPreflights::default(), Instant::now());
        let network = |number: u8| Network::of(std::net::Ipv4Addr::new(192, 0, 2, number).into());
        let logs = |origin: &str, at| preflights.label(origin.to_owned(), network(0), at);
        assert_eq!(logs("https://a.example", start), ("https://a.example".to_owned(), true));
        assert_eq!(logs("https://a.example", start + LOG_INTERVAL / 2), ("https://a.example".to_owned(), false));
        assert_eq!(logs("https://a.example", start + LOG_INTERVAL), ("https://a.example".to_owned(), true));
        let logged = (0..1000).filter(|number| logs(&format!("https://{number}.example"), start).1).count();
        assert_eq!(logged, MAX_PER_NETWORK, "all but one of them, and the others once");
        assert_eq!(logs("https://b.example", start).0, OTHER);
        let by_another = |origin: &str, number, at| preflights.label(origin.to_owned(), network(number), at);
        assert_eq!(
            by_another("https://b.example", 1, start),
            ("https://b.example".to_owned(), true),
            "it is not hidden"
        );
        for number in 0..1000_u16 {
            by_another(&format!("https://{number}.invalid"), u8::try_from(number % 250).unwrap(), start);
        }
        assert_eq!(by_another("https://c.example", 251, start).0, OTHER);
        assert_eq!(
            by_another("https://c.example", 251, start + 2 * FORGET_AFTER).0,
            "https://c.example",
            "once others are silent"
        );
    }
}
