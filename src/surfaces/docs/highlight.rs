//! Colours in samples: comments, texts, numbers and words of the language. One scanner for the languages of the guides, since
//! samples are short and nothing depends on it.

use std::fmt::Write;

/// How a language is read.
struct Syntax {
    comment: &'static str,
    quotes: &'static str,
    words: &'static [&'static str],
}

fn syntax(language: &str) -> Option<Syntax> {
    let of = |comment, quotes, words| Some(Syntax { comment, quotes, words });
    match language {
        "sh" | "bash" => {
            of("#", "'\"", &["curl", "for", "in", "do", "done", "if", "then", "else", "fi", "while", "export"])
        }
        "js" => of(
            "//",
            "'\"`",
            &[
                "const", "let", "for", "of", "if", "else", "return", "await", "async", "function", "import", "export",
                "from", "new", "throw", "try", "catch", "while", "do", "true", "false", "null",
            ],
        ),
        "python" => of(
            "#",
            "'\"",
            &[
                "import", "from", "for", "in", "if", "else", "return", "def", "with", "as", "try", "except", "raise",
                "while", "True", "False", "None", "print", "yield", "not", "is", "and", "or", "break", "class",
            ],
        ),
        "json" => of("\0", "\"", &["true", "false", "null"]),
        "html" => of(
            "<!--",
            "'\"`",
            &["const", "let", "for", "of", "await", "async", "function", "new", "return", "if", "throw"],
        ),
        _ => None,
    }
}

/// Text that stands in HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The text as HTML, with its parts in `span`s.
pub fn highlighted(language: &str, text: &str) -> String {
    let Some(syntax) = syntax(language) else { return escaped(text) };
    let mut html = String::with_capacity(text.len() * 2);
    let mut rest = text;
    let mut before = '\n';
    while let Some(first) = rest.chars().next() {
        let (length, class) = part(&syntax, rest, first, before);
        let (piece, next) = rest.split_at(length);
        match class {
            // Writing to a string cannot fail.
            Some(class) => write!(html, "<span class=\"{class}\">{}</span>", escaped(piece)).unwrap_or_default(),
            None => html.push_str(&escaped(piece)),
        }
        before = piece.chars().next_back().unwrap_or(first);
        rest = next;
    }
    html
}

/// The length of what begins here, and what it is.
fn part(syntax: &Syntax, rest: &str, first: char, before: char) -> (usize, Option<&'static str>) {
    if rest.starts_with(syntax.comment) && before.is_whitespace() {
        return (rest.find('\n').unwrap_or(rest.len()), Some("hc"));
    }
    if syntax.quotes.contains(first) {
        let end = closing(&rest[first.len_utf8()..], first);
        return (first.len_utf8() + end, Some("hs"));
    }
    let word: usize =
        rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').map(char::len_utf8).sum();
    if word == 0 {
        return (first.len_utf8(), None);
    }
    let is_alone = !matches!(before, '-' | '.' | '/' | '$' | '{');
    let class = match &rest[..word] {
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => Some("hn"),
        known if is_alone && syntax.words.contains(&known) => Some("hk"),
        _ => None,
    };
    (word, class)
}

/// How far a text goes on, its closing quote included. One that does not end on its line, and could not, is one letter long.
fn closing(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in rest.char_indices() {
        match letter {
            '\\' if !is_escaped => is_escaped = true,
            _ if letter == quote && !is_escaped => return at + letter.len_utf8(),
            _ => is_escaped = false,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_its_text_and_gets_its_parts() {
        let html = highlighted("js", "const a = \"<b>\"; // one\nf(12)");
        assert_eq!(
            html,
            "<span class=\"hk\">const</span> a = <span class=\"hs\">&quot;&lt;b&gt;&quot;</span>; <span class=\"hc\">// one</span>\nf(<span class=\"hn\">12</span>)"
        );
        assert_eq!(highlighted("text", "a < b"), "a &lt; b");
        assert_eq!(highlighted("sh", "it's"), "it<span class=\"hs\">'</span>s");
    }
}
