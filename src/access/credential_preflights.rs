//! Signs that a page holds a secret key: a browser asks, before it sends one, whether the page may call Management. It may
//! not, so the browser never sends the key, and nothing else would tell that a key is in a page for everybody to read.
//!
//! Called by the guard of a listener that serves Management alone. Such questions are counted by origin, and told in the
//! log once a minute for each. Both are bounded: who invents origins fills no memory and no disk.

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

/// How often an origin is told of in the log.
const EVERY: Duration = Duration::from_mins(1);
/// Origins that are counted each by itself; all others are one.
const ORIGINS: usize = 100;
/// Those of them that one network may bring, so that nobody hides the others by inventing origins.
const OF_ONE_NETWORK: usize = 10;
/// How long an origin is known that does not ask again.
const KNOWN: Duration = Duration::from_mins(10);
/// Longest origin that is counted by itself.
const LONGEST: usize = 255;
const OTHER: &str = "other";

/// The counts. Clones of the family count together.
#[derive(Debug, Default)]
pub struct CredentialPreflights {
    counted: Family<OriginLabel, Counter>,
    told: Mutex<HashMap<String, LastTold>>,
}

/// When an origin was told of last, and the network that it came from first.
#[derive(Debug)]
struct LastTold {
    at: Instant,
    by: Network,
}

/// Where a page stood that asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OriginLabel {
    origin: String,
}

impl CredentialPreflights {
    /// The counts, for the metrics.
    pub fn counter(&self) -> Family<OriginLabel, Counter> {
        self.counted.clone()
    }

    /// Counts a preflight that asks for leave to send a credential.
    pub(super) fn note(&self, headers: &HeaderMap, client: Network) {
        if !asks_for_a_credential(headers) {
            return;
        }
        let (origin, tell) = self.place(origin(headers), client, Instant::now());
        if tell {
            tracing::warn!(
                origin,
                network = %client.masked(),
                "a page wants to call Management. If it holds a secret key, that key is public: revoke it, use a \
                 publishable key in the page, and call Management from a server of your own"
            );
        }
        self.counted.get_or_create(&OriginLabel { origin }).inc();
    }

    /// Under which name it is counted, and whether that is to be told.
    fn place(&self, origin: String, client: Network, now: Instant) -> (String, bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = told.contains_key(&origin);
        if !is_known && told.len() >= ORIGINS {
            told.retain(|origin, LastTold { at, .. }| {
                let stays = now < *at + KNOWN;
                if !stays {
                    self.counted.remove(&OriginLabel { origin: origin.clone() });
                }
                stays
            });
        }
        let of_network = || told.values().filter(|told| told.by == client).count();
        let has_room = is_known || (told.len() < ORIGINS && of_network() < OF_ONE_NETWORK);
        let origin = if has_room { origin } else { OTHER.to_owned() };
        let tell = told.get(&origin).is_none_or(|told| now >= told.at + EVERY);
        if tell {
            let by = told.get(&origin).map_or(client, |told| told.by);
            told.insert(origin.clone(), LastTold { at: now, by });
        }
        (origin, tell)
    }
}

fn asks_for_a_credential(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let mut names = asked.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    names.any(|name| name.trim_ascii().eq_ignore_ascii_case(b"authorization"))
}

/// The origin in the one spelling that browsers send; whatever else stands there is not repeated.
fn origin(headers: &HeaderMap) -> String {
    let sent = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let read = || Url::parse(sent).ok().filter(Url::has_host).map(|url| url.origin().ascii_serialization());
    match sent {
        "null" => "null".to_owned(),
        _ => read().filter(|origin| origin.len() <= LONGEST).unwrap_or_else(|| OTHER.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_origins_are_counted_as_one_and_each_is_told_once_a_minute() {
        let (signs, start) = (CredentialPreflights::default(), Instant::now());
        let network = |number: u8| Network::of(std::net::Ipv4Addr::new(192, 0, 2, number).into());
        let tells = |origin: &str, at| signs.place(origin.to_owned(), network(0), at);
        assert_eq!(tells("https://a.example", start), ("https://a.example".to_owned(), true));
        assert_eq!(tells("https://a.example", start + EVERY / 2), ("https://a.example".to_owned(), false));
        assert_eq!(tells("https://a.example", start + EVERY), ("https://a.example".to_owned(), true));
        let told = (0..1000).filter(|number| tells(&format!("https://{number}.example"), start).1).count();
        assert_eq!(told, OF_ONE_NETWORK, "all but one of them, and the others once");
        assert_eq!(tells("https://b.example", start).0, OTHER);
        let by_another = |origin: &str, number, at| signs.place(origin.to_owned(), network(number), at);
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
            by_another("https://c.example", 251, start + 2 * KNOWN).0,
            "https://c.example",
            "once others are silent"
        );
    }
}
