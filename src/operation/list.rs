//! Lists: what may be asked of every list, and the page that answers it.
//!
//! Rows come in the order of their ids, which never changes, so that rows added or changed while a client pages neither
//! repeat nor hide others; with `updated_since`, in the order of their last change, where a row that changes meanwhile comes
//! again, later, and hides nothing.

use std::marker::PhantomData;

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use utoipa::{IntoParams, openapi::path::ParameterIn};

use super::{
    app::App,
    describe::{Answers, Asks, Operation, Shape, id_schema},
};
use crate::{
    access::caller::{Caller, KeyCaller},
    store::{
        id::{Named, StudioId},
        row::{Listed, MOST_PAGE_BYTES, Resource, Row, Slice},
    },
    wire::{
        cursor::CursorSeal,
        page::{DEFAULT_LIMIT, LIST_PARAMETERS, MANAGEMENT_ONLY_PARAMETER, MAX_LIMIT, Page, USUAL_BYTES, Validity},
        problem::Problem,
        query::{bad_value, query_pairs, reject_unknown},
        schema,
        search::Search,
    },
};

/// A list's query, read and checked: the filters of every list, the list's own `F`, and the place to go on from. `C` is
/// who asks.
pub struct ListQuery<T: Named, F, C = KeyCaller> {
    /// Whose rows are listed.
    pub studio: StudioId,
    /// The list's own filters.
    pub filter: F,
    slice: Slice<T>,
    seal: CursorSeal,
    list: String,
    caller: PhantomData<fn(C)>,
}

impl<T: Resource, F, C> ListQuery<T, F, C> {
    /// What to read.
    pub fn slice(&self) -> Slice<T> {
        self.slice.clone()
    }

    /// What to read where each word of a search has to be found.
    pub fn searched(&self, search: Option<&Search>) -> Slice<T> {
        let words = search.map(Search::words).unwrap_or_default().to_vec();
        Slice { words, ..self.slice() }
    }

    /// The cursor of what follows these rows; nothing where they are the last.
    pub fn next_cursor(&self, listed: &Listed<T>) -> Option<String> {
        let last = listed.rows.last().filter(|_| listed.more)?;
        Some(self.seal.seal(&self.list, &self.slice.place(last)))
    }

    /// The page of these rows.
    pub fn page(&self, rows: Listed<T>) -> Page<Row<T>> {
        self.page_of(rows, |row| row)
    }

    /// The page of these rows, each in another shape. It ends early where it would become too large; what is left is on
    /// the next one.
    pub fn page_of<P: Serialize>(&self, rows: Listed<T>, shape: impl FnMut(Row<T>) -> P) -> Page<P> {
        // What a list of changes shows depends on the transactions that still run.
        let validity = if self.slice.updated_since.is_some() { Validity::Never } else { Validity::UntilChanged };
        Page::of(self.write(rows, shape).map_err(Problem::internal)).true_for(validity)
    }

    fn write<P: Serialize>(
        &self,
        Listed { rows, mut more }: Listed<T>,
        mut shape: impl FnMut(Row<T>) -> P,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = Vec::with_capacity(USUAL_BYTES);
        json.extend_from_slice(b"{\"data\":[");
        let mut last = None;
        for row in rows {
            let (place, end) = (self.slice.place(&row), json.len());
            if last.is_some() {
                json.push(b',');
            }
            serde_json::to_writer(&mut json, &shape(row))?;
            // A row alone is a page, whatever its size.
            if json.len() > MOST_PAGE_BYTES && last.is_some() {
                json.truncate(end);
                more = true;
                break;
            }
            last = Some(place);
        }
        let cursor = last.filter(|_| more).map(|place| self.seal.seal(&self.list, &place));
        json.extend_from_slice(b"],\"next_cursor\":");
        serde_json::to_writer(&mut json, &cursor)?;
        json.push(b'}');
        Ok(json)
    }
}

