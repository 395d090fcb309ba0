//! `metier errors`: the pages of docs/errors, wherever the program is.

use metier_core::{
    code::{Blame, Code},
    fault::Fault,
    nearest::nearest,
};
use serde_json::json;

use super::App;
use crate::{args::Errors, errors::Failure, printer::Format};

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Prints a page, or the list of codes.
///
/// # Errors
/// `not-found` for a code there is not.
pub fn run(app: &App, args: &Errors) -> Result<(), Failure> {
    let Some(text) = &args.code else {
        return list(app);
    };
    let Ok(code) = text.parse::<Code>() else {
        let fault = Fault::new(Code::NotFound, format!("There is no error code `{text}`."));
        let hint = match nearest(text, Code::ALL.iter().map(|code| code.as_str())) {
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => "`metier errors` lists them.".to_owned(),
        };
        return Err(fault.with_hint(hint).into());
    };
    match app.printer.format {
        Format::Human => app.print(&page(code)),
        Format::Json => app.print(&format!("{}\n", entry(code, Some(page(code))))),
    }
}

fn list(app: &App) -> Result<(), Failure> {
    if app.printer.format == Format::Json {
        let all: Vec<_> = Code::ALL.iter().map(|code| entry(*code, None)).collect();
        return app.print(&format!("{}\n", json!(all)));
    }
    let paint = app.printer.terminal.stdout.paint();
    let longest = Code::ALL
        .iter()
        .map(|code| code.as_str().len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for blame in Blame::ALL {
        text.push_str(&format!(
            "{}\n",
            paint.heading(&format!("For the {blame} to mend"))
        ));
        for code in Code::ALL.iter().filter(|code| code.blame() == blame) {
            let padding = " ".repeat(longest - code.as_str().len());
            text.push_str(&format!(
                "  {}{padding}  {}\n",
                paint.name(code.as_str()),
                code.hint()
            ));
        }
        text.push('\n');
    }
    app.print(&format!("{}\n", text.trim_end()))
}

fn entry(code: Code, page: Option<String>) -> serde_json::Value {
    let mut entry = json!({"code": code, "blame": code.blame(), "hint": code.hint()});
    if let (Some(page), Some(object)) = (page, entry.as_object_mut()) {
        object.insert("page".to_owned(), page.into());
    }
    entry
}

fn page(code: Code) -> String {
    let found = PAGES.iter().find(|(name, _)| *name == code.as_str());
    // A test holds that every code has its page.
    found.map_or_else(
        || {
            format!(
                "# `{code}`\n\nBlame: **{}**. {}\n",
                code.blame(),
                code.hint()
            )
        },
        |(_, text)| (*text).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use metier_core::code::Code;

    use super::PAGES;

    #[test]
    fn every_code_has_its_page_in_the_program() {
        for code in Code::ALL {
            assert!(
                PAGES
                    .iter()
                    .any(|(name, text)| *name == code.as_str() && text.len() > 100),
                "{code}"
            );
        }
    }
}
