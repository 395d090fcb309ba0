//! `metier audit`: the trail of a host service, offline.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use metier_core::{Code, Fault};
use metier_service::audit::{
    Expected, Filter, Head, HeadKey, export::export, search::search, trails, verify,
};
use serde_json::json;

use super::App;
use crate::{
    args::audit::{Audit, AuditAction, Which},
    errors::Failure,
    exit::Exit,
    printer::Format,
};

/// Does what was asked with the trails.
///
/// # Errors
/// [`Failure`] when they cannot be read; that one is not whole is an exit code.
pub fn run(app: &App, args: &Audit) -> Result<Exit, Failure> {
    let root = match &args.trail {
        Some(root) => root.clone(),
        None => app.folders.data()?.join("audit"),
    };
    match &args.action {
        AuditAction::Verify { head, after, key } => {
            let key = key.clone().unwrap_or_else(|| root.with_extension("key"));
            verified(app, &root, *head, *after, &key)
        }
        AuditAction::Head => heads(app, &root),
        AuditAction::Export(which) => exported(app, &root, &filter(which)),
        AuditAction::Search { which, limit } => found(app, &root, &filter(which), *limit),
    }
}

/// The trails below the root; or the root, where it is one itself.
fn all(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let found = trails(root).map_err(|error| Failure::unreadable(root, &error))?;
    match found.is_empty() {
        true if root.join("00000001.jsonl").is_file() => Ok(vec![root.to_owned()]),
        true => {
            let message = format!("There is no audit trail in {}.", root.display());
            Err(Fault::new(Code::NotFound, message)
                .with_hint("`metier serve` writes one; name another folder with --trail.")
                .into())
        }
        false => Ok(found),
    }
}

fn verified(
    app: &App,
    root: &Path,
    head: Option<Head>,
    after: Option<Head>,
    key: &Path,
) -> Result<Exit, Failure> {
    let trails = all(root)?;
    if trails.len() > 1 && (head.is_some() || after.is_some()) {
        return Err(Failure::usage(
            "There is more than one trail, and a head is of one.",
            "Name the trail with --trail DIR/1.",
        ));
    }
    let mut is_whole = true;
    for trail in trails {
        let unreadable = |error: io::Error| Failure::unreadable(&trail, &error);
        let key = match key.is_file() {
            true => Some(HeadKey::read(key).map_err(|error| Failure::unreadable(key, &error))?),
            false => None,
        };
        let is_believed = key.is_none();
        let expected = Expected { head, after, key };
        let verified = verify(&trail, &expected).map_err(unreadable)?;
        is_whole &= verified.is_whole();
        let findings: Vec<String> = verified.findings.iter().map(ToString::to_string).collect();
        if app.printer.format == Format::Json {
            let told = json!({
                "trail": trail.display().to_string(), "records": verified.records, "head": verified.head.to_string(),
                "whole": verified.is_whole(), "torn": verified.torn, "lost": verified.lost, "findings": findings,
            });
            app.print(&format!("{told}\n"))?;
            continue;
        }
        let what = match verified.is_whole() {
            true => "is whole",
            false => "is NOT whole",
        };
        app.print(&format!(
            "{}: {what}, {} records, head {}\n",
            trail.display(),
            verified.records,
            verified.head
        ))?;
        for finding in findings {
            app.print(&format!("  {finding}\n"))?;
        }
        if verified.more > 0 {
            app.print(&format!("  and {} more\n", verified.more))?;
        }
        if is_believed {
            app.printer
                .warn("the key of heads is not there: where the trail ends is believed");
        }
    }
    match is_whole {
        true => Ok(Exit::Ok),
        false => Ok(Exit::Failed(metier_core::Blame::Host)),
    }
}

fn heads(app: &App, root: &Path) -> Result<Exit, Failure> {
    for trail in all(root)? {
        let verified = verify(&trail, &Expected::default());
        let verified = verified.map_err(|error| Failure::unreadable(&trail, &error))?;
        app.print(&format!("{}\t{}\n", trail.display(), verified.head))?;
    }
    Ok(Exit::Ok)
}

fn exported(app: &App, root: &Path, filter: &Filter) -> Result<Exit, Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut count = 0;
    for trail in all(root)? {
        count += export(&trail, filter, &mut out).map_err(|error| unwritable(&error))?;
    }
    out.flush().map_err(|error| unwritable(&error))?;
    app.printer.note(&format!("{count} records"));
    Ok(Exit::Ok)
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::unwritable("The export", error)
}

fn found(app: &App, root: &Path, filter: &Filter, limit: usize) -> Result<Exit, Failure> {
    all(root)?;
    let (mut cursor, mut left) = (None::<String>, limit);
    while left > 0 {
        let page = search(root, filter, cursor.as_deref(), left)?;
        left = left.saturating_sub(page.records.len());
        for record in page.records {
            let told = json!({
                "seq": record.seq, "at": record.at, "kind": record.kind, "tenant": record.tenant,
                "principal": record.principal, "request": record.request, "what": record.rest,
            });
            app.print(&format!("{told}\n"))?;
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(Exit::Ok)
}

fn filter(which: &Which) -> Filter {
    Filter {
        tenant: which.tenant.clone(),
        kind: which.kind.clone(),
        principal: which.principal.clone(),
        text: which.text.clone(),
        ..Filter::default()
    }
}
