//! Files that tools handed back: to be saved, and looked at where that is safe.
//!
//! What a skill calls a file and says it is, is only told. It is shown as text, as the cells of a table or as a picture, and a picture
//! only where its own first bytes say that it is one of those that run nothing. Everything else, pages and drawings with scripts in them
//! above all, is shown as the text it consists of, or saved.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};
use metier_agent::journal::{Entry, Event, Outcome, Settlement};
use metier_core::{Artifact, Code, Digest, Fault};
use metier_store::types::RunId;

use super::super::{
    failure::{Failure, Told},
    layout::{self, Place, panel},
    session::Session,
    text,
};
use crate::{api, app::App, body::Named};

/// Of a file that is shown, at most so many bytes are read: the rest is for whoever saves it.
const MAX_TEXT: usize = 256 << 10;

/// Largest picture that is shown, in bytes.
const MAX_PICTURE: usize = 8 << 20;

/// Rows and columns shown of a table.
const MAX_ROWS: usize = 200;
const MAX_COLUMNS: usize = 30;

/// Nothing a picture could bring along is loaded or run, whatever a browser takes it for.
const PICTURE_POLICY: &str = "default-src 'none'; sandbox";

/// Links to files.
pub fn list(run: RunId, files: &[Artifact]) -> Markup {
    html! {
        ul.plain {
            @for file in files {
                li {
                    a href={ "/console/runs/" (run) "/files/" (file.digest) } { (text::line(&file.name, 120)) }
                    span.muted { " " (text::line(&file.media_type, 60)) ", " (text::bytes(file.size)) }
                }
            }
        }
    }
}

/// All files of a run.
pub fn all(run: RunId, entries: &[Entry]) -> Markup {
    let all = of(entries);
    if all.is_empty() {
        return html! {};
    }
    panel("files", "Files", html! {}, list(run, &all))
}

/// What tools handed back, each once.
fn of(entries: &[Entry]) -> Vec<Artifact> {
    let mut all: Vec<Artifact> = Vec::new();
    for entry in entries {
        let Event::Settled(Settlement {
            outcome: Outcome::Output { artifacts, .. },
            ..
        }) = &entry.event
        else {
            continue;
        };
        for file in artifacts {
            if !all.iter().any(|known| known.digest == file.digest) {
                all.push(file.clone());
            }
        }
    }
    all
}

/// The file of a run, by its digest.
async fn find(
    app: &App,
    session: &Session,
    run: &str,
    digest: &str,
) -> Result<(RunId, Artifact), Failure> {
    let run = api::runs::id_of(run)?;
    let told = app.service.run_timeline(&session.caller, run).await?;
    let digest: Option<Digest> = digest.parse().ok();
    let found = of(&told.entries)
        .into_iter()
        .find(|file| Some(file.digest) == digest);
    let missing = || Fault::new(Code::NotFound, "The run handed back no such file.");
    Ok((run, found.ok_or_else(missing)?))
}

/// The first bytes of a file, and whether there are more.
async fn read(
    app: &App,
    session: &Session,
    file: &Artifact,
    max: usize,
) -> Result<(Vec<u8>, bool), Failure> {
    let mut reader = app.service.file(&session.caller, &file.digest).await?;
    let mut bytes = Vec::new();
    while bytes.len() <= max {
        let piece = reader.next().await;
        match piece.map_err(|error| metier_service::files::of_artifact(&error))? {
            Some(piece) => bytes.extend_from_slice(&piece),
            None => break,
        }
    }
    let is_cut = bytes.len() > max;
    bytes.truncate(max);
    Ok((bytes, is_cut))
}

