//! The text of a key: its form, its checksum and its mask.

use std::collections::BTreeSet;

use flow_gateway::{
    access::key::{KeyKind, LENGTH, PresentedKey, kind_of, masked, mint},
    wire::mask::mask_keys,
};

use super::forge::{base62, crc32, sealed};

/// Keys with their checksums, from another implementation.
const KNOWN: [&str; 4] = [
    "flow_sk_000000000000000000000000000000000000000000000Yq7Gv",
    "flow_pk_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz2gTV8y",
    "flow_sk_ABCDEFGHIJKLabcdefghijklmnopqrstuvwxyz01234502zEMo",
    "flow_sk_itwhGZOt6jPTF4kkK8hc1ejOe3IMngtxv1idSKb0mYKw00MADh",
];

#[test]
fn the_checksum_is_the_one_that_scanners_compute() {
    assert_eq!((crc32(b"123456789"), base62(0xcbf4_3926).as_str()), (0xcbf4_3926, "3jZRME"));
    for key in KNOWN {
        assert_eq!(sealed(&key[..52]), key);
        assert!(PresentedKey::parse(key).is_ok(), "{key}");
    }
}

#[test]
fn one_wrong_character_anywhere_makes_no_key() {
    for key in KNOWN {
        for at in 0..key.len() {
            for other in ['0', 'Z', 'a', '_', ' ', '\n', '\u{0}'] {
                let wrong = format!("{}{other}{}", &key[..at], &key[at + 1..]);
                assert_eq!(PresentedKey::parse(&wrong).is_ok(), wrong == key, "{wrong}");
            }
            assert!(PresentedKey::parse(&key[..at]).is_err());
            assert!(PresentedKey::parse(&format!("{}{}", &key[..at], &key[at + 1..])).is_err());
        }
        for wrong in [
            format!("{key}0"),
            format!(" {key}"),
            format!("{key}\n"),
            key.to_uppercase(),
            sealed("flow_xk_aaaa"),
            sealed(&format!("flow_mk_{}", &key[8..52])),
        ] {
            assert!(PresentedKey::parse(&wrong).is_err(), "{wrong}");
        }
    }
    assert!(PresentedKey::parse(&sealed(&format!("flow_sk_{}é", "a".repeat(42)))).is_err());
}

#[test]
fn a_made_key_has_the_promised_form_and_is_unlike_any_other() {
    let mut seen = BTreeSet::new();
    for kind in [KeyKind::Secret, KeyKind::Publishable].into_iter().cycle().take(400) {
        let minted = mint(kind);
        let text = minted.reveal();
        assert_eq!((text.len(), LENGTH), (58, 58));
        assert_eq!(sealed(&text[..52]), text);
        assert!(text[8..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(kind_of(text), Some(kind));
        assert_eq!((minted.id.to_string().as_str(), minted.last_four.as_str()), (&text[8..20], &text[54..]));
        assert!(seen.insert(text[8..20].to_owned()) && seen.insert(text[20..52].to_owned()));
    }
    let letters: BTreeSet<char> = seen.iter().flat_map(|part| part.chars()).collect();
    assert_eq!(letters.len(), 62);
}

#[test]
fn a_key_is_shown_by_its_prefix_and_its_last_four() {
    assert_eq!(masked(KeyKind::Secret, "9fKq"), "flow_sk_…9fKq");
    assert_eq!(masked(KeyKind::Publishable, "V8y1"), "flow_pk_…V8y1");
    assert_eq!(mask_keys(KNOWN[3]), "flow_sk_…MADh");
}
