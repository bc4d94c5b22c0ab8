//! `explain`: judges a call with the very judgement that the gateway uses, and tells each of its steps. The key is
//! really looked up; nothing is spent, counted or changed, and the key is never repeated.

use std::{io::Read, net::IpAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Done, Failure, opened, output};
use crate::{
    access::{
        admit::{Call, Door, Facts, Memory, Step, Verdict, admit},
        guard,
        key::PublicId,
        network::Network,
        rate::{Exhausted, Quota},
        stored::LiveKey,
        unscoped,
    },
    config::Shared,
    endpoint,
    store::{clock::Clock, db::Db, instant::Instant},
    surfaces::{management, storefront},
};

/// The command's arguments.
#[derive(Args)]
#[allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "--help prints these words as they are")]
pub struct Explain {
    /// Reads the key from the first line of standard input; an empty line is a call without a key
    #[arg(long, required = true)]
    key_stdin: bool,
    /// The surface that the call goes to
    #[arg(long)]
    surface: Surface,
    /// The call's method
    method: String,
    /// The call's path, with its query
    #[arg(value_parser = path)]
    path: Uri,
    /// A header of the call, such as 'Origin: https://studio.example'
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The address that the call comes from
    #[arg(long, default_value = "127.0.0.1")]
    client: IpAddr,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Surface {
    Storefront,
    Management,
}

/// What is told.
#[derive(Serialize)]
struct Explanation {
    admitted: bool,
    status: Option<u16>,
    code: Option<&'static str>,
    detail: Option<String>,
    operation: Option<&'static str>,
    steps: Vec<Judged>,
}

#[derive(Serialize)]
struct Judged {
    step: &'static str,
    outcome: &'static str,
}

fn path(text: &str) -> Result<Uri, String> {
    let uri = text.starts_with('/').then(|| text.parse().ok()).flatten();
    uri.ok_or_else(|| "write a path as it stands in a request, such as /v1/classes?limit=5".to_owned())
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || "write a header as 'Name: value'".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    Ok((name.trim().parse().map_err(|_| wrong())?, value.trim().parse().map_err(|_| wrong())?))
}

impl Explain {
    /// Runs it.
    pub async fn run(self, shared: &Shared) -> Done {
        let headers = self.sent()?;
        let told = explanation(opened::on(shared, async |db| self.judge(db, &headers).await).await?);
        let admitted = told.admitted;
        let printed = if self.json { output::json(&told) } else { tell(&told) };
        printed?;
        if admitted { Ok(()) } else { Err(Failure::Told) }
    }

    /// The call's headers, the credential among them.
    fn sent(&self) -> Result<HeaderMap, Failure> {
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

    async fn judge(&self, db: &Db, headers: &HeaderMap) -> Result<Verdict, Failure> {
        let method = self.method.to_ascii_uppercase();
        let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("unreadable"));
        let call = Call {
            method: &method,
            path: self.path.path(),
            query: self.path.query().unwrap_or_default(),
            credential: guard::credential(headers),
            origin: text(header::ORIGIN),
            fetched_by_a_browser: headers.contains_key("sec-fetch-site"),
            client: self.client,
        };
        let door = self.surface.door();
        match admit(&call, &door, &Looked(Memory::Unread)) {
            Verdict::Unread(id) => {
                let found = unscoped::load_key(db, id).await?;
                let memory = found.map_or(Memory::Unknown, |key| Memory::Known(key.into()));
                Ok(admit(&call, &door, &Looked(memory)))
            }
            judged => Ok(judged),
        }
    }
}

impl Surface {
    fn door(self) -> Door {
        match self {
            Self::Storefront => Door { storefront: Some(endpoint::table(&storefront::endpoints())), management: None },
            Self::Management => Door { storefront: None, management: Some(endpoint::table(&management::endpoints())) },
        }
    }
}

/// A key that was looked up; its rate is left alone.
struct Looked(Memory);

impl Facts for Looked {
    fn remembered(&self, _: PublicId) -> Memory {
        self.0.clone()
    }

    fn spend(&self, _: &LiveKey, _: Network) -> Result<Option<Quota>, Exhausted> {
        Ok(None)
    }

    fn now(&self) -> Instant {
        Clock::System.now()
    }
}

fn explanation(verdict: Verdict) -> Explanation {
    match verdict {
        Verdict::Admitted { caller, .. } => Explanation {
            admitted: true,
            status: None,
            code: None,
            detail: None,
            operation: Some(caller.operation()),
            steps: Step::ALL.map(|step| Judged { step: name(step), outcome: "passed" }).into(),
        },
        Verdict::Refused(refusal) => Explanation {
            admitted: false,
            status: Some(refusal.problem.code().status()),
            code: Some(refusal.problem.code().name()),
            detail: Some(refusal.problem.detail().to_owned()),
            operation: None,
            steps: Step::ALL.map(|step| Judged { step: name(step), outcome: outcome(step, refusal.step) }).into(),
        },
        // The facts above hold an answer for every key.
        Verdict::Unread(_) => unreachable!("the key was looked up"),
    }
}

fn outcome(step: Step, decisive: Step) -> &'static str {
    match step.cmp(&decisive) {
        std::cmp::Ordering::Less => "passed",
        std::cmp::Ordering::Equal => "refused",
        std::cmp::Ordering::Greater => "not reached",
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Credential => "credential",
        Step::Form => "form",
        Step::Browser => "browser",
        Step::Surface => "surface",
        Step::Stored => "stored key",
        Step::Bounds => "bounds",
        Step::Rate => "rate",
        Step::Operation => "operation",
        Step::Scope => "scope",
    }
}

fn tell(told: &Explanation) -> Done {
    let steps: Vec<_> = told.steps.iter().map(|judged| (judged.step, judged.outcome.to_owned())).collect();
    output::fields(&steps)?;
    match (told.status, told.code, &told.detail) {
        (Some(status), Some(code), Some(detail)) => output::line(&format!("refused: {status} {code}. {detail}")),
        _ => output::line(&format!("admitted to {}", told.operation.unwrap_or_default())),
    }
}
