//! Normalizes texts for search, so that case and accents do not matter. Stored texts and search words go through the same
//! function, and both engines only compare bytes.

use icu_normalizer::{
    ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed,
};
use icu_properties::{CodePointMapData, CodePointSetData, props};

/// The text without case and accents: `ZOË`, a decomposed `Zoë` and full-width letters become `zoe`, `ß` becomes `ss`.
/// Normalizing twice changes nothing.
pub fn normalize_for_search(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Some letters have an accent only in the other case, such as `İ`.
    let lower: String = bare(text).chars().flat_map(fold_case).collect();
    let plain: String = bare(&lower).chars().fold(String::with_capacity(lower.len()), |mut plain, letter| {
        match stroked(letter) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(letter),
        }
        plain
    });
    ComposingNormalizerBorrowed::new_nfc().normalize(&plain).into_owned()
}

/// The compatibility decomposition, without marks and invisible characters.
fn bare(text: &str) -> String {
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    decomposed.chars().filter(|letter| letter.is_ascii() || !is_mark(*letter)).collect()
}

/// Whether a character is an accent or another mark, or is invisible. Indic vowel signs, the nukta and kana voicing marks are
/// kept: readers treat them as letters.
fn is_mark(letter: char) -> bool {
    let class = CanonicalCombiningClassMapBorrowed::new().get_u8(letter);
    matches!(class, 10..=36 | 200..)
        || CodePointSetData::new::<props::DefaultIgnorableCodePoint>().contains(letter)
        || CodePointMapData::<props::GeneralCategory>::new().get(letter) == props::GeneralCategory::EnclosingMark
}

/// Full case folding by way of upper case, since `ß` is `SS` and both small sigmas are `Σ`.
fn fold_case(letter: char) -> impl Iterator<Item = char> {
    letter.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Letters with a stroke, and ligatures, which Unicode does not decompose.
fn stroked(letter: char) -> Option<&'static str> {
    Some(match letter {
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ƀ' => "b",
        'ɨ' => "i",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_marks_make_no_difference() {
        for (text, form) in [
            ("Zoë", "zoe"),
            ("Zoe\u{308}", "zoe"),
            ("NÚÑEZ", "nunez"),
            ("Straße STRASSE STRAẞE", "strasse strasse strasse"),
            ("Ｙｉｎ　１２", "yin 12"),
            ("ﬁt", "fit"),
            ("İstanbul ISPARTA ısı", "istanbul isparta isi"),
            ("ΌΣΟΣ όσος", "οσοσ οσοσ"),
            ("Łódź Ærø", "lodz aero"),
            ("Nguyễn", "nguyen"),
            ("Ёлка Йога", "елка иога"),
            ("שָׁלוֹם", "שלום"),
            ("co\u{ad}op a\u{200b}b", "coop ab"),
            ("ﾖｶﾞ ヨガ", "ヨガ ヨガ"),
            ("한국", "한국"),
            ("की कि", "की कि"),
            ("[a_b] 100% \"c\\d*\"", "[a_b] 100% \"c\\d*\""),
        ] {
            assert_eq!(normalize_for_search(text), form, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_form_is_its_own_form(text in "\\PC{0,40}") {
            let form = normalize_for_search(&text);
            prop_assert_eq!(normalize_for_search(&form), form);
        }
    }
}
