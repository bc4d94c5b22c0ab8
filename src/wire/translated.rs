//! Texts for people, in every language of theirs: each set of texts is a struct with a field for each text, so that a language
//! lacks none. Made by the macro `texts!` for the dashboard, the pages for members and the mails.

use std::ops::Deref;

use super::language::Language;

/// Texts that are written in English and in other languages: a struct with a field for each text, and its English value.
macro_rules! texts {
    ($texts:ident $english:ident: $($name:ident $text:literal)*) => {
        /// The texts in one language.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "each is the text that it names")]
        pub struct $texts { $(pub $name: &'static str),* }

        static $english: $texts = $texts { $($name: $text),* };

        impl $texts {
            /// Every text with its name. The tests compare two languages with it.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name)),*].into_iter()
            }
        }
    };
}
pub(crate) use texts;

/// Texts in English and German; readers of any other language get the English ones. A field is read in the language of the request that is being answered.
#[derive(Debug)]
pub struct Translated<T: 'static> {
    /// In English.
    pub english: &'static T,
    /// In German.
    pub german: &'static T,
}

impl<T> Translated<T> {
    /// The texts in this language.
    pub fn of(&self, language: Language) -> &'static T {
        match language {
            Language::German => self.german,
            Language::English | Language::French | Language::Spanish | Language::Italian | Language::Portuguese => {
                self.english
            }
        }
    }
}

impl<T> Deref for Translated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.of(Language::current())
    }
}

/// A text with values in its places, such as `{studio}`. A value that looks like a place stays as it is.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut pieces = text.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let value = piece
            .split_once('}')
            .and_then(|(name, rest)| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, rest)));
        match value {
            Some((value, rest)) => filled.extend([value, rest]),
            None => filled.extend(["{", piece]),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_no_place_for_another() {
        let values = [("studio", "{email} & {studio}"), ("email", "a@b.example")];
        assert_eq!(fill("{studio}: {email}, {other}", &values), "{email} & {studio}: a@b.example, {other}");
    }
}
