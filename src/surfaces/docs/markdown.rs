//! Markdown as the HTML of the docs pages: headings that can be linked to, samples of the same call side by side, tables that scroll
//! by themselves. Called once for each guide, and for the descriptions of an OpenAPI document.

use std::{collections::BTreeSet, fmt::Write};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::highlight::{escaped, highlighted};

/// A guide as HTML.
#[derive(Debug, Default)]
pub struct WrittenGuide {
    /// Its first heading.
    pub title: String,
    /// Its first paragraph, as plain text.
    pub about: String,
    /// All that follows.
    pub html: String,
    /// Its parts, by their headings.
    pub sections: Vec<GuideSection>,
}

/// A heading of the second or third level, and the text below it.
#[derive(Debug)]
pub struct GuideSection {
    /// What `#` leads to.
    pub anchor: String,
    /// The heading.
    pub title: String,
    /// Whether it stands below another.
    pub is_inner: bool,
    /// The plain text below it, for the search.
    pub text: String,
}

/// A sample in one language.
#[derive(Debug)]
pub struct Sample {
    /// As a fence names it.
    pub language: String,
    /// The code.
    pub text: String,
}

/// The languages of samples, as their tabs are named.
const SAMPLES: [(&str, &str); 3] = [("sh", "curl"), ("js", "JavaScript"), ("python", "Python")];

/// A page of this Markdown. `link` says where another guide is, if there is such a guide.
pub fn written(markdown: &str, link: impl Fn(&str) -> Option<String>) -> WrittenGuide {
    let events: Vec<_> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let mut page = WrittenGuide::default();
    let mut out = Vec::with_capacity(events.len());
    let mut links = Vec::new();
    let mut at = 0;
    while at < events.len() {
        let event = events[at].clone();
        at += 1;
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let inner = until(&events, &mut at, |end| matches!(end, TagEnd::Heading(_)));
                page.heading(level, inner, &mut out);
            }
            Event::Start(Tag::Paragraph) if page.about.is_empty() => {
                page.about = plain(until(&events, &mut at, |end| *end == TagEnd::Paragraph));
            }
            Event::Start(Tag::CodeBlock(_)) => {
                at -= 1;
                out.push(Event::Html(code_blocks(&events, &mut at).into()));
            }
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                let target = resolved(dest_url, &link);
                links.push(target.is_some());
                if let Some(target) = target {
                    out.push(Event::Html(format!("<a href=\"{}\">", escaped(&target)).into()));
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop() == Some(true) {
                    out.push(Event::Html("</a>".into()));
                }
            }
            Event::Start(Tag::Table(_)) => {
                out.push(Event::Html(r#"<div class="scroll" tabindex="0" role="group" aria-label="Table">"#.into()));
                out.push(event);
            }
            Event::End(TagEnd::Table) => {
                out.push(event);
                out.push(Event::Html("</div>".into()));
            }
            Event::Text(ref text) | Event::Code(ref text) => {
                page.reads(text);
                out.push(event);
            }
            other => out.push(other),
        }
    }
    html::push_html(&mut page.html, out.into_iter());
    page
}

/// A description as HTML: a few paragraphs.
pub fn description(markdown: &str) -> String {
    let mut html = String::new();
    html::push_html(&mut html, Parser::new_ext(markdown, Options::ENABLE_TABLES));
    html
}

/// A description of one paragraph, without the element around it.
pub fn inline(markdown: &str) -> String {
    let html = description(markdown);
    let html = html.trim_end();
    let inner = html.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
    inner.filter(|inner| !inner.contains("<p>")).unwrap_or(html).to_owned()
}

/// A description as plain text.
pub fn plain_text(markdown: &str) -> String {
    plain(Parser::new_ext(markdown, Options::ENABLE_TABLES).collect::<Vec<_>>().as_slice())
}

/// A text up to the end of its first sentence.
pub fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

