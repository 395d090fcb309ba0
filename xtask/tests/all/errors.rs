//! Every error code has its page, and every page its code.

use metier_core::code::Code;

use crate::tree;

const INDEX: &str = "docs/errors/README.md";

#[test]
fn every_code_has_a_page_that_says_who_is_to_blame_and_what_to_do() {
    let index = tree::read(INDEX);
    for &code in Code::ALL {
        let page = tree::read(&code.page());
        assert!(
            page.starts_with(&format!("# `{code}`\n")),
            "{}: its title",
            code.page()
        );
        let blame = format!("Blame: **{}**", code.blame());
        assert!(page.contains(&blame), "{}: «{blame}»", code.page());
        for section in ["\n## What happened\n", "\n## What to do\n"] {
            assert!(
                page.contains(section),
                "{}: «{}»",
                code.page(),
                section.trim()
            );
        }
        assert!(
            index.contains(&format!("({code}.md)")),
            "{INDEX} does not list {code}"
        );
    }
}

#[test]
fn every_page_is_of_a_code() {
    let pages = tree::files("md")
        .into_iter()
        .filter(|file| file.starts_with("docs/errors/"));
    for page in pages.filter(|page| page != INDEX) {
        let is_known = Code::ALL.iter().any(|code| code.page() == page);
        assert!(
            is_known,
            "{page} is of no code; codes are never removed, was it renamed?"
        );
    }
}
