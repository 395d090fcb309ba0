//! Web pages as Markdown or text.
//!
//! This file is the glue: what the host calls, and the one thing asked of the host (`fetch`). The rest is plain functions
//! with native tests: [`visit`] follows redirects and asks `robots.txt`, [`decode`] finds the character encoding,
//! [`document`] turns HTML into words, [`piece`] cuts long pages.

mod bindings {
    #![expect(
        clippy::too_many_arguments,
        reason = "generated: a page is lowered field by field"
    )]
    wit_bindgen::generate!({
        path: "wit",
        world: "web",
        generate_all,
        additional_derives: [PartialEq],
    });
}

mod decode;
mod document;
mod piece;
mod visit;

use bindings::metier::skill::fetch;
use bindings::metier::skill::types::Error;
use bindings::{Format, Guest, Link, Page, Part};

use document::Document;
use piece::Piece;
use visit::Found;

/// Links returned unless the caller says otherwise, and the most.
const LINKS: (u32, u32) = (200, 1_000);

struct Web;

impl Guest for Web {
    fn read_page(
        url: String,
        format: Option<Format>,
        part: Option<Part>,
        offset: Option<u32>,
        length: Option<u32>,
    ) -> Result<Page, Error> {
        let wanted = Piece::wanted(offset, length)?;
        let found = visit::visit(&fetch::fetch, &url)?;
        let text = document(&found)?.read(
            format.unwrap_or(Format::Markdown),
            part.unwrap_or(Part::Main),
        );
        Ok(page(found, text, &wanted))
    }

    fn list_links(
        url: String,
        containing: Option<String>,
        limit: Option<u32>,
    ) -> Result<Vec<Link>, Error> {
        let limit = limit.unwrap_or(LINKS.0);
        if !(1..=LINKS.1).contains(&limit) {
            return Err(Error::InvalidInput(format!(
                "`limit` is {limit}; it is 1 to {}",
                LINKS.1
            )));
        }
        let found = visit::visit(&fetch::fetch, &url)?;
        let links = document(&found)?.links(containing.as_deref());
        Ok(links.into_iter().take(limit as usize).collect())
    }
}

fn document(found: &Found) -> Result<Document, Error> {
    let text = decode::decode(&found.body, found.media_type.charset());
    Document::new(&found.media_type, text, &found.url)
}

fn page(found: Found, text: document::Text, wanted: &Piece) -> Page {
    let (content, total, next) = wanted.of(&text.content);
    Page {
        url: found.url.to_string(),
        title: text.title,
        author: text.author,
        published: text.published,
        language: text.language,
        summary: text.summary,
        content,
        total,
        next,
    }
}

#[expect(unsafe_code, reason = "generated: the functions the host calls")]
mod exports {
    use crate::{Web, bindings};

    bindings::export!(Web with_types_in bindings);
}
