//! The way of every write: its body, `dry_run`, the preconditions, `Idempotency-Key`, and one transaction in which the row,
//! the rules and the record of the answer stand or fall together.
//!
//! A handler takes a [`Write`], begins it, does its work on `tx`, and ends it with an answer:
//! `created`, `changed`, `kept`, `gone` or `removed`. What is not ended never happened.

mod answers;
mod draft;
mod ending;
pub mod idempotency;
mod read_only;
mod required;
mod sent;

use std::marker::PhantomData;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, Response},
    middleware::Next,
    response::IntoResponse,
};
use serde::Serialize;

use self::idempotency::{HeldRetryKey, Retry};
pub(super) use self::{answers::versioned, ending::answer};
pub use self::{
    draft::Draft,
    ending::{Changed, Created, CreatedOrChanged, Gone, Kept, Leaves, Removed},
    required::RequiredBody,
    sent::{ActionBody, Change, New, NewOrChange, Nothing, WriteBody},
};
use super::app::App;
use crate::{
    access::caller::{Caller, KeyCaller},
    store::{
        audit::Actor,
        error::StoreError,
        fair::Slot,
        id::Id,
        on_disk,
        row::{self, Resource, Row},
        studio::StudioTx,
        turns::{TimetableTx, WriteTx},
    },
    wire::{
        body,
        etag::Preconditions,
        problem::{Code, Problem},
        query::{query_pairs, reject_unknown},
    },
};

/// Why a write ends early.
pub enum Stop {
    /// It is refused, or fails.
    Problem(Problem),
    /// It was done before: the first answer, again.
    Replay(Response<Body>),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Replay(response) => response,
        }
    }
}

/// A write that was received whole, and has not begun. `C` is who writes.
pub struct Write<B, C = KeyCaller> {
    app: App,
    caller: C,
    sent: Result<B, Problem>,
    preconditions: Preconditions,
    retry: Option<Retry>,
    dry_run: bool,
}

/// A write that has begun: everything it does goes through `tx`. `X` is what it runs in, `E` what happened to other rows,
/// `S` what its answer shows of that.
pub struct Begun<X = StudioTx, E = NoEffects, S = NoEffects> {
    /// The transaction.
    pub tx: X,
    /// Who writes.
    pub by: Actor,
    preconditions: Preconditions,
    claim: Option<HeldRetryKey>,
    dry_run: bool,
    slot: Slot,
    effects: E,
    shows_effects: bool,
    shown: PhantomData<fn() -> S>,
}

/// Nothing happened to other rows.
#[derive(Debug, Serialize)]
pub struct NoEffects {}

impl<B: WriteBody, C: Caller> Write<B, C> {
    /// The application that it came to.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Begins the transaction, and claims the `Idempotency-Key` in it.
    ///
    /// # Errors
    /// A body that is not JSON, or not of the right media type; a replay of the answer that an earlier request with the
    /// same key was given.
    pub async fn begin(self) -> Result<(Begun, B), Stop> {
        self.begin_as().await
    }

    /// The same, with the studio's timetable locked. A crowd waits for its turn without a connection.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn begin_in_turn(self) -> Result<(Begun<TimetableTx>, B), Stop> {
        self.begin_as().await
    }

    /// The same in what the rules of a resource ask for.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn begin_as<X: WriteTx>(self) -> Result<(Begun<X>, B), Stop> {
        let Self { app, caller, sent, preconditions, retry, dry_run } = self;
        let studio = caller.studio();
        let retry = retry.filter(|_| !dry_run);
        if sent.is_err()
            && let Some(retry) = &retry
        {
            retry.replay_if_known(app.db.of(studio), caller.retry_scope()).await?;
        }
        let sent = sent?;
        let asked = tokio::time::Instant::now();
        let (requester, coming) = (caller.requester(), app.db.announce_write());
        let turn = X::wait(&app.turns, requester, app.admission.turn_limits()).await?;
        let slot = app.admission.write(requester, asked.elapsed()).await?;
        let begin = app.db.begin_studio_in_group(&app.clock, studio, coming);
        let tx = tokio::time::timeout(app.admission.left_to_begin(asked.elapsed()), begin).await;
        let tx = tx.unwrap_or(Err(StoreError::Locked));
        app.admission.report_write_began(tx.is_ok());
        let mut tx = tx?;
        let claim = match retry {
            Some(retry) => {
                let now = tx.now.clock;
                Some(retry.claim(tx.on(), caller.retry_scope(), now).await?)
            }
            None => None,
        };
        let tx = X::lock(tx, turn).await?;
        let (effects, shown) = (NoEffects {}, PhantomData);
        let by = caller.actor();
        Ok((Begun { tx, by, preconditions, claim, dry_run, slot, effects, shows_effects: false, shown }, sent))
    }
}

