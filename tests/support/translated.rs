//! What a page says, to compare it in two languages: a sentence that is the same in both was not translated.

use std::collections::BTreeSet;

/// Attributes that people read or hear.
const READ: [&str; 4] = ["aria-label", "title", "alt", "placeholder"];

/// The texts that two versions of a page share and that are more than a name or a number: at least two words.
pub fn untranslated(one: &str, other: &str) -> Vec<String> {
    let (one, other) = (texts(one), texts(other));
    one.intersection(&other).filter(|text| words(text) > 1).cloned().collect()
}

/// The texts between tags, and in the attributes that are read.
fn texts(html: &str) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for piece in html.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        // A script is no text, and a code is written the same in every language.
        if !["script", "style", "code", "textarea"].iter().any(|name| tag.starts_with(name)) {
            // The title of a page ends with the product's name.
            let text = text.trim_end_matches(" · Flow");
            texts.insert(text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        for name in READ {
            let value = tag.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
            texts.extend(value.map(|(value, _)| value.to_owned()));
        }
    }
    texts
}

/// How many words of letters alone are in a text.
fn words(text: &str) -> usize {
    let bare = |word: &str| {
        word.trim_matches(|letter: char| letter.is_ascii_punctuation() || "“”„".contains(letter)).to_owned()
    };
    let is_word = |word: &String| word.chars().count() > 1 && word.chars().all(char::is_alphabetic);
    text.split_whitespace().map(bare).filter(is_word).count()
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// Its fields: the name, and the value of a hidden one.
    pub fields: Vec<(String, Option<String>)>,
}

/// The forms of a page that change something.
pub fn forms(html: &str) -> Vec<Form> {
    let forms = html.split("<form ").skip(1).filter_map(|form| {
        let form = form.split_once("</form>").map_or(form, |(form, _)| form);
        let head = form.split_once('>')?.0;
        let of = |tag: &str, name: &str| {
            let value = tag.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
            value.map(|(value, _)| value.to_owned())
        };
        let is_sent = of(head, "method")? == "post";
        let mut fields: Vec<(String, Option<String>)> = Vec::new();
        for tag in form.split('<') {
            let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
            let Some(name) = of(tag, " name") else { continue };
            let hidden = tag.contains("type=\"hidden\"").then(|| of(tag, " value").unwrap_or_default());
            if fields.iter().all(|(known, _)| *known != name) {
                fields.push((name, hidden));
            }
        }
        is_sent.then_some(Form { action: of(head, "action")?, fields })
    });
    forms.collect()
}
