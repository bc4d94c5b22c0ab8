//! The parts of a reference page, as HTML and as Markdown.

use askama::Template;

use super::{Chapter, ShownAnswer, ShownObject, ShownOperation, fields::FieldRow};
use crate::surfaces::docs::markdown;

/// A list of fields; in what is sent, each says whether it is required or read-only.
#[derive(Template)]
#[template(path = "docs_fields.html")]
struct FieldsPart<'f> {
    fields: &'f [FieldRow],
    is_sent: bool,
}

fn html(fields: &[FieldRow], is_sent: bool) -> String {
    FieldsPart { fields, is_sent }.render().unwrap_or_default()
}

/// As a Markdown list.
fn list(fields: &[FieldRow], is_sent: bool, depth: usize) -> String {
    let item = |field: &FieldRow| {
        let required = if field.is_required && is_sent { ", required" } else { "" };
        let read_only = if field.is_read_only && is_sent { ", read-only" } else { "" };
        let facts = if field.facts.is_empty() { String::new() } else { format!(" ({})", field.facts.join("; ")) };
        let says = field.says.replace('\n', " ");
        let line =
            format!("{}- `{}` ({}{required}{read_only}): {says}{facts}\n", "  ".repeat(depth), field.name, field.kind);
        line + &list(&field.inner, is_sent, depth + 1)
    };
    fields.iter().map(item).collect()
}

impl FieldRow {
    /// What it is, as HTML.
    pub fn says_html(&self) -> String {
        markdown::inline(&self.says)
    }

    /// What is inside of it, as HTML.
    pub fn inner_html(&self, is_sent: bool) -> String {
        html(&self.inner, is_sent)
    }

    /// The facts as HTML.
    pub fn facts_html(&self) -> String {
        markdown::inline(&self.facts.join(" · "))
    }
}

impl Chapter {
    /// What it is about, as HTML.
    pub fn about_html(&self) -> String {
        markdown::description(&self.about)
    }
}

impl ShownOperation {
    /// What it does, as HTML.
    pub fn says_html(&self) -> String {
        markdown::description(&self.says)
    }

    /// The parameters as HTML.
    pub fn parameters_html(&self) -> String {
        html(&self.parameters, true)
    }

    /// The parameters as Markdown.
    pub fn parameters_text(&self) -> String {
        list(&self.parameters, true, 0)
    }

    /// The fields of the body as HTML.
    pub fn body_html(&self) -> String {
        html(&self.body, true)
    }

    /// The fields of the body as Markdown.
    pub fn body_text(&self) -> String {
        list(&self.body, true, 0)
    }
}

impl ShownAnswer {
    /// What it means, as HTML.
    pub fn says_html(&self) -> String {
        markdown::inline(&self.says)
    }

    /// Its own fields as HTML.
    pub fn fields_html(&self) -> String {
        html(&self.fields, false)
    }

    /// The example as HTML.
    pub fn example_html(&self) -> Option<String> {
        self.example.as_ref().map(|text| markdown::pre("json", text))
    }
}

impl ShownObject {
    /// What it is, as HTML.
    pub fn says_html(&self) -> String {
        markdown::inline(&self.says)
    }

    /// The fields as HTML.
    pub fn fields_html(&self) -> String {
        html(&self.fields, false)
    }

    /// The fields as Markdown.
    pub fn fields_text(&self) -> String {
        list(&self.fields, false, 0)
    }
}
