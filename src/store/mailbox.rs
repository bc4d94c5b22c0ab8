//! E-mail addresses as they are compared, stored and sent: the domain may be in any script, or in ASCII (IDNA 2008). The
//! address as the user wrote it is kept too.

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// The most bytes of the local part and of the whole address (RFC 5321, section 4.5.3.1).
const LONGEST_LOCAL: usize = 64;
const LONGEST: usize = 254;

/// Whether a text can be an e-mail address: as in HTML's e-mail field, with letters of every script, and a possible domain.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let dotted = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    let fits = !local.is_empty() && local.len() <= LONGEST_LOCAL && text.len() <= LONGEST;
    dotted
        && fits
        && local.chars().all(is_of_local)
        && ascii_domain(domain).is_some_and(|domain| local.len() + 1 + domain.len() <= LONGEST)
}

/// The comparison key of an address: without case, composition and the form of its domain. Other texts are lowercased.
pub fn key(address: &str) -> String {
    let composed = icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(address).to_lowercase();
    ascii(&composed).unwrap_or(composed)
}

/// The address with its domain in ASCII, as it is sent.
pub fn ascii(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    ascii_domain(domain).map(|domain| format!("{local}@{domain}"))
}

/// A domain in lower-case ASCII, if it can exist: at least two labels, none empty, too long or with a hyphen at an end, and the
/// last one not a number.
fn ascii_domain(domain: &str) -> Option<String> {
    let uts46 = Uts46::new();
    let ascii = uts46.to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify).ok()?;
    let last = ascii.rsplit_once('.')?.1;
    (!last.bytes().all(|byte| byte.is_ascii_digit())).then(|| ascii.to_string())
}

/// A letter with its marks, a digit, or an atom character of RFC 5322.
fn is_of_local(letter: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(letter);
    letter.is_alphanumeric() || GeneralCategoryGroup::Mark.contains(category) || ".!#$%&'*+/=?^_`{|}~-".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_letters_of_any_script_and_a_domain_that_can_exist() {
        let long = format!("a@{}.example", "x".repeat(63));
        for right in [
            "anna@studio.example",
            "anna@müller.example",
            "info@उदाहरण.परीक्षा",
            "用户@例子.广告",
            "zoe\u{308}@x.example",
            "a@xn--mller-kva.example",
            &long,
        ] {
            assert!(is_address(right), "{right}");
        }
        let label = format!("a@{}.example", "x".repeat(64));
        let wide = format!("a@{}.example", "ü".repeat(60));
        for wrong in [
            "anna@1.2.3.4",
            "a@example.123",
            "a@-x.example",
            "a@x-.example",
            "a@x..example",
            "a@.example",
            "a@example.",
            "a@localhost",
            "a@xn--a.example",
            "a b@x.example",
            "a@x y.example",
            "a@x_y.example",
            "@x.example",
            "a@[127.0.0.1]",
            "a@x\u{200b}\u{202e}.example",
            &label,
            &wide,
        ] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn both_forms_of_a_domain_have_one_key() {
        let key_of = "anna@xn--mller-kva.example";
        for same in
            ["anna@müller.example", "Anna@MÜLLER.example", "anna@mu\u{308}ller.example", "anna@XN--MLLER-KVA.example"]
        {
            assert_eq!(key(same), key_of, "{same}");
        }
        assert_eq!(key("ZOE\u{308}@x.example"), key("zoë@x.example"));
        assert_eq!(key("Anna+b@Studio.example"), "anna+b@studio.example");
    }
}
