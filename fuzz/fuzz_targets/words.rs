//! What is kept of a mail server's words never holds a secret, however the server writes it.
#![no_main]

use flow_gateway::mail::words::{Secrets, kept};
use libfuzzer_sys::fuzz_target;

const TOKEN: &str = "kQ3vXy-9fGh_2LmNoPqRsTuVwXyZ0123456789AbCdE";

fuzz_target!(|input: (&str, &str, u8)| {
    let (before, after, every) = input;
    let split = usize::from(every % 9) + 1;
    let pieces: Vec<_> = TOKEN.as_bytes().chunks(split).map(|piece| str::from_utf8(piece).unwrap()).collect();
    let between = &after[..after.floor_char_boundary(3)];
    let said = format!("{before}{}{after}", pieces.join(between));
    let kept = kept(&said, &Secrets::default().with(TOKEN));
    assert!(!kept.contains(char::is_control) && kept.chars().count() <= 600);
    let bare: String = kept.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    assert!(!bare.contains("lmnopqrstuv") && !bare.contains("0123456789abcde"), "{said}: {kept}");
});
