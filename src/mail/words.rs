//! What is kept of a mail server's words. It may quote what it was sent: a spam filter the link of a mail, a careless
//! server the login. Such words would stand in the outbox, in backups and in the log, and the link would still work.
//!
//! Promises two things, each without the other. A word is kept only where it reads like one: no links, addresses, codes or
//! mixtures of letters and digits, whatever they stand for. And where what is left holds a piece of a secret, however it was
//! split or encoded, only the numbers are kept, which say what kind of refusal it was.

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use percent_encoding::percent_decode_str;

/// Characters that are kept.
const MOST_KEPT: usize = 500;
/// Characters that are looked at.
const MOST_READ: usize = 8000;
/// Letters of the longest word.
const LONGEST_WORD: usize = 24;
/// As much of a secret in one piece gives it away.
const PIECE: usize = 8;
/// Replaces words that are left out.
const LEFT_OUT: &str = "…";

/// What a server was sent, or may know, and must not be kept.
#[derive(Clone, Default)]
pub struct Secrets {
    /// As they are.
    bare: Vec<String>,
    /// Their forms, with letters and digits alone, in lower case.
    forms: Vec<String>,
    /// Words that name a person.
    people: Vec<String>,
}

impl Secrets {
    /// With a token, a password or the like, in all the forms that it may come back in.
    pub fn with(mut self, secret: &str) -> Self {
        if secret.is_empty() {
            return self;
        }
        self.bare.push(secret.to_owned());
        self.forms.extend([secret.to_owned(), hex::encode(secret)].iter().map(|form| compact(form)));
        // Base64 of something that it stands in: what is before it shifts it by a byte or two, and the letters at both
        // ends depend on its neighbours.
        for shift in 0..3 {
            let encoded = BASE64_STANDARD_NO_PAD.encode([&vec![0; shift][..], secret.as_bytes()].concat());
            let inner = encoded.get(if shift == 0 { 0 } else { 4 }..encoded.len() - encoded.len().min(2));
            self.forms.extend(inner.map(compact));
        }
        self.forms.retain(|form| form.len() > 2);
        self
    }

    /// With the words of a person's name or address.
    pub fn with_person(mut self, name: &str) -> Self {
        let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() > 1);
        self.people.extend(words.map(str::to_lowercase));
        self
    }

    fn names(&self, word: &str) -> bool {
        let mut words = word.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase);
        words.any(|word| self.people.contains(&word))
    }

    /// Whether a text contains a piece of one.
    fn are_in(&self, text: &str) -> bool {
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        let (as_it_is, decoded) = (compact(text), compact(&decoded));
        let stands_in = |form: &str| as_it_is.contains(form) || decoded.contains(form);
        self.bare.iter().any(|secret| text.contains(secret.as_str()))
            || self.forms.iter().any(|form| {
                let letters: Vec<_> = form.chars().collect();
                letters.windows(PIECE.min(letters.len())).any(|piece| stands_in(&String::from_iter(piece)))
            })
    }
}

/// What is kept of a text.
pub fn kept(said: &str, secrets: &Secrets) -> String {
    let said: String = said.chars().take(MOST_READ).collect();
    let mut words: Vec<&str> = Vec::new();
    for word in said.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty())
    {
        let word = if is_plain(word) && !secrets.names(word) { word } else { LEFT_OUT };
        if word != LEFT_OUT || words.last() != Some(&LEFT_OUT) {
            words.push(word);
        }
    }
    let text = words.join(" ");
    if secrets.are_in(&text) {
        // Its codes, and not the digits of a secret that was spelt out.
        let codes = words.into_iter().filter(|word| is_number(core(word)) && core(word).len() >= 3).take(2);
        return codes.chain(["(what else it says repeats a secret)"]).collect::<Vec<_>>().join(" ");
    }
    text.chars().take(MOST_KEPT).collect()
}

/// A word without the punctuation around it.
fn core(word: &str) -> &str {
    word.trim_matches(|letter: char| "()[]<>{}\"'`.,;:!?".contains(letter))
}

fn is_plain(word: &str) -> bool {
    let core = core(word);
    let around = word.chars().count() - core.chars().count();
    around <= 4 && (core.is_empty() || is_number(core) || core.split(['-', '\'', '.']).all(is_natural))
}

/// A number, a status code (5.7.1) or an address of digits.
fn is_number(core: &str) -> bool {
    !core.is_empty()
        && core.len() <= LONGEST_WORD
        && core.chars().all(|letter| letter.is_ascii_digit() || ".-".contains(letter))
}