/// What a heading is linked by, as code hosts do: `When a key leaked` is `when-a-key-leaked`.
pub fn slug(text: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    text.to_lowercase().chars().filter(kept).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// Samples of one call, each with the name of its tab.
pub fn sample_group(samples: &[Sample]) -> String {
    let mut html = r#"<div class="samples">"#.to_owned();
    for Sample { language, text } in samples {
        let name = SAMPLES.iter().find(|(known, _)| known == language).map_or("", |(_, name)| name);
        // Writing to a string cannot fail.
        write!(
            html,
            "<figure data-language=\"{language}\"><figcaption>{name}</figcaption>{}</figure>",
            pre(language, text)
        )
        .ok();
    }
    html + "</div>\n"
}

/// A block of code.
pub fn pre(language: &str, text: &str) -> String {
    format!("<pre tabindex=\"0\"><code>{}</code></pre>", highlighted(language, text.trim_end()))
}

impl WrittenGuide {
    fn heading<'e>(&mut self, level: HeadingLevel, inner: &[Event<'e>], out: &mut Vec<Event<'e>>) {
        let title = plain(inner);
        if level == HeadingLevel::H1 {
            self.title = title;
            return;
        }
        let known: BTreeSet<_> = self.sections.iter().map(|section| &section.anchor).collect();
        let mut anchor = slug(&title);
        while known.contains(&anchor) {
            anchor += "-2";
        }
        out.push(Event::Html(format!("<{level} id=\"{anchor}\">").into()));
        out.extend(inner.iter().cloned());
        let label = escaped(&title);
        out.push(Event::Html(
            format!("<a class=\"anchor\" href=\"#{anchor}\" aria-label=\"Link to “{label}”\">#</a></{level}>\n").into(),
        ));
        self.sections.push(GuideSection { anchor, title, is_inner: level != HeadingLevel::H2, text: String::new() });
    }

    fn reads(&mut self, text: &str) {
        if let Some(section) = self.sections.last_mut() {
            section.text.push_str(text);
            section.text.push(' ');
        }
    }
}

/// The events up to this end.
fn until<'s, 'e>(events: &'s [Event<'e>], at: &mut usize, is_end: impl Fn(&TagEnd) -> bool) -> &'s [Event<'e>] {
    let from = *at;
    let ends = |event: &Event| matches!(event, Event::End(end) if is_end(end));
    let length = events[from..].iter().position(ends).unwrap_or(events.len() - from);
    *at = from + length + 1;
    &events[from..from + length]
}

fn plain(events: &[Event]) -> String {
    let words = events.iter().filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
        Event::SoftBreak | Event::HardBreak => Some(" "),
        _ => None,
    });
    words.collect()
}

/// The address of a link: another guide's page where it is shown. A file of the repository is nowhere on a server.
fn resolved(target: &str, link: impl Fn(&str) -> Option<String>) -> Option<String> {
    if target.contains("://") || target.starts_with(['#', '/']) {
        return Some(target.to_owned());
    }
    let (page, anchor) = target.split_once('#').map_or((target, None), |(page, anchor)| (page, Some(anchor)));
    let path = link(page.rsplit('/').next()?.strip_suffix(".md")?)?;
    Some(anchor.map_or(path.clone(), |anchor| format!("{path}#{anchor}")))
}

/// The block of code that begins here; if it is a sample, together with those that follow it.
fn code_blocks(events: &[Event], at: &mut usize) -> String {
    let mut samples = Vec::new();
    while let Some(Event::Start(Tag::CodeBlock(kind))) = events.get(*at) {
        let language = match kind {
            CodeBlockKind::Fenced(info) => info.split_whitespace().next().unwrap_or_default(),
            CodeBlockKind::Indented => "",
        };
        let is_sample = SAMPLES.iter().any(|(known, _)| *known == language);
        let is_another = !is_sample || samples.iter().any(|sample: &Sample| sample.language == language);
        if is_another && !samples.is_empty() {
            break;
        }
        *at += 1;
        let text = plain(until(events, at, |end| *end == TagEnd::CodeBlock));
        if !is_sample {
            return pre(language, &text) + "\n";
        }
        samples.push(Sample { language: language.to_owned(), text });
    }
    match samples.as_slice() {
        [only] => pre(&only.language, &only.text) + "\n",
        all => sample_group(all),
    }
}
