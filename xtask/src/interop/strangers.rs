//! Components whose author never heard of Metier: built with the public tools as those say, inspected, and called under a
//! grant. See `tests/strangers/README.md`.

mod build;
mod published;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// Different patch releases of WASI 0.2 the strangers must ask for between them, so that skew is really tried.
const RELEASES: usize = 3;

/// One stranger, a call to it, and what it must answer.
struct Stranger {
    name: &'static str,
    tools: &'static [&'static str],
    call: (&'static str, &'static str),
    answer: &'static str,
}

const STRANGERS: &[Stranger] = &[
    Stranger {
        name: "rust",
        tools: &["kitchen.convert", "look", "now"],
        call: (
            "kitchen.convert",
            r#"{"amount": {"number": 2.0, "unit": "ounce"}, "to": "gram"}"#,
        ),
        answer: r#"{"number": 56.69904625, "unit": "gram"}"#,
    },
    Stranger {
        name: "rust-async",
        tools: &["boil"],
        call: ("boil", r#"{"cups": 3}"#),
        answer: r#""3 cups of hot water""#,
    },
    Stranger {
        name: "js",
        tools: &["text.headline"],
        call: ("text.headline", r#"{"text": "the rise and fall"}"#),
        answer: r#"{"words": ["The", "Rise", "and", "Fall"], "slug": "the-rise-and-fall"}"#,
    },
    Stranger {
        name: "python",
        tools: &["spread", "weekday"],
        call: ("weekday", r#"{"date": "2026-11-21"}"#),
        answer: r#""Saturday""#,
    },
    Stranger {
        name: "python-async",
        tools: &["sing"],
        call: ("sing", r#"{"line": "la", "voices": 2}"#),
        answer: r#"["voice 1: la", "voice 2: la"]"#,
    },
    Stranger {
        name: "c",
        tools: &["crc32", "draw", "luhn"],
        call: ("crc32", r#"{"bytes": "MTIzNDU2Nzg5"}"#),
        answer: "3421780262",
    },
    Stranger {
        name: "go",
        tools: &["words.count"],
        call: ("words.count", r#"{"text": "to be or not to be"}"#),
        answer: r#"[{"word": "be", "times": 2}, {"word": "to", "times": 2}, {"word": "not", "times": 1}, {"word": "or", "times": 1}]"#,
    },
];

/// Builds them, and tries each.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let metier = repo.program("metier")?;
    let folder = repo.target("interop/strangers");
    std::fs::create_dir_all(&folder)?;
    let mut releases = BTreeSet::new();
    for stranger in STRANGERS {
        let file = folder.join(format!("{}.wasm", stranger.name));
        build::build(repo, tools, stranger.name, &file)
            .with_context(|| format!("build the stranger `{}`", stranger.name))?;
        let inspected = inspect(&metier, &file)?;
        listed(stranger, &inspected)?;
        releases.extend(wasi(&inspected));
        called(&metier, stranger, &file, &inspected)?;
        report::note(&format!("{} is inspected and called", stranger.name));
    }
    published::run(repo, tools, &metier)?;
    reaches(&metier, &folder.join("rust.wasm"))?;
    ensure!(
        releases.len() >= RELEASES && releases.iter().any(|it| it.starts_with("0.3")),
        "the strangers ask for too few releases of WASI: {releases:?}"
    );
    report::note(&format!("WASI as they ask for it: {releases:?}"));
    Ok(())
}

fn inspect(metier: &Path, file: &Path) -> Result<Value> {
    let json = Cmd::new(metier)
        .args(["inspect", "--output", "json"])
        .arg(file)
        .read()?;
    Ok(serde_json::from_str(&json)?)
}

fn listed(stranger: &Stranger, inspected: &Value) -> Result<()> {
    let tools = inspected["tools"].as_array().context("a list of tools")?;
    let mut names: Vec<_> = tools.iter().filter_map(|it| it["name"].as_str()).collect();
    names.sort_unstable();
    ensure!(
        names == stranger.tools,
        "{} has the tools {names:?}, and not {:?}",
        stranger.name,
        stranger.tools
    );
    Ok(())
}

/// The releases of WASI it imports.
fn wasi(inspected: &Value) -> Vec<String> {
    let imports = inspected["imports"].as_array().into_iter().flatten();
    let names = imports.filter_map(Value::as_str);
    names
        .filter(|name| name.starts_with("wasi:"))
        .filter_map(|name| Some(name.rsplit_once('@')?.1.to_owned()))
        .collect()
}

/// Under a grant for its bytes and this one tool.
fn called(metier: &Path, stranger: &Stranger, file: &Path, inspected: &Value) -> Result<()> {
    let (tool, arguments) = stranger.call;
    let grant = grant(file, inspected, tool, "")?;
    let answer = Cmd::new(metier)
        .args(["call", "--output", "json", "--grant", &grant])
        .arg(file)
        .args([tool, "--json", arguments])
        .read()?;
    let answer: Value = serde_json::from_str(&answer)?;
    let expected: Value = serde_json::from_str(stranger.answer)?;
    ensure!(
        answer == expected,
        "{} answered {answer}, and not {expected}",
        stranger.name
    );
    Ok(())
}

fn grant(file: &Path, inspected: &Value, tool: &str, more: &str) -> Result<String> {
    let digest = inspected["digest"].as_str().context("a digest")?;
    let path = file.with_extension("grant.toml");
    std::fs::write(
        &path,
        format!("digest = \"{digest}\"\ntools = [\"{tool}\"]\n{more}"),
    )?;
    Ok(path.display().to_string())
}

/// A stranger without a manifest reaches what a grant for its digest allows, and nothing else.
fn reaches(metier: &Path, file: &Path) -> Result<()> {
    let inspected = inspect(metier, file)?;
    let service = TcpListener::bind("127.0.0.1:0")?;
    let address = service.local_addr()?;
    let serving = std::thread::spawn(move || serve_once(&service));
    let rule = format!(
        "[[http]]\nscheme = \"http\"\nhost = \"service.test\"\nmethods = [\"GET\"]\npaths = [\"/tea\"]\n\
         connect = \"{address}\"\naddresses = [\"127.0.0.0/8\"]\n"
    );
    let look = |grant: &str, path: &str| {
        let arguments = json!({"authority": "service.test", "path": path}).to_string();
        Cmd::new(metier)
            .args(["call", "--grant", grant])
            .arg(file)
            .args(["look", "--json", &arguments])
            .capture()
    };
    let granted = grant(file, &inspected, "look", &rule)?;
    let refused = look(&granted, "/coffee")?;
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(
        !refused.status.success() && why.contains("http-not-granted"),
        "a path outside the grant: {why}"
    );
    let answered = look(&granted, "/tea")?;
    ensure!(
        String::from_utf8_lossy(&answered.stdout).trim() == "418",
        "a granted path: {}",
        String::from_utf8_lossy(&answered.stderr)
    );
    serving
        .join()
        .map_err(|_| anyhow::anyhow!("the service failed"))??;
    report::note("a grant for its digest lets rust reach what it allows");
    Ok(())
}

fn serve_once(service: &TcpListener) -> Result<()> {
    let (mut client, _) = service.accept()?;
    let mut head = [0; 1024];
    let _read = client.read(&mut head)?;
    client.write_all(
        b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    )?;
    Ok(())
}
