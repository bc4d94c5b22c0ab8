//! What the APIs say in English (rules of fields, problems, codes, scopes), in the language of a page. Called by the pages that show
//! such a text. Programs read the English ones, which are part of the APIs; so each is found here by what it says in English.

mod german;

use std::borrow::Cow;

use crate::wire::{language::Language, mask::mask_keys, problem::Problem, translated::fill};

/// A text of the APIs in the language of the request that is being answered; as it is, where nobody has translated it.
pub fn translate(text: &str) -> Cow<'_, str> {
    translation(text).unwrap_or(Cow::Borrowed(text))
}

/// What a page says of a problem. Where its own words are not translated, it says what the code means and what to do.
pub fn problem(problem: &Problem) -> String {
    let code = problem.code();
    let detail = translation(problem.detail()).unwrap_or_else(|| {
        Cow::Owned(format!("{}. {}", translate(code.title()), translate(code.advice()).replace('`', "")))
    });
    mask_keys(&detail).into_owned()
}

fn translation(text: &str) -> Option<Cow<'_, str>> {
    match Language::current() {
        Language::English | Language::French | Language::Spanish | Language::Italian | Language::Portuguese => {
            Some(Cow::Borrowed(text))
        }
        Language::German => german::TEXTS.iter().find_map(|(english, german)| {
            let values = values(english, text)?;
            Some(if values.is_empty() { Cow::Borrowed(*german) } else { Cow::Owned(fill(german, &values)) })
        }),
    }
}

/// What stands in the places of a pattern, such as `must be at least {limit}`, where a text is made by it.
fn values<'t>(pattern: &'static str, text: &'t str) -> Option<Vec<(&'static str, &'t str)>> {
    let mut pieces = pattern.split('{');
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut values = Vec::new();
    for piece in pieces {
        let (name, after) = piece.split_once('}')?;
        let end = if after.is_empty() { rest.len() } else { rest.find(after)? };
        let (value, behind) = rest.split_at(end);
        values.push((name, value));
        rest = behind.strip_prefix(after)?;
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{access::scope::Scope, wire::problem::Code};

    #[test]
    fn a_text_is_found_by_its_pattern_and_keeps_its_values() {
        let in_german = |text: &str| Language::German.write(|| translate(text).into_owned());
        assert_eq!(in_german("must have at most 120 characters"), "darf höchstens 120 Zeichen haben");
        assert_eq!(in_german("must have at most 120 characters and more"), "must have at most 120 characters and more");
        assert_eq!(translate("must not be blank"), "must not be blank");
    }

    #[test]
    fn every_code_and_scope_is_explained_in_german() {
        let codes = Code::ALL.iter().flat_map(|code| [code.title(), code.advice()]);
        let all: Vec<_> = codes.chain(Scope::ALL.iter().map(|scope| scope.meaning())).collect();
        let missing: Vec<_> =
            Language::German.write(|| all.into_iter().filter(|text| translation(text).is_none()).collect());
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn a_problem_in_words_that_nobody_translated_is_explained_by_its_code() {
        let busy = Problem::new(Code::Overloaded, "Something that nobody has translated.");
        assert!(Language::German.write(|| self::problem(&busy)).starts_with("Das Gateway ist ausgelastet. "));
        assert_eq!(self::problem(&busy), "Something that nobody has translated.");
    }
}
