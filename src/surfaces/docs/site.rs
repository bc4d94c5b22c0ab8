//! The docs of one surface as a set of files: index, guides, reference, `llms.txt` and the search's index. All of them are made
//! when the first is asked for, and then kept.

use std::{collections::BTreeMap, sync::OnceLock};

use askama::Template;
use axum::body::Bytes;
use serde_json::Value;

use super::{
    Document,
    elsewhere::{docs_of, filled_in, others},
    folded::unfold,
    guides::{shown_by, shown_on},
    markdown::{WrittenGuide, first_sentence, slug, written},
    pages::{ChapterPage, ChapterText, DocsFrame, GuideLink, GuidePage, IndexPage, LlmsText, NavChapter},
    reference::chapters,
    search,
};
use crate::{
    access::surface::Surface,
    operation::{
        app::Urls,
        document::{served_at, tags::DocumentTag},
    },
    surfaces::assets::AssetKind,
    wire::problem::Code,
};

/// The API that a surface documents.
#[derive(Clone, Copy)]
pub struct DocumentedApi {
    /// Makes its document.
    pub document: Document,
    /// Its tags.
    pub tags: fn() -> Vec<&'static DocumentTag>,
}

/// The docs of a surface.
pub struct Site {
    surface: Surface,
    root: &'static str,
    api: Option<DocumentedApi>,
    /// Where its files are.
    pub files: Vec<SiteFile>,
    texts: OnceLock<BTreeMap<String, Bytes>>,
}

/// A file of the docs.
pub struct SiteFile {
    /// Its path, and others at which it is as well.
    pub paths: Vec<String>,
    /// What it is.
    pub kind: AssetKind,
    /// Whether it is the OpenAPI document, which says where the surface is reached.
    pub is_document: bool,
}

impl SiteFile {
    /// Whether it may lead to other surfaces.
    pub fn has_links_elsewhere(&self) -> bool {
        matches!(self.kind, AssetKind::Page)
    }
}

/// A guide of this surface.
struct ShownGuide {
    slug: &'static str,
    markdown: String,
    written: WrittenGuide,
}

impl Site {
    /// Those of a surface, below a root.
    pub fn new(surface: Surface, root: &'static str, api: Option<DocumentedApi>) -> Self {
        let mut files = Vec::new();
        let mut file = |paths: &[&str], kind| {
            let is_document = paths.contains(&"/openapi.json");
            files.push(SiteFile {
                paths: paths.iter().map(|path| format!("{root}{path}")).collect(),
                kind,
                is_document,
            });
        };
        file(&["/docs", "/docs/"], AssetKind::Page);
        file(&["/docs/search.json"], AssetKind::Json);
        file(&["/llms.txt"], AssetKind::Text);
        if api.is_some() {
            file(&["/openapi.json", "/docs/openapi.json"], AssetKind::Json);
        }
        let tags = api.map(|api| (api.tags)()).unwrap_or_default();
        let chapters = tags.into_iter().map(|tag| format!("reference/{}", slug(tag.name)));
        for page in shown_on(surface).map(|guide| guide.slug.to_owned()).chain(chapters) {
            file(&[&format!("/docs/{page}")], AssetKind::Page);
            file(&[&format!("/docs/{page}.md")], AssetKind::Markdown);
        }
        Self { surface, root, api, files, texts: OnceLock::new() }
    }

    /// The bytes of a file, by its first path.
    pub fn bytes(&self, path: &str) -> Bytes {
        self.texts.get_or_init(|| self.make()).get(path).cloned().unwrap_or_default()
    }

    /// The bytes of a page, with the addresses at which other surfaces are reached.
    pub fn page(&self, path: &str, urls: &Urls) -> Bytes {
        filled_in(&String::from_utf8_lossy(&self.bytes(path)), urls).into()
    }

    /// The OpenAPI document, with the address at which the surface is reached. Without TLS that is the listener's own address, which
    /// others may reach by another: `/` is right for all.
    pub fn document(&self, urls: &Urls) -> Bytes {
        let url = match self.surface {
            Surface::Storefront => &urls.storefront,
            Surface::Members => &urls.members,
            _ => &urls.management,
        };
        let Some(api) = self.api else { return Bytes::new() };
        let document = (api.document)();
        let document = if url.starts_with("https://") { served_at(document, url) } else { document };
        document.to_string().into()
    }

