//! Parses query strings, and rejects unknown parameters instead of ignoring them.

use axum::http::request::Parts;

use super::problem::{Code, Problem};

/// 400: an invalid parameter.
pub fn bad_value(name: &str, what: &str) -> Problem {
    Problem::malformed(format!("The query is not valid: `{name}` {what}."))
}

/// The decoded parameters: each at most once, and without U+0000, which databases cannot store.
///
/// # Errors
/// `malformed_request`; `validation_failed` for U+0000, as in a body.
pub fn query_pairs(parts: &Parts) -> Result<Vec<(String, String)>, Problem> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    if percent_encoding::percent_decode(query).decode_utf8().is_err() {
        return Err(Problem::malformed("The query is not valid UTF-8 after percent-decoding."));
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query) {
        if name.contains('\0') || value.contains('\0') {
            let detail = format!("`{}` in the query must not contain U+0000.", shown(&name));
            return Err(Problem::new(Code::ValidationFailed, detail));
        }
        if pairs.iter().any(|(known, _)| *known == name) {
            let detail = format!("The query has `{}` twice. Send each parameter once.", shown(&name));
            return Err(Problem::malformed(detail));
        }
        pairs.push((name.into_owned(), value.into_owned()));
    }
    Ok(pairs)
}

/// Rejects unknown parameters, and lists the known ones.
///
/// # Errors
/// `malformed_request`.
pub fn reject_unknown(pairs: &[(String, String)], known: impl FnOnce() -> Vec<String>) -> Result<(), Problem> {
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
    let detail =
        format!("The query is not valid: there is no parameter `{unknown}` here.{near} This operation takes {takes}.");
    Err(Problem::malformed(detail))
}

/// The known name that was probably meant: differs in case only, or by a typing error or two.
fn nearest<'k>(unknown: &str, known: &'k [String]) -> Option<&'k String> {
    let spelled = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let meant = spelled(shown(unknown));
    let slips = |name: &&String| strsim::osa_distance(&spelled(name), &meant);
    known.iter().min_by_key(slips).filter(|name| slips(name) * 3 <= meant.len())
}

/// The start of a caller's name, for a message.
fn shown(name: &str) -> &str {
    &name[..name.floor_char_boundary(MAX_NAME_BYTES)]
}

/// The most bytes of an unknown name in a message; our names are shorter.
const MAX_NAME_BYTES: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_parameter_is_told_all_that_are_known_and_the_one_that_was_meant() {
        let known = || ["limit", "cursor", "updated_since", "q"].map(str::to_owned).to_vec();
        let told = |name: &str| {
            reject_unknown(&[(name.to_owned(), String::new())], known).expect_err(name).detail().to_owned()
        };
        for (name, meant) in
            [("Limit", "limit"), ("limt", "limit"), ("updatedSince", "updated_since"), ("coursor", "cursor")]
        {
            assert!(told(name).contains(&format!("Do you mean `{meant}`?")), "{}", told(name));
        }
        for far in ["page", "sort", "é", ""] {
            assert!(!told(far).contains("Do you mean"), "{}", told(far));
        }
        assert!(told("page").ends_with("This operation takes `limit`, `cursor`, `updated_since` and `q`."));
        assert!(reject_unknown(&[("q".to_owned(), String::new())], known).is_ok());
    }
}
