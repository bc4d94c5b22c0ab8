//! Keys as callers present them. A text that is read as one has its form; one that is whole is read, and is masked and
//! found wherever it stands; one that is damaged is refused.
#![no_main]

use flow_gateway::{
    access::key::{KeyKind, LENGTH, PresentedKey, mint},
    wire::mask::{contains_secret_key, mask_keys, mask_path},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, bool, u8, u8)| {
    let (text, around, is_secret, at, with) = input;
    judge(text);
    let kind = if is_secret { KeyKind::Secret } else { KeyKind::Publishable };
    let whole = mint(kind);
    let key = whole.reveal();
    assert_eq!(PresentedKey::parse(key).expect("a key that was made").kind(), kind);
    judge(key);
    stands_among(key, is_secret, around, text);
    let mut damaged = key.as_bytes().to_vec();
    damaged[usize::from(at) % LENGTH] = with;
    let damaged = String::from_utf8_lossy(&damaged);
    assert!(*damaged == *key || PresentedKey::parse(&damaged).is_err(), "a slip goes unseen: {damaged}");
});

fn judge(text: &str) {
    let masked = mask_keys(text);
    assert_eq!(mask_keys(&masked), masked, "a mask is masked again: {masked}");
    let Ok(key) = PresentedKey::parse(text) else { return };
    assert!(text.is_ascii() && text.len() == LENGTH, "{text}");
    assert_eq!(contains_secret_key(text), key.kind() == KeyKind::Secret);
    assert!(!masked.contains(&text[8..50]), "it is not masked");
    assert!(!format!("{key:?} {:?}", key.claim()).contains(&text[20..52]), "its secret part shows");
}

/// A key between other words is found and masked, whatever these are.
fn stands_among(key: &str, is_secret: bool, before: &str, behind: &str) {
    let all = format!("{before}{key}{behind}");
    for masked in [mask_keys(&all), mask_path(&all)] {
        assert!(!masked.contains(&key[20..52]), "it is not masked: {masked}");
    }
    assert!(!is_secret || contains_secret_key(&all), "it is not found");
}
