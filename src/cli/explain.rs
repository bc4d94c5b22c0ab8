//! `explain`: decides about a call as the gateway would, and prints every step. The key is really looked up, but nothing is
//! counted, taken from its rate or changed, and the key is never printed.

mod report;

use std::{io::Read, net::IpAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use clap::{Args, ValueEnum};

use self::report::{decided, print, refused, without_key};
use super::{Done, Failure, database, output};
use crate::{
    access::{
        call::{AccessState, CachedKey, Call, Decision},
        key::Claim,
        member_tokens::judge::no_token,
        network::Network,
        outcome::{Outcome, outcome},
        rate::{Exhausted, Quota},
        stored::LiveKey,
        surface::Surface,
        unscoped,
    },
    config::SharedOptions,
    store::{clock::Clock, db::Db, instant::Instant},
    surfaces::listener,
};

/// The command's arguments.
#[derive(Args)]
#[allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "--help prints these words as they are")]
pub struct Explain {
    /// Reads the key from the first line of standard input; an empty line means no key
    #[arg(long, required = true)]
    key_stdin: bool,
    /// The surface to call
    #[arg(long)]
    surface: ServedSurface,
    /// The call's method
    #[arg(value_parser = method)]
    method: Method,
    /// The call's path, with its query
    #[arg(value_parser = path)]
    path: Uri,
    /// A header of the call, such as 'Origin: https://studio.example'
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The client's IP address
    #[arg(long, default_value = "127.0.0.1")]
    client: IpAddr,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ServedSurface {
    Storefront,
    Management,
    /// Storefront and Management on one port, as with --api-addr
    Api,
    Members,
    Studio,
}

fn path(text: &str) -> Result<Uri, String> {
    let uri = text.starts_with('/').then(|| text.parse().ok()).flatten();
    uri.ok_or_else(|| "write a path as in a request, such as /v1/classes?limit=5".to_owned())
}

fn method(text: &str) -> Result<Method, String> {
    text.to_ascii_uppercase().parse().map_err(|_| "write a method, such as GET".to_owned())
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || "write a header as 'Name: value'".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    Ok((name.trim().parse().map_err(|_| wrong())?, value.trim().parse().map_err(|_| wrong())?))
}

impl Explain {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let headers = self.request_headers()?;
        let listener = listener(self.surface.into(), false);
        let call = Call::of(&self.method, &self.path, &headers, self.client);
        let look_up = async |db: &Db| -> Result<Outcome, Failure> {
            match outcome(&listener, &call, &LookedUp(CachedKey::NotLoaded)) {
                Outcome::Decided(Decision::NeedsLookup(claim)) => {
                    let found = unscoped::load_key(db, &claim, Clock::System.now()).await?;
                    Ok(outcome(
                        &listener,
                        &call,
                        &LookedUp(found.map_or(CachedKey::Absent, |key| CachedKey::Found(key.into()))),
                    ))
                }
                outcome => Ok(outcome),
            }
        };
        let explanation = match database::read(shared, look_up).await? {
            Outcome::Preflight => without_key(Some(204), None),
            Outcome::WithoutCredential(operation) => without_key(None, Some(operation)),
            // Without a session it leads to the sign-in page: no key opens it.
            Outcome::Dashboard | Outcome::MemberPage => without_key(Some(303), None),
            // No key is a member token.
            Outcome::MemberCall => refused(&no_token(call.credential), vec![]),
            Outcome::Refused(problem) => refused(&problem, vec![]),
            Outcome::Decided(decision) => decided(decision),
        };
        let admitted = explanation.admitted;
        let printed = if self.json { output::json(&explanation) } else { print(&explanation) };
        printed?;
        if admitted { Ok(()) } else { Err(Failure::Reported) }
    }

    /// The call's headers, with the key from standard input.
    fn request_headers(&self) -> Result<HeaderMap, Failure> {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::stdin().lock().take(16 * 1024), &mut line)?;
        let mut headers: HeaderMap = self.headers.iter().cloned().collect();
        if !line.trim().is_empty() {
            let credential = HeaderValue::try_from(format!("Bearer {}", line.trim()));
            headers.append(
                header::AUTHORIZATION,
                credential.map_err(|_| Failure::usage("the key is not one line of text"))?,
            );
        }
        Ok(headers)
    }
}

impl From<ServedSurface> for Surface {
    fn from(served: ServedSurface) -> Self {
        match served {
            ServedSurface::Storefront => Self::Storefront,
            ServedSurface::Management => Self::Management,
            ServedSurface::Api => Self::Api,
            ServedSurface::Members => Self::Members,
            ServedSurface::Studio => Self::Studio,
        }
    }
}

/// State without rates, and the key that was looked up.
struct LookedUp(CachedKey);

impl AccessState for LookedUp {
    fn cached(&self, _: &Claim) -> CachedKey {
        self.0.clone()
    }

    fn spend(&self, _: &LiveKey, _: Network, _: u32) -> Result<Option<Quota>, Exhausted> {
        Ok(None)
    }

    fn left(&self, _: &LiveKey, _: Network) -> Option<Quota> {
        None
    }

    fn now(&self) -> Instant {
        Clock::System.now()
    }
}
