//! What the columns of a spreadsheet are called, and which field each is. Other platforms have their own words for a
//! member's fields, in six languages ([`words`]): the ones that mean one thing are known, and `--map` says the rest.

use std::str::FromStr;

use super::words::{FOR_MEMBERS, NAME, SPEAKS_OF_AN_END};

/// What columns are, beyond what their headings say.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Headings that mean a field.
    pub fields: Vec<HeadingRule>,
    /// Headings of which nothing is read.
    pub ignored: Vec<String>,
    /// Whether nothing is read of headings that are no field either.
    pub ignore_unknown: bool,
}

/// A heading, or a field, and what it means: `Heading=field`.
#[derive(Clone, Debug)]
pub struct HeadingRule {
    /// The part before the sign.
    pub name: String,
    /// The part after it.
    pub means: String,
}

impl FromStr for HeadingRule {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, means) = text.rsplit_once('=').ok_or("is written as 'Heading=field'")?;
        let (name, means) = (name.trim().to_owned(), means.trim().to_owned());
        if name.is_empty() || means.is_empty() {
            Err("is written as 'Heading=field'")
        } else {
            Ok(Self { name, means })
        }
    }
}

impl Mapping {
    /// The fields that headings mean, as paths: `price.amount`; nothing for those that nothing is read of.
    pub fn fields(&self, kind: &str, headings: &[String]) -> Vec<Option<String>> {
        let mut fields: Vec<_> = headings.iter().map(|heading| self.field(kind, heading)).collect();
        if kind == "members" {
            assign_names(headings, &mut fields);
        }
        fields
    }

    fn field(&self, kind: &str, heading: &str) -> Option<String> {
        let is_it = |other: &str| other.trim() == heading.trim() || folded(other) == folded(heading);
        if self.ignored.iter().any(|ignored| is_it(ignored)) {
            return None;
        }
        if let Some(told) = self.fields.iter().find(|told| is_it(&told.name)) {
            return Some(plain(&told.means));
        }
        Some(field(kind, heading))
    }
}

/// The field that a heading means by itself.
fn field(kind: &str, heading: &str) -> String {
    let word = folded(heading);
    let known =
        FOR_MEMBERS.iter().find(|(_, words)| kind == "members" && words.split_whitespace().any(|one| one == word));
    known.map_or_else(|| plain(heading), |(field, _)| (*field).to_owned())
}

/// In some languages the word for a name is that for a part of it: beside `Cognome`, `Nome` is the first, and beside
/// `Vorname`, `Name` is the last.
fn assign_names(headings: &[String], fields: &mut [Option<String>]) {
    let words: Vec<_> = headings.iter().map(|heading| folded(heading)).collect();
    let has = |field: &str| fields.iter().flatten().any(|other| other == field);
    let (first, last) = (has("first_name"), has("last_name"));
    let is_german = words.iter().any(|word| word == "vorname");
    for (word, field) in words.iter().zip(fields) {
        if field.as_deref() != Some(NAME) {
            continue;
        }
        match word.as_str() {
            "nombre" | "nome" if last => *field = Some("first_name".into()),
            "nom" if first => *field = Some("last_name".into()),
            "name" if first && is_german => *field = Some("last_name".into()),
            _ => {}
        }
    }
}

/// Whether a heading speaks of who is a member no more: such a column is not passed over unsaid.
pub fn speaks_of_an_end(heading: &str) -> bool {
    let word = folded(heading);
    let parts: Vec<_> = word.split('_').collect();
    SPEAKS_OF_AN_END.split_whitespace().any(|end| match (end.strip_prefix('*'), end.strip_suffix('*')) {
        (Some(inner), _) => word.contains(inner),
        (None, Some(start)) => parts.iter().any(|part| part.starts_with(start)),
        (None, None) => parts.contains(&end),
    })
}

/// A heading without marks, for comparison.
pub fn folded(heading: &str) -> String {
    plain(&deunicode::deunicode(&plain(heading)))
}

/// `First Name`, `firstName` and `FIRST-NAME` are `first_name`. What follows the first point is kept as it is
/// where it names an entry of a map, which has names of its own.
pub fn plain(heading: &str) -> String {
    let (first, rest) = heading.trim().split_once('.').map_or((heading, None), |(first, rest)| (first, Some(rest)));
    let mut plain = String::new();
    let mut before = ' ';
    for letter in first.trim().chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() && before.is_lowercase() {
            plain.push(' ');
        }
        if letter.is_alphanumeric() {
            plain.extend(letter.to_lowercase());
        }
        before = letter;
    }
    let plain = plain.split_whitespace().collect::<Vec<_>>().join("_");
    rest.map_or(plain.clone(), |rest| format!("{plain}.{}", rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_read_in_any_case_and_spelling() {
        for heading in
            ["First Name", "first_name", "firstName", " FIRST-NAME ", "Firstname", "Given name", "Vorname", "Prénom"]
        {
            assert_eq!(field("members", heading), "first_name", "{heading}");
        }
        assert_eq!(field("members", "Date of Birth"), "birth_date");
        assert_eq!(field("members", "E-Mail"), "email");
        assert_eq!(field("plans", "Price.amount"), "price.amount");
        assert_eq!(field("members", "metadata.Old System"), "metadata.Old System");
        assert_eq!(field("instructors", "Given name"), "given_name");
    }

    #[test]
    fn a_name_is_a_part_where_the_other_part_stands_beside_it() {
        let fields = |headings: &[&str]| -> Vec<String> {
            let headings: Vec<_> = headings.iter().map(|&heading| heading.to_owned()).collect();
            Mapping::default().fields("members", &headings).into_iter().flatten().collect()
        };
        assert_eq!(fields(&["Nome", "Cognome"]), ["first_name", "last_name"]);
        assert_eq!(fields(&["Nombre", "Apellidos"]), ["first_name", "last_name"]);
        assert_eq!(fields(&["Nom", "Prénom"]), ["last_name", "first_name"]);
        assert_eq!(fields(&["Name", "Vorname"]), ["last_name", "first_name"]);
        for heading in ["Nome", "Nombre", "Nom", "Name"] {
            assert_eq!(fields(&[heading]), [NAME]);
        }
    }

    #[test]
    fn no_word_stands_for_two_fields() {
        let mut all: Vec<_> = FOR_MEMBERS.iter().flat_map(|(_, words)| words.split_whitespace()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for word in all {
            assert_eq!(folded(word), word, "a word that no heading comes to");
        }
    }

    #[test]
    fn an_end_is_heard_in_six_languages() {
        for heading in [
            "Membership State/Status",
            "Contract End",
            "Kündigung zum",
            "Vertragsende",
            "Gültig bis",
            "Date de résiliation",
            "Fecha de baja",
            "Stato",
            "Scadenza abbonamento",
            "Situação",
            "Válido até",
            "Is Active",
            "Aktiv?",
            "Expiry",
            "Frozen",
            "Deactivated at",
            "Unsubscribed",
        ] {
            assert!(speaks_of_an_end(heading), "{heading}");
        }
        for heading in ["Shoe size", "Gender", "Street", "Emergency contact", "Last visit", "Gender identity", "Vendor"]
        {
            assert!(!speaks_of_an_end(heading), "{heading}");
        }
    }
}
