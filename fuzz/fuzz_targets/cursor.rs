//! Cursors: what was not sealed does not open, one position has one cursor, and no letter of one may change.
#![no_main]

use flow_gateway::wire::cursor::CursorSeal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, u16, u8)| {
    let ((list, text, at, with), seal) = (input, CursorSeal([7; 32]));
    if let Some(position) = seal.open(list, text) {
        assert_eq!(seal.seal(list, &position), text, "two cursors for one position");
    }
    let cursor = seal.seal(list, text);
    assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
    assert_eq!(seal.open(list, &cursor).as_deref(), Some(text));
    assert_eq!(CursorSeal([8; 32]).open(list, &cursor), None, "a cursor of another database");
    assert_eq!(seal.open(&format!("{list}x"), &cursor), None, "a cursor of another list");
    assert_eq!(seal.open(list, &format!("{cursor}A")), None, "a longer one");
    let mut forged = cursor.clone().into_bytes();
    let at = usize::from(at) % forged.len();
    forged[at] = with;
    let forged = String::from_utf8_lossy(&forged);
    assert!(*forged == *cursor || seal.open(list, &forged).is_none(), "another letter: {forged}");
});