/// Letters as a language has them: all small, all large, or large ones at the start of two small ones or more. A host's
/// name may end in a few digits.
fn is_natural(part: &str) -> bool {
    let letters = part.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = part.len() - letters.len();
    let is_short = part.chars().count() <= LONGEST_WORD && (digits == 0 || digits <= 3 && letters.len() <= 12);
    let humps = || {
        letters.split(char::is_uppercase).skip(1).all(|small| small.chars().count() >= 2)
            && letters.starts_with(char::is_alphabetic)
    };
    let is_one_case = !letters.contains(char::is_uppercase) || !letters.contains(char::is_lowercase);
    is_short && !letters.is_empty() && letters.chars().all(char::is_alphabetic) && (is_one_case || humps())
}

/// Letters and digits alone, in lower case: what splits a word, or ends a line in it, makes no difference.
fn compact(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

    use super::*;

    const TOKEN: &str = "kQ3vXy-9fGh_2LmNoPqRsTuVwXyZ0123456789AbCdE";
    const PASSWORD: &str = "hunter2%&secret";

    fn secrets() -> Secrets {
        Secrets::default().with(TOKEN).with(PASSWORD).with_person("Ana Rosa").with_person("ana.r")
    }

    #[test]
    fn what_says_why_is_kept() {
        for said in [
            "permanent error (550): 5.1.1 no such user here",
            "transient error (451): 4.7.1 Greylisting in action, please come back later.",
            "permanent error (554): 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org",
            "550-5.7.26 Unauthenticated email from casa.example is not accepted due to domain's DMARC policy.",
            "Connection error: invalid peer certificate: UnknownIssuer",
            "connection error: Connection refused (os error 111)",
            "5.2.2 Das Postfach des Empfängers ist voll",
            "mx1.mail.example gmail-smtp-in.l.google.com",
        ] {
            assert_eq!(kept(said, &secrets()), said);
        }
    }

    #[test]
    fn no_link_token_or_login_is_kept_in_any_form() {
        let base64 = |text: &str| BASE64_STANDARD_NO_PAD.encode(text);
        let link = format!("https://members.casa.example/invitation#{TOKEN}");
        let percent = percent_encode(link.as_bytes(), NON_ALPHANUMERIC).to_string();
        let spaced: String = TOKEN.chars().flat_map(|letter| [letter, ' ']).collect();
        let (left, right) = link.split_at(link.len() - 20);
        for said in [
            format!("5.7.1 blocked for {link}"),
            format!("5.7.1 blocked for {left} {right}"),
            format!("5.7.1 blocked for {left}=\r\n{right}"),
            format!("5.7.1 blocked for \"{}\"", link.replace('#', "%23")),
            format!("5.7.1 blocked {percent}"),
            format!("5.7.1 blocked {spaced}"),
            format!("5.7.1 blocked {}", TOKEN.to_uppercase()),
            format!("5.7.1 blocked {}", TOKEN.replace(['-', '_'], " ")),
            format!("5.7.1 blocked {}", base64(&link)),
            format!("5.7.1 blocked {}", base64(&format!("x{link}"))),
            format!("5.7.1 blocked {}", base64(&format!("xy{link}")).to_lowercase()),
            format!("5.7.1 blocked {}", hex::encode(TOKEN)),
            format!("5.7.1 AUTH PLAIN {}", base64(&format!("\0user\0{PASSWORD}"))),
            format!("5.7.1 AUTH LOGIN {}", base64(PASSWORD)),
            format!("5.7.1 password {PASSWORD} is wrong"),
            "5.7.1 password hunter2%25%26secret is wrong".to_owned(),
            "5.7.1 http://evil.example/x www.evil.example/?a=1 mailto:a@b.example".to_owned(),
        ] {
            let kept = kept(&said, &secrets());
            assert!(kept.starts_with("5.7.1"), "{kept}");
            for piece in ["://", "invitation", "hunter", "%", "@", "/", "kq3v", "lmnopq", "0123456"] {
                assert!(!kept.to_lowercase().contains(piece), "{said}: {kept}");
            }
            let compact = compact(&kept);
            assert!(compact.len() < 80 && !secrets().are_in(&kept), "{said}: {kept}");
        }
    }

    #[test]
    fn a_word_that_is_a_password_takes_the_others_with_it() {
        let secrets = Secrets::default().with("mailbox");
        assert_eq!(kept("5.2.2 the mailbox is full", &secrets), "5.2.2 (what else it says repeats a secret)");
        assert_eq!(kept("5.2.2 the m a i l b o x is full", &secrets), "5.2.2 (what else it says repeats a secret)");
    }

    #[test]
    fn nobody_is_named_and_nothing_breaks_the_line() {
        assert_eq!(
            kept("5.1.1 Ana's box <ana.r@member.example>\r\n\u{7} is full", &secrets()),
            "5.1.1 … box … is full"
        );
        let long = "word ".repeat(100_000);
        assert!(kept(&long, &secrets()).chars().count() <= MOST_KEPT);
    }
}
