//! Lists: what may be asked of every list, the cursor that leads from page to page, and the page itself.
//!
//! A cursor is opaque, URL-safe, and bound by a MAC to its list, studio and filters, so that one which was made up, or
//! taken from another list, is refused. Rows come in the order of their ids, which never changes, so that rows added
//! or changed while a client pages neither repeat nor hide others; with `updated_since`, in the order of their last
//! change, where a row that changes meanwhile comes again, later, and hides nothing.

use std::marker::PhantomData;

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderValue, Response, header, request::Parts},
    response::IntoResponse,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use utoipa::IntoParams;

use super::{
    problem::{Code, Problem},
    search::Search,
};
use crate::{
    access::caller::{Caller, KeyCaller},
    app::App,
    store::{
        id::{Named, StudioId},
        row::{Resource, Row, Slice},
    },
};

/// The parameters of every list, beside its own.
pub const OF_EVERY_LIST: [&str; 5] = ["limit", "cursor", "id", "external_id", "updated_since"];
/// That of them which the Storefront does not have: what a studio's own systems call a row is not public.
pub const OF_MANAGEMENT: &str = "external_id";
/// Rows of a page that names no limit.
pub const DEFAULT_LIMIT: i64 = 25;
/// Rows of a page at the most.
pub const MOST: i64 = 100;
/// Bytes of a page at the most, unless one row alone is larger.
const MOST_BYTES: usize = 1024 * 1024;
/// Bytes of a usual page: room that is taken at once, instead of by doubling.
const USUAL_BYTES: usize = 16 * 1024;
/// Bytes of a cursor's MAC: enough that nobody makes one up.
const MAC_LENGTH: usize = 16;

/// What seals cursors: the same for all servers of one database.
#[derive(Clone)]
pub struct CursorSeal(pub [u8; 32]);

impl CursorSeal {
    fn mac(&self, list: &str, place: &str) -> [u8; MAC_LENGTH] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(list.as_bytes());
        mac.update(b"\n");
        mac.update(place.as_bytes());
        let mut short = [0; MAC_LENGTH];
        short.copy_from_slice(&mac.finalize().into_bytes()[..MAC_LENGTH]);
        short
    }

    fn seal(&self, list: &str, place: &str) -> String {
        let bytes = [self.mac(list, place).as_slice(), place.as_bytes()].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(&self, list: &str, cursor: &str) -> Option<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (mac, place) = bytes.split_at_checked(MAC_LENGTH)?;
        let place = str::from_utf8(place).ok()?;
        let right = subtle::ConstantTimeEq::ct_eq(mac, self.mac(list, place).as_slice());
        bool::from(right).then(|| place.to_owned())
    }
}

/// A list's query, read and checked: the filters of every list, the list's own `F`, and the place to go on from. `C` is
/// who asks.
pub struct Asked<T: Named, F, C = KeyCaller> {
    /// Whose rows are listed.
    pub studio: StudioId,
    /// The list's own filters.
    pub filter: F,
    slice: Slice<T>,
    limit: usize,
    seal: CursorSeal,
    list: String,
    caller: PhantomData<fn(C)>,
}

impl<T: Resource, F, C> Asked<T, F, C> {
    /// What to read: one row more than the page holds, to know whether another page follows.
    #[must_use]
    pub fn slice(&self) -> Slice<T> {
        self.slice.clone()
    }

    /// What to read where each word of a search has to be found.
    #[must_use]
    pub fn searched(&self, search: Option<&Search>) -> Slice<T> {
        let words = search.map(Search::words).unwrap_or_default().to_vec();
        Slice { words, ..self.slice() }
    }

    /// The page of these rows.
    #[must_use]
    pub fn page(&self, rows: Vec<Row<T>>) -> Page<Row<T>> {
        self.page_of(rows, |row| row)
    }

    /// The page of these rows, each in another shape. It ends early where it would become too large; what is left is on
    /// the next one.
    #[must_use]
    pub fn page_of<P: Serialize>(&self, rows: Vec<Row<T>>, shape: impl FnMut(Row<T>) -> P) -> Page<P> {
        Page { written: self.write(rows, shape).map_err(Problem::internal), shape: PhantomData }
    }

    fn write<P: Serialize>(
        &self,
        rows: Vec<Row<T>>,
        mut shape: impl FnMut(Row<T>) -> P,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let mut more = rows.len() > self.limit;
        let mut json = Vec::with_capacity(USUAL_BYTES);
        json.extend_from_slice(b"{\"data\":[");
        let mut last = None;
        for row in rows.into_iter().take(self.limit) {
            let (place, end) = (self.slice.place(&row), json.len());
            if last.is_some() {
                json.push(b',');
            }
            serde_json::to_writer(&mut json, &shape(row))?;
            // A row alone is a page, whatever its size.
            if json.len() > MOST_BYTES && last.is_some() {
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

/// A page of a list, written out: the rows, and where the next page starts (`null` on the last).
#[derive(Debug)]
pub struct Page<P> {
    written: Result<Vec<u8>, Problem>,
    shape: PhantomData<P>,
}

impl<P> IntoResponse for Page<P> {
    fn into_response(self) -> Response<Body> {
        self.written.map_or_else(IntoResponse::into_response, answer)
    }
}

/// A 200 with a JSON body.
pub fn json(value: &impl Serialize) -> Response<Body> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut bytes, value) {
        Ok(()) => answer(bytes),
        Err(error) => Problem::internal(error).into_response(),
    }
}

fn answer(mut json: Vec<u8>) -> Response<Body> {
    // What a client reads slowly is held for long, at its own size.
    if json.capacity() > 2 * USUAL_BYTES {
        json.shrink_to_fit();
    }
    let mut response = Response::new(json.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl<T: Resource, F: DeserializeOwned + IntoParams, C: Caller> FromRequestParts<App> for Asked<T, F, C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = C::of(&parts.extensions)?;
        let is_public = caller.sees_what_is_public();
        let mut pairs = query_pairs(parts)?;
        known_names(&pairs, || {
            let own = F::into_params(|| None).into_iter().map(|parameter| parameter.name);
            let of_every_list = OF_EVERY_LIST.into_iter().filter(|name| !is_public || *name != OF_MANAGEMENT);
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
            limit: limit + 1,
        };
        let own = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let own = serde_html_form::Deserializer::from_bytes(own.as_bytes());
        let filter = serde_path_to_error::deserialize(own).map_err(|error| not_understood(&error))?;
        let limit = usize::try_from(limit).unwrap_or_default();
        Ok(Self { studio, filter, slice, limit, seal, list, caller: PhantomData })
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
        return Problem::malformed(format!("The query is not understood: {what}."));
    }
    bad_value(&name, &what)
}

fn bad_value(name: &str, what: &str) -> Problem {
    Problem::malformed(format!("The query is not understood: `{name}` {what}."))
}

/// A whole number, clamped to what a page holds.
fn limit(text: &str) -> Result<i64, Problem> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad_value("limit", "is not a whole number"));
    }
    let huge = if text.starts_with('-') { 1 } else { MOST };
    Ok(text.parse::<i64>().unwrap_or(huge).clamp(1, MOST))
}

