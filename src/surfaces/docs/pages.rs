//! What the templates in `web/docs` show: each page in its frame, and the texts for programs.

use askama::Template;

use super::{
    markdown::{self, WrittenGuide},
    reference::Chapter,
};
use crate::wire::problem::Code;

/// What all pages have around them.
pub struct DocsFrame<'s> {
    /// What stands before each path.
    pub root: &'static str,
    /// The page's title.
    pub title: String,
    /// The page's path.
    pub path: String,
    /// The guides.
    pub guides: &'s [GuideLink],
    /// The pages of the reference.
    pub chapters: &'s [NavChapter],
}

impl<'s> DocsFrame<'s> {
    /// That of a page.
    pub fn new(
        root: &'static str,
        title: &str,
        path: &str,
        guides: &'s [GuideLink],
        chapters: &'s [NavChapter],
    ) -> Self {
        Self { root, title: title.to_owned(), path: path.to_owned(), guides, chapters }
    }
}

/// A guide in lists.
pub struct GuideLink {
    /// Where it is.
    pub path: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub about: String,
}

/// The docs of another surface.
pub struct OtherDocs {
    /// Where they begin.
    pub url: String,
    /// What they are called.
    pub title: &'static str,
    /// Whom they are for.
    pub about: &'static str,
}

/// A page of the reference in lists.
pub struct NavChapter {
    /// Where it is.
    pub path: String,
    /// Its name.
    pub name: String,
    /// What it is about, in markdown.
    pub about: String,
    /// Its operations.
    pub operations: Vec<NavOperation>,
}

/// An operation in lists.
pub struct NavOperation {
    /// Its id.
    pub id: String,
    /// Its name.
    pub summary: String,
}

impl NavChapter {
    /// That of a chapter.
    pub fn of(root: &str, chapter: &Chapter) -> Self {
        let operation = |operation: &super::reference::ShownOperation| NavOperation {
            id: operation.id.clone(),
            summary: operation.summary.clone(),
        };
        Self {
            path: format!("{root}/docs/reference/{}", chapter.slug),
            name: chapter.name.clone(),
            about: chapter.about.clone(),
            operations: chapter.operations.iter().map(operation).collect(),
        }
    }
}

/// The page that the docs begin with.
#[derive(Template)]
#[template(path = "docs_index.html")]
pub struct IndexPage<'s> {
    pub(super) frame: &'s DocsFrame<'s>,
    pub(super) intro: &'s WrittenGuide,
    pub(super) chapters: &'s [Chapter],
    pub(super) codes: &'static [Code],
    pub(super) others: &'s [OtherDocs],
}

/// A guide.
#[derive(Template)]
#[template(path = "docs_guide.html")]
pub struct GuidePage<'s> {
    pub(super) frame: &'s DocsFrame<'s>,
    pub(super) guide: &'s WrittenGuide,
}

/// A page of the reference.
#[derive(Template)]
#[template(path = "docs_chapter.html")]
pub struct ChapterPage<'s> {
    pub(super) frame: &'s DocsFrame<'s>,
    pub(super) chapter: &'s Chapter,
}

/// The same as Markdown.
#[derive(Template)]
#[template(path = "docs_chapter.md")]
pub struct ChapterText<'s> {
    pub(super) chapter: &'s Chapter,
}

/// `llms.txt`: what there is, for programs that read.
#[derive(Template)]
#[template(path = "docs_llms.txt")]
pub struct LlmsText<'s> {
    pub(super) root: &'static str,
    pub(super) intro: &'s WrittenGuide,
    pub(super) guides: &'s [GuideLink],
    pub(super) chapters: &'s [NavChapter],
}