/// A page with the file.
pub async fn show(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Named((run, digest))): Told<Named<(String, String)>>,
) -> Result<Html<String>, Failure> {
    let (run, file) = find(&app, &session, &run, &digest).await?;
    let (bytes, is_cut) = read(&app, &session, &file, MAX_TEXT).await?;
    let here = format!("/console/runs/{run}/files/{}", file.digest);
    let (parent, title) = (format!("/console/runs/{run}"), text::plain(&file.name));
    let save = html! {
        a.button.primary href={ "/console/artifacts/" (file.digest) } download=(title) { "Save the file" }
    };
    let body = html! {
        (layout::below(Some((parent.as_str(), "Run")), &file.name, html! {}, save))
        dl.facts.panel {
            div { dt { "Said to be" } dd { (text::line(&file.media_type, 80)) } }
            div { dt { "Size" } dd title={ (text::count(file.size)) " bytes" } { (text::bytes(file.size)) } }
            div.wide-fact { dt { "SHA-256" } dd { code { (file.digest) } } }
        }
        section.panel aria-label="What is in it" {
            div.panel-body { (inside(&file, &bytes, is_cut, &here)) }
        }
    };
    Ok(layout::page(&session, Place::Runs, &title, body))
}

fn inside(file: &Artifact, bytes: &[u8], is_cut: bool, here: &str) -> Markup {
    if picture(bytes).is_some() {
        return match file.size <= MAX_PICTURE as u64 {
            true => {
                html! { img.picture src={ (here) "/picture" } alt={ "The picture " (text::plain(&file.name)) }; }
            }
            false => {
                html! { p.muted { "The picture is too large to be shown here. Save it to look at it." } }
            }
        };
    }
    let Some(words) = words(bytes, is_cut) else {
        return html! { p.muted { "Its bytes are no text and no picture that can be shown safely. Save it to open it with its program." } };
    };
    html! {
        @match separator(file) {
            Some(separator) if !words.is_empty() => { (cells(words, separator)) }
            _ => { pre tabindex="0" { (text::json_text(words)) } }
        }
        @if is_cut { p.muted { "The rest is left out here: save the file to have it all." } }
    }
}

/// The text, where it is one; a character that was cut through is left out.
fn words(bytes: &[u8], is_cut: bool) -> Option<&str> {
    let words = match std::str::from_utf8(bytes) {
        Ok(words) => words,
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    (!words.contains('\0')).then_some(words)
}

/// Which pictures are shown: those that consist of points alone.
fn picture(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        bytes if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        bytes if bytes.starts_with(b"\xff\xd8\xff") => Some("image/jpeg"),
        bytes if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => Some("image/gif"),
        _ if is_webp => Some("image/webp"),
        _ => None,
    }
}

fn separator(file: &Artifact) -> Option<char> {
    let name = file.name.to_ascii_lowercase();
    match file.media_type.split(';').next().unwrap_or_default().trim() {
        "text/csv" => Some(','),
        "text/tab-separated-values" => Some('\t'),
        _ if name.ends_with(".csv") => Some(','),
        _ if name.ends_with(".tsv") => Some('\t'),
        _ => None,
    }
}

fn cells(words: &str, separator: char) -> Markup {
    let mut rows = rows(words, separator, MAX_ROWS + 2).into_iter();
    let head = rows.next().unwrap_or_default();
    let rows: Vec<Vec<String>> = rows.collect();
    let cut = |cell: &String| text::line(cell, 200);
    html! {
        div.wide tabindex="0" role="region" aria-label="The table" {
            table.cells {
                thead { tr { @for cell in head.iter().take(MAX_COLUMNS) { th scope="col" { (cut(cell)) } } } }
                tbody {
                    @for row in rows.iter().take(MAX_ROWS) {
                        tr { @for cell in row.iter().take(MAX_COLUMNS) { td { (cut(cell)) } } }
                    }
                }
            }
        }
        @if rows.len() > MAX_ROWS { p.muted { "The first " (MAX_ROWS) " rows are shown." } }
        @if head.len() > MAX_COLUMNS { p.muted { "The first " (MAX_COLUMNS) " columns are shown." } }
    }
}

/// The rows of a table as RFC 4180 has them, up to so many.
fn rows(words: &str, separator: char, max: usize) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut is_quoted, mut characters) = (false, words.chars().peekable());
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if is_quoted || cell.is_empty() => is_quoted = !is_quoted,
            other if is_quoted => cell.push(other),
            other if other == separator => row.push(std::mem::take(&mut cell)),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
                if rows.len() == max {
                    return rows;
                }
            }
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

