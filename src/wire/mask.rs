//! Masks keys, and the secrets of calendar links, in texts: log lines, panic messages, paths. Used wherever a text from a caller is
//! printed.
//!
//! Promises that at most the prefix and the last four characters of a key stay, also of truncated and overlong keys.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::text::is_control_or_direction_mark;

/// The start of the secret in a link to a member's calendar, which stands in paths.
pub const CALENDAR_PREFIX: &str = "flow_cf_";
const PREFIX_LENGTH: usize = "flow_sk_".len();
/// The length of a secret key: prefix, id, secret part and checksum.
const SECRET_LENGTH: usize = PREFIX_LENGTH + 12 + 32 + 6;
const TAIL: usize = 4;
/// The tail of such a short run would reveal too much of it.
const MIN_LENGTH_WITH_TAIL: usize = 8;
/// Characters of a method in a log line.
const MAX_LOGGED_METHOD: usize = 16;
/// Characters of a path in a log line: long paths must not fill the disk.
const MAX_LOGGED_PATH: usize = 128;
/// Bytes of a path that are masked. A key that starts within the logged part ends within these, even percent-encoded several
/// times.
const MAX_MASKED_PATH: usize = 2048;

/// The text with every key in it masked: `flow_sk_…9fKq`.
pub fn mask_keys(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut kept = 0;
    while let Some((start, end)) = next_run(text, kept) {
        masked.push_str(&text[kept..start]);
        masked.push('…');
        if end - start > MIN_LENGTH_WITH_TAIL {
            masked.push_str(&text[end - TAIL..end]);
        }
        kept = end;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[kept..]);
    Cow::Owned(masked)
}

/// Whether a text contains a whole secret key with a correct checksum.
pub fn contains_secret_key(text: &str) -> bool {
    let whole = |at: usize| text.get(at..at + SECRET_LENGTH).is_some_and(has_right_checksum);
    text.match_indices("flow_sk_").any(|(at, _)| whole(at))
}

/// Whether the last six characters are the CRC-32 of the rest in base62.
fn has_right_checksum(key: &str) -> bool {
    let (body, sum) = key.as_bytes().split_at(SECRET_LENGTH - 6);
    let digit = |byte: &u8| {
        Some(match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        })
    };
    let number = sum.iter().try_fold(0_u64, |number, byte| Some(number * 62 + u64::from(digit(byte)?)));
    number == Some(u64::from(crc32fast::hash(body)))
}

/// A path or another part of a URL with its keys masked, even percent-encoded ones.
pub fn mask_path(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return mask_keys(path);
    }
    let mut plain = path.to_owned();
    for _ in 0..ENCODINGS {
        plain = decode_word_characters(&plain);
    }
    Cow::Owned(mask_keys(&plain).into_owned())
}

/// The start of a method, with keys masked.
pub fn logged_method(method: &str) -> Cow<'_, str> {
    mask_keys(prefix(method, MAX_LOGGED_METHOD))
}

/// The start of a path, with keys masked. Characters that control a terminal or the direction of text are percent-encoded, so
/// that a reader sees them.
pub fn logged_path(path: &str) -> Cow<'_, str> {
    let masked = match mask_path(prefix(path, MAX_MASKED_PATH)) {
        Cow::Borrowed(whole) if whole.len() <= MAX_LOGGED_PATH => Cow::Borrowed(whole),
        masked if masked.chars().count() <= MAX_LOGGED_PATH => masked,
        long => Cow::Owned(long.chars().take(MAX_LOGGED_PATH).chain(['…']).collect()),
    };
    if !masked.contains(is_control_or_direction_mark) {
        return masked;
    }
    let mut encoded = String::new();
    for letter in masked.chars() {
        let text = letter.encode_utf8(&mut [0; 4]).to_owned();
        if is_control_or_direction_mark(letter) {
            encoded.extend(utf8_percent_encode(&text, NON_ALPHANUMERIC));
        } else {
            encoded.push(letter);
        }
    }
    Cow::Owned(encoded)
}

/// At most `bytes` bytes of a text.
fn prefix(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// How often a path may have been encoded: as often as authorization checks.
const ENCODINGS: usize = 3;

/// The start and end of the characters after the next key prefix.
fn next_run(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        at += text[at..].find("flow_")?;
        if !is_prefix(&text.as_bytes()[at..]) {
            at += "flow_".len();
            continue;
        }
        let start = at + PREFIX_LENGTH;
        let end = run_end(text.as_bytes(), start);
        if end > start {
            return Some((start, end));
        }
        at = start;
    }
}