impl<T: Resource, F: DeserializeOwned + IntoParams, C: Caller> FromRequestParts<App> for ListQuery<T, F, C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = C::of(&parts.extensions)?;
        let knows_external_ids = caller.knows_external_ids();
        let mut pairs = query_pairs(parts)?;
        reject_unknown(&pairs, || {
            let own = F::into_params(|| None).into_iter().map(|parameter| parameter.name);
            let of_every_list =
                LIST_PARAMETERS.into_iter().filter(|name| knows_external_ids || *name != MANAGEMENT_ONLY_PARAMETER);
            of_every_list.map(str::to_owned).chain(own).collect()
        })?;
        let mut take = |name: &str| pairs.iter().position(|(known, _)| known == name).map(|at| pairs.swap_remove(at).1);
        let limit = take("limit").map_or(Ok(DEFAULT_LIMIT), |text| limit(&text))?;
        let cursor = take("cursor");
        let (id, external_id) = (take("id"), take("external_id"));
        let updated_since = take("updated_since");
        pairs.sort();
        let filters = serde_json::to_string(&(&id, &external_id, &updated_since, &pairs)).map_err(Problem::internal)?;
        let studio = caller.studio();
        let list = format!("{}\n{studio}\n{}\n{filters}", caller.operation(), parts.uri.path());
        let seal = app.cursor_seal.clone();
        let after = cursor.map(|cursor| place(&seal, &list, &cursor)).transpose()?;
        let slice = Slice {
            id: id.map(|text| parse(&text, "id")).transpose()?,
            external_id,
            updated_since: updated_since.map(|text| parse(&text, "updated_since")).transpose()?,
            after,
            words: Vec::new(),
            limit,
        };
        let own = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let own = serde_html_form::Deserializer::from_bytes(own.as_bytes());
        let filter = serde_path_to_error::deserialize(own).map_err(|error| not_understood(&error))?;
        Ok(Self { studio, filter, slice, seal, list, caller: PhantomData })
    }
}

fn place(seal: &CursorSeal, list: &str, cursor: &str) -> Result<String, Problem> {
    let refused = "The cursor does not belong to this list with these filters. Start again without it.";
    seal.open(list, cursor).ok_or_else(|| Problem::malformed(refused))
}

fn parse<V: std::str::FromStr<Err: std::fmt::Display>>(text: &str, name: &str) -> Result<V, Problem> {
    text.parse().map_err(|error| bad_value(name, &format!("{error}")))
}

/// Names the parameter, unless what is said of it does.
fn not_understood<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Problem {
    let (name, what) = (error.path().to_string(), error.inner().to_string());
    if name == "." || what.contains(&format!("`{name}`")) {
        return Problem::malformed(format!("The query is not valid: {what}."));
    }
    bad_value(&name, &what)
}

/// A whole number, clamped to what a page holds.
fn limit(text: &str) -> Result<i64, Problem> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad_value("limit", "is not a whole number"));
    }
    let huge = if text.starts_with('-') { 1 } else { MAX_LIMIT };
    Ok(text.parse::<i64>().unwrap_or(huge).clamp(1, MAX_LIMIT))
}

impl<C, T: Resource, F: IntoParams> Asks<C> for ListQuery<T, F, C> {
    fn ask(operation: &mut Operation) {
        operation.query(
            "limit",
            json!({"type": "integer", "default": 25}),
            "The number of rows on a page, 1 to 100. A value out of range is clamped.",
        );
        operation.query(
            "cursor",
            json!({"type": "string", "format": "cursor"}),
            "The `next_cursor` of the previous page. Send the same filters.",
        );
        operation.query("id", id_schema::<T>().0, "Only the row with this id.");
        operation.query("external_id", json!({"type": "string"}), "Only the row with this `external_id`.");
        operation.query(
            "updated_since",
            json!({"type": "string", "format": "date-time"}),
            "Only rows created or changed at this instant or later, in the order of their last change. To start following a \
            list, send `1970-01-01T00:00:00Z`; the top of this document says how to go on. A row may come twice.",
        );
        for parameter in F::into_params(|| Some(ParameterIn::Query)) {
            let mut parameter = serde_json::to_value(parameter).unwrap_or_default();
            parameter["schema"] = schema::for_query(parameter["schema"].take());
            operation.parameters.push(parameter);
        }
        operation.problems.push(400);
    }
}

impl<P: Shape> Answers for Page<P> {
    fn answer(operation: &mut Operation) {
        let row = operation.names(P::name(), P::schema());
        let example = json!({"data": [operation.example_of(&P::name())], "next_cursor": null});
        let page = json!({"type": "object", "required": ["data", "next_cursor"], "examples": [example],
            "description": "A page of the list.", "properties": {
            "data": {"type": "array", "items": row, "description": "The rows. A schedule is ordered by start, every other list by creation, oldest first."},
            "next_cursor": {"type": ["string", "null"], "description": "Send this as `cursor` for the next page. Null on the last page."}}});
        let page = operation.names(format!("{}List", P::name()), page);
        operation.answer(200, "A page of the list.", Some(page), json!({}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_clamped_and_a_word_is_refused() {
        let read = |text| limit(text).ok();
        assert_eq!(
            [read("10"), read("0"), read("-5"), read("999999999999999999999999")],
            [Some(10), Some(1), Some(1), Some(100)]
        );
        assert_eq!([read("ten"), read(""), read("1.5"), read("-")], [None; 4]);
    }
}
