//! A request's query: its pairs, and the parameters that are known. Called by whatever reads one, so that a parameter which
//! would be passed over is refused everywhere.

use axum::http::request::Parts;

use super::problem::{Code, Problem};

/// 400: what is wrong with a parameter's value.
pub fn bad_value(name: &str, what: &str) -> Problem {
    Problem::malformed(format!("The query is not valid: `{name}` {what}."))
}

/// The query's pairs, decoded; each name at most once, no U+0000, which no database text holds.
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
    let detail =
        format!("The query is not valid: there is no parameter `{unknown}` here.{near} This operation takes {takes}.");
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
