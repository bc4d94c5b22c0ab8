//! How a write ends: the answer that says what became of the row, committed together with it and with the record of the
//! answer; or, in a dry run, what would have become of it.
//!
//! `write.changed(&row)` is a whole ending. What happened to other rows is said before it: `write.telling(effects)` tells it
//! to a dry run alone, `write.showing(effects)` also beside the row.

use std::marker::PhantomData;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Begun, NoEffects, Stop};
use crate::{
    store::{
        row::{Resource, Row},
        turns::WriteTx,
    },
    wire::{etag, problem::Problem},
};

impl<X: WriteTx> Begun<X> {
    /// Adds what happened to other rows, which a dry run reports.
    pub fn telling<E: Serialize>(self, effects: E) -> Begun<X, E> {
        self.with(effects, false)
    }

    /// Says what happened to other rows; the answer shows it beside the row's fields.
    pub fn showing<E: Serialize>(self, effects: E) -> Begun<X, E, E> {
        self.with(effects, true)
    }

    fn with<E, S>(self, effects: E, shows_effects: bool) -> Begun<X, E, S> {
        let Self { tx, by, preconditions, claim, dry_run, slot, .. } = self;
        Begun { tx, by, preconditions, claim, dry_run, slot, effects, shows_effects, shown: PhantomData }
    }
}

impl<X: WriteTx, E: Serialize, S> Begun<X, E, S> {
    /// 201: the new row.
    pub async fn created<T: Resource>(self, row: &Row<T>) -> Result<Created<T>, Stop> {
        Ok(Created(self.end(StatusCode::CREATED, Some(row)).await?, PhantomData))
    }

    /// 201: the new row. 200: the row that was there.
    pub async fn created_or_changed<T: Resource>(
        self,
        row: &Row<T>,
        is_new: bool,
    ) -> Result<CreatedOrChanged<T>, Stop> {
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok(CreatedOrChanged(self.end(status, Some(row)).await?, PhantomData))
    }

    /// 200: the row as it is now.
    pub async fn changed<T: Resource>(self, row: &Row<T>) -> Result<Changed<T, S>, Stop> {
        Ok(Changed(self.end(StatusCode::OK, Some(row)).await?, PhantomData))
    }

    /// 200: the row, which is kept, and not active any more.
    pub async fn kept<T: Leaves>(self, row: &Row<T>) -> Result<Kept<T, S>, Stop> {
        Ok(Kept(self.end(StatusCode::OK, Some(row)).await?, PhantomData))
    }

    /// 204: the row is gone.
    pub async fn gone<T: Resource>(self) -> Result<Gone, Stop> {
        Ok(Gone(self.end::<T>(StatusCode::NO_CONTENT, None).await?))
    }

    /// 204: the row is gone. 200 with the row: it is kept, and not active any more.
    pub async fn removed<T: Leaves>(self, kept: Option<&Row<T>>) -> Result<Removed<T>, Stop> {
        let status = if kept.is_some() { StatusCode::OK } else { StatusCode::NO_CONTENT };
        Ok(Removed(self.end(status, kept).await?, PhantomData))
    }

    async fn end<T: Resource>(self, status: StatusCode, row: Option<&Row<T>>) -> Result<Response<Body>, Stop> {
        let Self { mut tx, claim, dry_run, slot, effects, shows_effects, .. } = self;
        let shown = RowWithEffects { row, effects: shows_effects.then_some(&effects) };
        if dry_run {
            // Dropped without a commit, the transaction never happened.
            let result = serde_json::to_value(&shown).map_err(Problem::internal)?;
            // The row's fields stand in it as in each other answer, so that a client reads one type.
            let mut told = if row.is_some() { result.clone() } else { json!({}) };
            told["dry_run"] = json!(true);
            told["result"] = result;
            told["effects"] = json!(effects);
            return Ok(answer(StatusCode::OK, told.to_string(), None));
        }
        let body =
            row.map(|_| serde_json::to_string(&shown)).transpose().map_err(Problem::internal)?.unwrap_or_default();
        let version = row.map(|row| row.version);
        if let Some(claim) = claim {
            claim.record(tx.studio_tx().on(), status.as_u16(), version, &body).await?;
        }
        tx.commit_and_free(slot).await?;
        Ok(answer(status, body, version))
    }
}

/// A row, with the effects of its change beside its fields where they are shown.
struct RowWithEffects<'r, T: Resource, E> {
    row: Option<&'r Row<T>>,
    effects: Option<&'r E>,
}

impl<T: Resource, E: Serialize> Serialize for RowWithEffects<'_, T, E> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        #[derive(Serialize)]
        struct With<'r, T: Resource, E> {
            #[serde(flatten)]
            row: &'r Row<T>,
            effects: &'r E,
        }
        match (self.row, self.effects) {
            (Some(row), Some(effects)) => With { row, effects }.serialize(serializer),
            (row, _) => row.serialize(serializer),
        }
    }
}

/// A resource whose rows may outlive their DELETE.
pub trait Leaves: Resource {
    /// The status that such a row has from then on.
    const STATUS: &'static str;
}

/// The answer of a write, made now or replayed.
pub(in crate::operation) fn answer(status: StatusCode, body: String, version: Option<i64>) -> Response<Body> {
    let empty = body.is_empty();
    let new_row = if status == StatusCode::CREATED { serde_json::from_str::<NewRow>(&body).ok() } else { None };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(new_row) = new_row {
        response.extensions_mut().insert(new_row);
    }
    let headers = response.headers_mut();
    if !empty {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Some(version) = version {
        headers.insert(header::ETAG, etag::of_version(version));
    }
    response
}

/// The row that an answer has made, as an extension of it: only the path of the call says where the row is.
#[derive(Clone, Deserialize)]
struct NewRow {
    id: String,
}

/// The answer of a call to this path, with the address of the row that it has made as its `Location` (RFC 9110, section 10.2.2). It is
/// relative to the path: a proxy may serve the surface below a path of its own.
pub(super) fn located(mut answer: Response<Body>, path: &str) -> Response<Body> {
    if let Some(NewRow { id }) = answer.extensions_mut().remove() {
        // Who is invited is a row of the list above.
        let location = match path.rsplit('/').next() {
            Some("invites") | None => id,
            Some(list) => format!("{list}/{id}"),
        };
        if let Ok(location) = HeaderValue::try_from(location) {
            answer.headers_mut().insert(header::LOCATION, location);
        }
    }
    answer
}

/// 204: the row is gone.
pub struct Gone(Response<Body>);

impl IntoResponse for Gone {
    fn into_response(self) -> Response<Body> {
        self.0
    }
}

macro_rules! answers {
    ($($(#[doc = $doc:literal])+ $name:ident)*) => {$(
        $(#[doc = $doc])+
        ///
        /// `S` is what stands beside the row's fields as its `effects`.
        pub struct $name<T, S = NoEffects>(Response<Body>, PhantomData<fn() -> (T, S)>);

        impl<T, S> IntoResponse for $name<T, S> {
            fn into_response(self) -> Response<Body> {
                self.0
            }
        }
    )*};
}

answers! {
    /// 201 with the new row.
    Created
    /// 201 with the new row, or 200 with the one that was there.
    CreatedOrChanged
    /// 200 with the changed row.
    Changed
    /// 200 with the row that is kept, and not active any more.
    Kept
    /// 204, or 200 with the row that is kept, and not active any more.
    Removed
}