/// The picture's bytes, as what they are.
pub async fn serve(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Named((run, digest))): Told<Named<(String, String)>>,
) -> Result<Response, Failure> {
    let (_, file) = find(&app, &session, &run, &digest).await?;
    let (bytes, is_cut) = read(&app, &session, &file, MAX_PICTURE).await?;
    let media_type = picture(&bytes).filter(|_| !is_cut);
    let no_picture = || Fault::new(Code::NotFound, "The file is no picture that can be shown.");
    let media_type = media_type.ok_or_else(no_picture)?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, PICTURE_POLICY),
        (header::CONTENT_DISPOSITION, "inline"),
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use metier_core::{Artifact, Digest};
    use metier_store::types::RunId;

    use super::{inside, list, picture, rows, words};

    fn file(name: &str, media_type: &str) -> Artifact {
        Artifact {
            digest: Digest::of(b"x"),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size: 3,
        }
    }

    #[test]
    fn a_files_name_is_text_wherever_it_stands() {
        let page = list(
            RunId::new(1),
            &[file("\"><script>a</script>\u{202e}.html", "text/html\"<b>")],
        )
        .into_string();
        assert!(
            !page.contains("<script") && !page.contains("<b>") && !page.contains('\u{202e}'),
            "{page}"
        );
    }

    #[test]
    fn only_pictures_of_points_are_pictures() {
        assert_eq!(picture(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(picture(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        for other in [
            &b"<svg onload=alert(1)>"[..],
            b"",
            b"<html>",
            b"%PDF-1.7",
            b"\x89PNG",
        ] {
            assert_eq!(picture(other), None);
        }
        // What it is said to be does not make it one.
        let page = inside(
            &file("a.png", "image/png"),
            b"<svg onload=\"alert(1)\"><script>",
            false,
            "/x",
        )
        .into_string();
        assert!(
            !page.contains("<img") && !page.contains("<svg") && !page.contains("<script"),
            "{page}"
        );
        let page = inside(
            &file("a.html", "text/html"),
            b"<script>alert(1)</script>",
            false,
            "/x",
        )
        .into_string();
        assert!(
            page.contains("&lt;script&gt;") && !page.contains("<script"),
            "{page}"
        );
        let page = inside(&file("a", "text/plain"), b"\x00\xff", false, "/x").into_string();
        assert!(page.contains("no text and no picture"), "{page}");
    }

    #[test]
    fn tables_are_read_as_they_are_written() {
        assert_eq!(
            rows("a,\"b \"\"c\"\", d\"\r\n1,2\n\n", ',', 9),
            [vec!["a", "b \"c\", d"], vec!["1", "2"], vec![""]]
        );
        assert_eq!(rows("a\tb", '\t', 9), [vec!["a", "b"]]);
        assert_eq!(rows("1\n2\n3\n", ',', 2), [vec!["1"], vec!["2"]]);
        assert_eq!(rows("\"never closed\n", ',', 2), [vec!["never closed\n"]]);
        let page = inside(&file("a.csv", "text/csv"), b"n,<b>\n1,<i>\n", false, "/x").into_string();
        assert!(
            page.contains("<th scope=\"col\">&lt;b&gt;</th>") && page.contains("<td>1</td>"),
            "{page}"
        );
        assert_eq!(
            words("é".as_bytes().get(..1).unwrap_or_default(), true),
            Some("")
        );
        assert_eq!(words(b"\xff", false), None);
    }

    #[test]
    fn what_is_large_is_shown_in_part_and_said_to_be() {
        let long = "a,b\n".repeat(300);
        let page = inside(&file("a.csv", ""), long.as_bytes(), false, "/x").into_string();
        assert_eq!(page.matches("<tr>").count(), 201);
        assert!(page.contains("The first 200 rows are shown."), "{page}");
        let broad = "a,".repeat(50);
        let page = inside(&file("a.csv", ""), broad.as_bytes(), false, "/x").into_string();
        assert_eq!(page.matches("<th").count(), 31, "{page}");
        let page = inside(&file("a.txt", ""), b"a", true, "/x").into_string();
        assert!(page.contains("The rest is left out here"), "{page}");
        let large = Artifact {
            size: 1 << 30,
            ..file("a.png", "")
        };
        let page = inside(&large, b"\x89PNG\r\n\x1a\n", true, "/x").into_string();
        assert!(
            page.contains("too large") && !page.contains("<img"),
            "{page}"
        );
    }
}