    fn make(&self) -> BTreeMap<String, Bytes> {
        let root = self.root;
        let document = self.api.map(|api| (api.document)()).unwrap_or_default();
        let guides: Vec<_> = shown_on(self.surface).map(|guide| self.guide(guide.slug, guide.markdown)).collect();
        let chapters = chapters(&document);
        let intro = Self::intro(&document);
        let mut texts = BTreeMap::new();
        let mut put = |path: &str, text: String| texts.insert(format!("{root}{path}"), Bytes::from(text));
        let links: Vec<_> = guides.iter().map(|guide| guide.link(root)).collect();
        let nav: Vec<_> = chapters.iter().map(|chapter| NavChapter::of(root, chapter)).collect();
        let frame = |title: &str, path: &str| DocsFrame::new(root, title, &format!("{root}{path}"), &links, &nav);
        let index = frame(&intro.title, "/docs");
        let (codes, others) = (self.codes(), others(self.surface));
        let page = IndexPage { frame: &index, intro: &intro, chapters: &chapters, codes, others: &others };
        put("/docs", rendered(&page));
        for guide in &guides {
            let path = format!("/docs/{}", guide.slug);
            let frame = frame(&guide.written.title, &path);
            put(&path, rendered(&GuidePage { frame: &frame, guide: &guide.written }));
            put(&format!("{path}.md"), guide.markdown.clone());
        }
        for chapter in &chapters {
            let path = format!("/docs/reference/{}", chapter.slug);
            let frame = frame(&chapter.name, &path);
            put(&path, rendered(&ChapterPage { frame: &frame, chapter }));
            put(&format!("{path}.md"), rendered(&ChapterText { chapter }));
        }
        put("/llms.txt", rendered(&LlmsText { root, intro: &intro, guides: &links, chapters: &nav }));
        let guides = guides.iter().map(|guide| (guide.slug, &guide.written));
        put("/docs/search.json", search::index(root, guides, &chapters, self.codes()).to_string());
        texts
    }

    fn guide(&self, slug: &'static str, markdown: &str) -> ShownGuide {
        let markdown = unfold(markdown);
        let is_shown = |slug: &str| shown_on(self.surface).any(|guide| guide.slug == slug);
        let link = |slug: &str| {
            let elsewhere = || Some(format!("{}/{slug}", docs_of(shown_by(slug)?)?));
            if is_shown(slug) { Some(format!("{}/docs/{slug}", self.root)) } else { elsewhere() }
        };
        let written = written(&markdown, link);
        ShownGuide { slug, markdown, written }
    }

    /// What the document says of the surface as a whole, without the problems, which the index shows at its end.
    fn intro(document: &Value) -> WrittenGuide {
        let (title, says) = match document["info"]["title"].as_str() {
            Some(title) => (title, document["info"]["description"].as_str().unwrap_or_default()),
            None => (STUDIO_TITLE, STUDIO_INTRO),
        };
        let says = says.split("\n# Problems").next().unwrap_or_default();
        written(&format!("# {title}\n\n{says}"), |_| None)
    }

    /// The problem codes, where calls get them.
    fn codes(&self) -> &'static [Code] {
        if self.api.is_some() { Code::ALL } else { &[] }
    }
}

const STUDIO_TITLE: &str = "Flow Gateway";
const STUDIO_INTRO: &str = "For the people who run a studio and its gateway: who gets which key, how members move in, and what to \
do when a key leaked.";

impl ShownGuide {
    fn link(&self, root: &str) -> GuideLink {
        let WrittenGuide { title, about, .. } = &self.written;
        GuideLink {
            path: format!("{root}/docs/{}", self.slug),
            title: title.clone(),
            about: first_sentence(about).to_owned(),
        }
    }
}

/// The templates cannot fail: they write to a string, and every field is text.
fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}
