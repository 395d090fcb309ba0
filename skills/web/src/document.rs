//! A page's words: its article as Mozilla's Readability finds it, or everything a reader sees.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use dom_query::Selection;
use dom_smoothie::{Article, Config, Readability, TextMode};
use url::Url;

use crate::Error;
use crate::bindings::{Format, Link, Part};
use crate::visit::MediaType;

/// Elements of a page that are looked at: past this a page is data, and finding its article takes seconds.
const MAX_ELEMENTS: usize = 50_000;

/// How deep elements may nest: what browsers allow. The libraries walk a page by calling themselves.
const MAX_DEPTH: usize = 512;

/// The least words an article has, in characters: what is shorter is a list of links or a form.
const MIN_ARTICLE: usize = 200;

/// Not for reading, or not shown: text that only a machine sees is a way to talk to the machine.
const UNSEEN: &str = "script, style, noscript, template, svg, iframe, object, head > *:not(title), [hidden], \
                      [aria-hidden=true], [style*='display:none'], [style*='display: none'], [style*='visibility:hidden'], \
                      [style*='visibility: hidden']";

/// What a page says, and what is known about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was published.
    pub published: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// What it is about.
    pub summary: Option<String>,
    /// The words.
    pub content: String,
}

/// A page that can be read.
pub enum Document {
    /// HTML, without what nobody sees.
    Html {
        /// The parsed page.
        page: dom_query::Document,
        /// Where relative addresses begin.
        base: Url,
    },
    /// Anything else that is text.
    Plain(String),
}

impl Document {
    /// Of an answer.
    ///
    /// # Errors
    /// `invalid-input` for what is no text, or no page for readers.
    pub fn new(
        media_type: &MediaType,
        text: impl Into<String>,
        url: &Url,
    ) -> Result<Document, Error> {
        if media_type.is_html() {
            return Document::html(&text.into(), url);
        }
        if media_type.is_text() {
            return Ok(Document::Plain(text.into()));
        }
        Err(Error::InvalidInput(format!(
            "{url} is `{}`; this reads web pages and text",
            media_type.essence()
        )))
    }

    fn html(text: &str, url: &Url) -> Result<Document, Error> {
        let page = dom_query::Document::from(text);
        if is_too_deep(&page) {
            return Err(Error::InvalidInput(format!(
                "{url} nests its elements more than {MAX_DEPTH} deep, which no page for readers does"
            )));
        }
        let base = page
            .select_single("base[href]")
            .attr("href")
            .and_then(|href| url.join(&href).ok())
            .unwrap_or_else(|| url.clone());
        Ok(Document::Html { page, base })
    }

    /// The words.
    pub fn read(self, format: Format, part: Part) -> Text {
        let (page, base) = match self {
            Document::Plain(content) => {
                return Text {
                    content,
                    ..Text::default()
                };
            }
            Document::Html { page, base } => (page, base),
        };
        let about = about(&page, &base);
        let article = match part {
            Part::Main => article(&page, &base, format),
            Part::Whole => None,
        };
        let content = article.unwrap_or_else(|| whole(&page, &base, format));
        Text { content, ..about }
    }

    /// The links, each address once.
    pub fn links(&self, containing: Option<&str>) -> Vec<Link> {
        let Document::Html { page, base } = self else {
            return Vec::new();
        };
        page.select(UNSEEN).remove();
        let wanted = containing.map(str::to_lowercase);
        let matches = |link: &Link| {
            wanted.as_ref().is_none_or(|wanted| {
                link.text.to_lowercase().contains(wanted)
                    || link.url.to_lowercase().contains(wanted)
            })
        };
        let mut seen = HashSet::new();
        let links = page.select("a[href]");
        let links = links.iter().filter_map(|a| link(&a, base)).filter(matches);
        links.filter(|link| seen.insert(link.url.clone())).collect()
    }
}

fn is_too_deep(page: &dom_query::Document) -> bool {
    let mut level = vec![page.root()];
    for _ in 0..MAX_DEPTH {
        level = level.iter().flat_map(|node| node.children()).collect();
        if level.is_empty() {
            return false;
        }
    }
    true
}

fn link(a: &Selection<'_>, base: &Url) -> Option<Link> {
    let url = address(base, &a.attr("href")?)?;
    let text = a.text();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Link { text, url })
}

/// An absolute address a reader can follow; nothing for scripts, data and places on the same page.
fn address(base: &Url, href: &str) -> Option<String> {
    let href = href.trim();
    if href.starts_with('#') {
        return None;
    }
    let url = base.join(href).ok()?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.to_string())
}

/// Title, author and so on, as the page's metadata have them.
fn about(page: &dom_query::Document, base: &Url) -> Text {
    let Ok(reader) = Readability::with_document(
        page.clone(),
        Some(base.as_str()),
        Some(config(Format::Text)),
    ) else {
        return Text::default();
    };
    let metadata = reader.get_article_metadata(reader.parse_json_ld());
    let title = match metadata.title.trim() {
        "" => reader.get_article_title().to_string(),
        title => title.to_owned(),
    };
    Text {
        title,
        author: metadata.byline,
        published: metadata.published_time,
        language: metadata.lang,
        summary: metadata.excerpt,
        content: String::new(),
    }
}

fn config(format: Format) -> Config {
    Config {
        max_elements_to_parse: MAX_ELEMENTS,
        text_mode: match format {
            Format::Markdown => TextMode::Markdown,
            Format::Text => TextMode::Formatted,
        },
        ..Config::default()
    }
}

fn article(page: &dom_query::Document, base: &Url, format: Format) -> Option<String> {
    let page = page.clone();
    clean(&page, base);
    let reader = Readability::with_document(page, Some(base.as_str()), Some(config(format)));
    let Article {
        text_content,
        length,
        ..
    } = reader.ok()?.parse().ok()?;
    (length >= MIN_ARTICLE).then(|| finished(&text_content, format))
}

fn whole(page: &dom_query::Document, base: &Url, format: Format) -> String {
    clean(page, base);
    let body = page.select_single("body");
    let Some(body) = body.nodes().first() else {
        return String::new();
    };
    let text = match format {
        Format::Markdown => body.md(None),
        Format::Text => body.formatted_text(),
    };
    finished(&text, format)
}

/// Markdown's link targets may be written with `&amp;`, but whoever copies one needs the address itself.
fn finished(text: &str, format: Format) -> String {
    let text = text.trim();
    if format == Format::Text {
        return text.to_owned();
    }
    let mut pieces = text.split("](");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(')').unwrap_or(0);
        let (target, rest) = piece.split_at(end);
        plain.push_str("](");
        plain.push_str(&target.replace("&amp;", "&"));
        plain.push_str(rest);
    }
    plain
}

/// Without what nobody sees, and with addresses that lead somewhere from anywhere.
fn clean(page: &dom_query::Document, base: &Url) {
    page.select(UNSEEN).remove();
    for (elements, attribute) in [("a[href]", "href"), ("img[src]", "src")] {
        for element in page.select(elements).iter() {
            let target = element.attr(attribute).unwrap_or_default();
            match address(base, &target) {
                Some(url) => element.set_attr(attribute, &url),
                None => element.remove_attr(attribute),
            }
        }
    }
}
