//! What the columns of a spreadsheet are called, and which field each is. Other platforms have their own words for a
//! member's fields; the ones that say nothing else are known here.

/// A member's whole name, which is a field of no row: the sheet takes it apart.
pub const NAME: &str = "first_name last_name";
/// A member's plan by its name or external id: what an import looks up.
pub const PLAN: &str = "plan";

/// Headings of members that mean a field of another name, as [`plain`] writes them.
const OF_MEMBERS: &[(&str, &str)] = &[
    ("birthdate", "birth_date"),
    ("birthday", "birth_date"),
    ("client_id", "external_id"),
    ("customer_id", "external_id"),
    ("date_of_birth", "birth_date"),
    ("dob", "birth_date"),
    ("e_mail", "email"),
    ("e_mail_address", "email"),
    ("email_address", "email"),
    ("family_name", "last_name"),
    ("firstname", "first_name"),
    ("forename", "first_name"),
    ("full_name", NAME),
    ("given_name", "first_name"),
    ("lastname", "last_name"),
    ("mail", "email"),
    ("marketing", "marketing_consent"),
    ("marketing_opt_in", "marketing_consent"),
    ("member_id", "external_id"),
    ("member_since", "starts_on"),
    ("mobile", "phone"),
    ("mobile_phone", "phone"),
    ("name", NAME),
    ("newsletter", "marketing_consent"),
    ("note", "notes"),
    ("phone_number", "phone"),
    ("plan_name", PLAN),
    ("surname", "last_name"),
    ("tag", "tags"),
    ("telephone", "phone"),
];

/// The field that a heading means, as a path: `price.amount`.
pub fn field(kind: &str, heading: &str) -> String {
    let plain = plain(heading);
    let synonym = OF_MEMBERS.iter().find(|(other, _)| kind == "members" && *other == plain);
    synonym.map_or(plain, |(_, field)| (*field).to_owned())
}

/// `First Name`, `firstName` and `FIRST-NAME` are `first_name`. What stands behind the first point is kept as it is
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
        for heading in ["First Name", "first_name", "firstName", " FIRST-NAME ", "Firstname", "Given name"] {
            assert_eq!(field("members", heading), "first_name", "{heading}");
        }
        assert_eq!(field("members", "Date of Birth"), "birth_date");
        assert_eq!(field("members", "E-Mail"), "email");
        assert_eq!(field("plans", "Price.amount"), "price.amount");
        assert_eq!(field("members", "metadata.Old System"), "metadata.Old System");
        assert_eq!(field("instructors", "Given name"), "given_name");
    }
}