/// The query's pairs, decoded; each name at most once, no U+0000, which no database text holds.
///
/// # Errors
/// `malformed_request`; `validation_failed` for U+0000, as in a body.
pub fn query_pairs(parts: &Parts) -> Result<Vec<(String, String)>, Problem> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    if percent_encoding::percent_decode(query).decode_utf8().is_err() {
        return Err(Problem::malformed("The query is not UTF-8 behind its percent signs."));
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query) {
        if name.contains('\0') || value.contains('\0') {
            let detail = format!("`{}` in the query must not contain U+0000.", shown(&name));
            return Err(Problem::new(Code::ValidationFailed, detail));
        }
        if pairs.iter().any(|(known, _)| *known == name) {
            let detail = format!("The query names `{}` twice. Send each parameter once.", shown(&name));
            return Err(Problem::malformed(detail));
        }
        pairs.push((name.into_owned(), value.into_owned()));
    }
    Ok(pairs)
}

/// Refuses a parameter that would be passed over, and names those that are known. They are listed only when it is needed.
///
/// # Errors
/// `malformed_request`.
pub fn known_names(pairs: &[(String, String)], known: impl FnOnce() -> Vec<String>) -> Result<(), Problem> {
    if pairs.is_empty() {
        return Ok(());
    }
    let known = known();
    let Some((unknown, _)) = pairs.iter().find(|(name, _)| !known.contains(name)) else { return Ok(()) };
    let near = nearest(unknown, &known).map(|near| format!(" Do you mean `{near}`?")).unwrap_or_default();
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    let takes = match names.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => format!("{only} alone"),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    };
    let unknown = shown(unknown);
    let detail = format!(
        "The query is not understood: there is no parameter `{unknown}` here.{near} This operation takes {takes}."
    );
    Err(Problem::malformed(detail))
}

/// The known name that somebody may have meant: the same but for its case, or but for a slip or two.
fn nearest<'k>(unknown: &str, known: &'k [String]) -> Option<&'k String> {
    let spelled = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let meant = spelled(shown(unknown));
    let slips = |name: &&String| strsim::osa_distance(&spelled(name), &meant);
    known.iter().min_by_key(slips).filter(|name| slips(name) * 3 <= meant.len())
}

/// As much of a name of the caller's as an answer repeats.
fn shown(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST_NAME)]
}

/// Bytes of a parameter's name that are repeated at the most; ours are shorter.
const LONGEST_NAME: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_where_it_was_sealed() {
        let seal = CursorSeal([7; 32]);
        let cursor = seal.seal("list", "ins_1");
        assert_eq!(seal.open("list", &cursor).as_deref(), Some("ins_1"));
        assert_eq!(seal.open("other list", &cursor), None);
        assert_eq!(CursorSeal([8; 32]).open("list", &cursor), None);
        assert_eq!(seal.open("list", &BASE64_URL_SAFE_NO_PAD.encode([0; 40])), None);
        assert_eq!(seal.open("list", "not base64!"), None);
    }

    #[test]
    fn a_limit_is_clamped_and_a_word_is_refused() {
        let read = |text| limit(text).ok();
        assert_eq!(
            [read("10"), read("0"), read("-5"), read("999999999999999999999999")],
            [Some(10), Some(1), Some(1), Some(100)]
        );
        assert_eq!([read("ten"), read(""), read("1.5"), read("-")], [None; 4]);
    }

    #[test]
    fn an_unknown_parameter_is_told_all_that_are_known_and_the_one_that_was_meant() {
        let known = || ["limit", "cursor", "updated_since", "q"].map(str::to_owned).to_vec();
        let told =
            |name: &str| known_names(&[(name.to_owned(), String::new())], known).expect_err(name).detail().to_owned();
        for (name, meant) in
            [("Limit", "limit"), ("limt", "limit"), ("updatedSince", "updated_since"), ("coursor", "cursor")]
        {
            assert!(told(name).contains(&format!("Do you mean `{meant}`?")), "{}", told(name));
        }
        for far in ["page", "sort", "é", ""] {
            assert!(!told(far).contains("Do you mean"), "{}", told(far));
        }
        assert!(told("page").ends_with("This operation takes `limit`, `cursor`, `updated_since` and `q`."));
        assert!(known_names(&[("q".to_owned(), String::new())], known).is_ok());
    }
}
