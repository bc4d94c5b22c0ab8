//! How a write ends: the answer that says what became of the row, committed together with it and with the record of the
//! answer; or, in a dry run, what would have become of it.

use std::marker::PhantomData;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use serde_json::json;

use super::{Begun, Stop};
use crate::{
    store::row::{Resource, Row},
    wire::{etag, problem::Problem},
};

impl Begun {
    /// 201: the new row.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn created<T: Resource>(self, row: &Row<T>) -> Result<Created<T>, Stop> {
        self.created_with(row, &NONE).await
    }

    /// 201: the new row; a dry run tells what would happen to other rows.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn created_with<T: Resource>(self, row: &Row<T>, effects: &impl Serialize) -> Result<Created<T>, Stop> {
        let response = self.end(StatusCode::CREATED, Some(row), Some(row.version), effects).await?;
        Ok(Created(response, PhantomData))
    }

    /// 201: the new row. 200: the row that was there.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn created_or_changed<T: Resource>(
        self,
        row: &Row<T>,
        is_new: bool,
    ) -> Result<CreatedOrChanged<T>, Stop> {
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        let response = self.end(status, Some(row), Some(row.version), &NONE).await?;
        Ok(CreatedOrChanged(response, PhantomData))
    }

    /// 200: the row as it is now.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn changed<T: Resource>(self, row: &Row<T>) -> Result<Changed<T>, Stop> {
        let response = self.end(StatusCode::OK, Some(row), Some(row.version), &NONE).await?;
        Ok(Changed(response, PhantomData))
    }

    /// 200: the row as it is now, and beside it what happened to other rows.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn changed_with<T: Resource, E: Serialize>(
        self,
        row: &Row<T>,
        effects: &E,
    ) -> Result<ChangedWith<T, E>, Stop> {
        let response = self.end_with(row, effects).await?;
        Ok(ChangedWith(response, PhantomData))
    }

    /// 200: the row as it is now; a dry run tells what would happen to other rows.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn changed_telling<T: Resource>(
        self,
        row: &Row<T>,
        effects: &impl Serialize,
    ) -> Result<Changed<T>, Stop> {
        let response = self.end(StatusCode::OK, Some(row), Some(row.version), effects).await?;
        Ok(Changed(response, PhantomData))
    }

    /// 200: the row, which is kept, and not active any more.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn kept<T: Leaves>(self, row: &Row<T>) -> Result<Kept<T>, Stop> {
        let response = self.end(StatusCode::OK, Some(row), Some(row.version), &NONE).await?;
        Ok(Kept(response, PhantomData))
    }

    /// The same, and beside it what happened to other rows.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn kept_with<T: Leaves, E: Serialize>(self, row: &Row<T>, effects: &E) -> Result<KeptWith<T, E>, Stop> {
        let response = self.end_with(row, effects).await?;
        Ok(KeptWith(response, PhantomData))
    }

    /// 204: the row is gone.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn gone(self) -> Result<Gone, Stop> {
        Ok(Gone(self.end(StatusCode::NO_CONTENT, None::<&()>, None, &NONE).await?))
    }

    /// 204: the row is gone. 200 with the row: it is kept, and not active any more.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn removed<T: Leaves>(self, kept: Option<&Row<T>>) -> Result<Removed<T>, Stop> {
        self.removed_telling(kept, &NONE).await
    }

    /// The same; a dry run tells what would happen to other rows.
    ///
    /// # Errors
    /// When the transaction cannot be committed.
    pub async fn removed_telling<T: Leaves>(
        self,
        kept: Option<&Row<T>>,
        effects: &impl Serialize,
    ) -> Result<Removed<T>, Stop> {
        let status = if kept.is_some() { StatusCode::OK } else { StatusCode::NO_CONTENT };
        let response = self.end(status, kept, kept.map(|row| row.version), effects).await?;
        Ok(Removed(response, PhantomData))
    }

    /// With the effects beside the row's fields.
    async fn end_with<T: Resource>(self, row: &Row<T>, effects: &impl Serialize) -> Result<Response<Body>, Stop> {
        self.end(StatusCode::OK, Some(&With { row, effects }), Some(row.version), effects).await
    }

    async fn end(
        self,
        status: StatusCode,
        row: Option<&impl Serialize>,
        version: Option<i64>,
        effects: &impl Serialize,
    ) -> Result<Response<Body>, Stop> {
        let Self { mut tx, claim, dry_run, turn, slot, .. } = self;
        if dry_run {
            // Dropped without a commit, the transaction never happened.
            let told = json!({"dry_run": true, "result": row, "effects": effects});
            return Ok(answer(StatusCode::OK, told.to_string(), None));
        }
        let body = row.map(serde_json::to_string).transpose().map_err(Problem::internal)?.unwrap_or_default();
        if let Some(claim) = claim {
            claim.record(&mut tx, status.as_u16(), version, &body).await?;
        }
        tx.commit().await?;
        drop((turn, slot));
        Ok(answer(status, body, version))
    }
}

/// No other row is touched.
const NONE: NoEffects = NoEffects {};

#[derive(Serialize)]
struct NoEffects {}

/// A row with the effects of its change beside its fields.
#[derive(Serialize)]
struct With<'r, T: Resource, E> {
    #[serde(flatten)]
    row: &'r Row<T>,
    effects: &'r E,
}

/// A resource whose rows may outlive their DELETE.
pub trait Leaves: Resource {
    /// The status that such a row has from then on.
    const STATUS: &'static str;
}

/// 204: the row is gone.
pub struct Gone(Response<Body>);

impl IntoResponse for Gone {
    fn into_response(self) -> Response<Body> {
        self.0
    }
}

macro_rules! answers_with {
    ($($(#[doc = $doc:literal])+ $name:ident)*) => {$(
        $(#[doc = $doc])+
        pub struct $name<T, E>(Response<Body>, PhantomData<fn() -> (T, E)>);

        impl<T, E> IntoResponse for $name<T, E> {
            fn into_response(self) -> Response<Body> {
                self.0
            }
        }
    )*};
}

answers_with! {
    /// 200 with the changed row, and `effects` beside its fields.
    ChangedWith
    /// 200 with the row that is kept, and not active any more, and `effects` beside its fields.
    KeptWith
}

/// The answer of a write, made now or replayed.
pub(in crate::operation) fn answer(status: StatusCode, body: String, version: Option<i64>) -> Response<Body> {
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if !empty {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Some(version) = version {
        headers.insert(header::ETAG, etag::of_version(version));
    }
    response
}

macro_rules! answers {
    ($($(#[doc = $doc:literal])+ $name:ident)*) => {$(
        $(#[doc = $doc])+
        pub struct $name<T>(Response<Body>, PhantomData<fn() -> T>);

        impl<T> IntoResponse for $name<T> {
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