/// The end of the base62 run, or the start of the next key if two are joined.
fn run_end(bytes: &[u8], start: usize) -> usize {
    let end = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let glued = end.saturating_sub("flow".len()).max(start);
    if is_prefix(&bytes[glued..]) { glued } else { end }
}

fn is_prefix(bytes: &[u8]) -> bool {
    [b"flow_pk_", b"flow_sk_", CALENDAR_PREFIX.as_bytes()].iter().any(|prefix| bytes.starts_with(prefix))
}

/// Decodes percent escapes of key characters and of the percent sign only, so that no control character gets into a log.
fn decode_word_characters(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        // The second digit may be the first letter of a key prefix.
        let takes_from_a_key = rest.as_bytes().get(at + 2..).is_some_and(is_prefix);
        let digits = rest.get(at + 1..at + 3).filter(|_| !takes_from_a_key);
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = decoded.filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'%')) {
            plain.push(char::from(byte));
            rest = &rest[at + 3..];
        } else {
            plain.push('%');
            rest = &rest[at + 1..];
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "flow_sk_0123456789ABabcdefghijABCDEFGHIJ0123456789ab9fKq01";

    #[test]
    fn a_text_without_keys_is_not_copied() {
        for text in ["", "/v1/classes", "flow_sk_", "flow_sk_…9fKq", "flow_xk_abcdefghijkl", "flow_"] {
            assert!(matches!(mask_keys(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn a_key_keeps_its_prefix_and_its_last_four_characters() {
        assert_eq!(mask_keys(KEY), "flow_sk_…Kq01");
        assert_eq!(mask_keys(&format!("a {KEY}, b {KEY}.")), "a flow_sk_…Kq01, b flow_sk_…Kq01.");
        assert_eq!(mask_keys("flow_pk_123456789"), "flow_pk_…6789");
        assert_eq!(mask_path("/calendar/flow_cf_123456789.ics"), "/calendar/flow_cf_…6789.ics");
        assert_eq!(mask_path("/%63alendar/flow%5fcf%5F123456789.ics"), "/calendar/flow_cf_…6789.ics");
    }

    #[test]
    fn a_short_run_shows_no_tail() {
        assert_eq!(mask_keys("flow_pk_12345678"), "flow_pk_…");
        assert_eq!(mask_keys("é flow_sk_a é"), "é flow_sk_… é");
    }

    #[test]
    fn keys_glued_together_are_both_masked() {
        assert_eq!(mask_keys(&format!("flow_sk_{KEY}")), "flow_sk_flow_sk_…Kq01");
        assert_eq!(mask_keys(&format!("{KEY}{KEY}")), "flow_sk_…Kq01flow_sk_…Kq01");
    }

    #[test]
    fn an_encoded_key_in_a_path_is_masked() {
        assert_eq!(mask_path("/v1/flow%5fsk%5F123456789"), "/v1/flow_sk_…6789");
        assert_eq!(mask_path("/v1/flow%255fsk%25255F123456789"), "/v1/flow_sk_…6789");
        assert_eq!(mask_path("/v1/a%0Ab%zz%é%"), "/v1/a%0Ab%zz%é%");
        assert_eq!(mask_path("/v1/%6flow_sk_123456789"), "/v1/%6flow_sk_…6789", "a letter of a key is no digit");
    }

    #[test]
    fn marks_that_control_a_terminal_or_the_direction_of_text_are_encoded_in_a_path() {
        assert_eq!(logged_path("/v1/\u{202e}é\u{9b}31m"), "/v1/%E2%80%AEé%C2%9B31m");
        assert!(matches!(logged_path("/v1/é"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_path_is_cut_and_no_key_is_cut_open() {
        assert_eq!(logged_path("/v1/classes"), "/v1/classes");
        let long = format!("/{}", "x".repeat(16_000));
        assert_eq!(logged_path(&long).chars().count(), MAX_LOGGED_PATH + 1);
        for prefix in ["flow_sk_", "flow%5fsk%5F", "flow%25255fsk%25255F"] {
            let secret = "0123456789ABabcdefghijABCDEFGHIJ0123456789ab9fKq01";
            for before in 0..MAX_LOGGED_PATH {
                let path = format!("/{}{prefix}{secret}", "é".repeat(before));
                assert!(!logged_path(&path).contains(&secret[..8]), "{path}");
            }
        }
    }
}