impl<X: WriteTx> Begun<X> {
    /// The row that this write is about, kept from changing until it ends.
    ///
    /// # Errors
    /// `not_found`; `version_mismatch` when it is not a version that `If-Match` and `If-None-Match` ask for.
    pub async fn current<T: Resource>(&mut self, id: Id<T>) -> Result<Row<T>, Problem> {
        self.current_if(id, |_| Ok(())).await
    }

    /// The same, for a row that must belong where the path says: the refusal of one that does not shows nothing of its version.
    ///
    /// # Errors
    /// As [`current`](Self::current), and what `belongs` refuses.
    pub async fn current_if<T: Resource>(
        &mut self,
        id: Id<T>,
        belongs: impl FnOnce(&Row<T>) -> Result<(), Problem>,
    ) -> Result<Row<T>, Problem> {
        let found = row::lock(self.tx.studio_tx().on(), id).await?;
        let current = found.ok_or_else(|| Problem::not_found(T::NOUN))?;
        belongs(&current)?;
        self.preconditions.check(current.version)?;
        Ok(current)
    }
}

/// Around every handler that writes: its answer leaves when all that it tells is on disk, and says where a new row is.
pub(super) async fn held_until_on_disk(request: Request, next: Next) -> Response<Body> {
    let path = (request.method() == Method::POST).then(|| request.uri().path().to_owned());
    let answer = on_disk::held(next.run(request)).await.unwrap_or_else(|error| Problem::from(error).into_response());
    match path {
        Some(path) => ending::located(answer, &path),
        None => answer,
    }
}

impl<B: WriteBody, C: Caller> FromRequest<App> for Write<B, C> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = C::of(&parts.extensions)?;
        let dry_run = dry_run(&query_pairs(&parts)?)?;
        let preconditions = Preconditions::read(&parts.headers)?;
        let bytes = body::read(body).await?;
        let retry = Retry::read(&parts, &bytes)?;
        let is_absent = B::MAY_BE_ABSENT && bytes.is_empty();
        let media_type = if is_absent { Ok(()) } else { media_type::<B>(&parts.headers) };
        let sent = body::check_coding(&parts.headers).and(media_type).and_then(|()| B::read(&bytes));
        Ok(Self { app: app.clone(), caller, sent, preconditions, retry, dry_run })
    }
}

fn dry_run(pairs: &[(String, String)]) -> Result<bool, Problem> {
    reject_unknown(pairs, || vec!["dry_run".to_owned()])?;
    match pairs.first().map(|(_, value)| value.as_str()) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::malformed("`dry_run` is `true` or `false`.")),
    }
}

fn media_type<B: WriteBody>(headers: &HeaderMap) -> Result<(), Problem> {
    if B::MEDIA_TYPES.is_empty() {
        return Ok(());
    }
    let sent = body::media_type(headers);
    if B::MEDIA_TYPES.iter().any(|known| known.eq_ignore_ascii_case(sent)) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, format!("Send the body as {}.", B::MEDIA_TYPES.join(" or "))))
}
