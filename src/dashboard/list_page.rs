//! What pages of lists share: the same query as the list of Management, with filters that a form left empty, and the links
//! between pages.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, Uri, request::Parts},
};
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::texts::TEXTS;
use crate::{
    access::sessions::caller::StaffCaller,
    operation::{app::App, list::ListQuery},
    store::row::{Listed, Resource},
    wire::problem::{Code, Problem},
};

/// The query of a list, as a page's links and forms write it.
pub(super) struct PageQuery<T: Resource, F> {
    /// What it asks for; a refusal where it cannot be read.
    pub list: Result<ListQuery<T, F, StaffCaller>, Problem>,
    path: String,
    /// What was typed and is not empty, without the cursor.
    typed: Vec<(String, String)>,
    is_first: bool,
}

impl<T: Resource, F: DeserializeOwned + IntoParams> FromRequestParts<App> for PageQuery<T, F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = parts.uri.path().to_owned();
        let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let mut typed: Vec<(String, String)> = pairs.into_owned().filter(|(_, text)| !text.trim().is_empty()).collect();
        parts.uri = link(&path, &typed).parse::<Uri>().map_err(Problem::internal)?;
        let list = ListQuery::from_request_parts(parts, app).await;
        // A page can say what is wrong with a filter, and nothing else.
        if let Err(problem) = &list
            && !matches!(problem.code(), Code::MalformedRequest | Code::ValidationFailed)
        {
            return Err(problem.clone());
        }
        let all = typed.len();
        typed.retain(|(name, _)| name != "cursor");
        Ok(Self { list, path, is_first: typed.len() == all, typed })
    }
}

impl<T: Resource, F: DeserializeOwned + IntoParams> PageQuery<T, F> {
    /// What was typed for a filter.
    pub(super) fn text(&self, name: &str) -> &str {
        self.typed.iter().find(|(typed, _)| typed == name).map_or("", |(_, text)| text)
    }

    /// What stands around the rows of the page.
    pub(super) fn page(&self, listed: &Listed<T>) -> ListLinks {
        let cursor = self.list.as_ref().ok().and_then(|list| list.next_cursor(listed));
        ListLinks {
            next: cursor.map(|cursor| {
                let more = [self.typed.as_slice(), &[("cursor".to_owned(), cursor)]].concat();
                link(&self.path, &more)
            }),
            first: (!self.is_first).then(|| link(&self.path, &self.typed)),
            clear: (!self.typed.is_empty()).then(|| self.path.clone()),
            fault: self.list.is_err().then_some(TEXTS.bad_search),
        }
    }
}

/// The links of a page of a list, and what is wrong with its filters.
pub(super) struct ListLinks {
    pub next: Option<String>,
    /// The first page, where this is another one.
    pub first: Option<String>,
    /// The list without filters, where there are some.
    pub clear: Option<String>,
    pub fault: Option<&'static str>,
}

impl ListLinks {
    /// The status of the page.
    pub(super) fn status(&self) -> StatusCode {
        if self.fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

fn link(path: &str, pairs: &[(String, String)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
