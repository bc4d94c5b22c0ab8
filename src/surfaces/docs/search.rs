//! What the search of the docs looks through, as the script reads it: guides by their headings, operations, objects and problem codes.

use serde_json::{Value, json};

use super::{
    markdown::{WrittenGuide, plain_text},
    reference::{Chapter, ShownOperation},
};
use crate::wire::problem::Code;

/// The index: `kind`, `title`, `url` and `text` of each entry.
pub fn index<'s>(
    root: &str,
    guides: impl Iterator<Item = (&'static str, &'s WrittenGuide)>,
    chapters: &[Chapter],
    codes: &[Code],
) -> Value {
    let mut entries = Vec::new();
    let mut entry = |kind: &str, title: &str, path: String, text: &str| {
        entries.push(json!({"kind": kind, "title": title, "url": format!("{root}{path}"), "text": text}));
    };
    for (slug, guide) in guides {
        entry("Guide", &guide.title, format!("/docs/{slug}"), &guide.about);
        for section in &guide.sections {
            let title = format!("{}: {}", guide.title, section.title);
            entry("Guide", &title, format!("/docs/{slug}#{}", section.anchor), &section.text);
        }
    }
    for chapter in chapters {
        let page = format!("/docs/reference/{}", chapter.slug);
        entry("Reference", &chapter.name, page.clone(), &plain_text(&chapter.about));
        for operation in &chapter.operations {
            entry("Operation", &operation.summary, format!("{page}#{}", operation.id), &words(operation));
        }
        for object in &chapter.objects {
            let fields: Vec<_> = object.fields.iter().map(|field| field.name.as_str()).collect();
            entry("Object", &object.name, format!("{page}#{}", object.name), &fields.join(" "));
        }
    }
    for code in codes {
        entry("Problem", code.name(), format!("/docs#section/Problems/{}", code.name()), code.title());
    }
    Value::Array(entries)
}

fn words(operation: &ShownOperation) -> String {
    let ShownOperation { method, path, id, says, parameters, body, .. } = operation;
    let names: Vec<_> = parameters.iter().chain(body).map(|field| field.name.as_str()).collect();
    format!("{method} {path} {id} {} {}", plain_text(says), names.join(" "))
}
