//! The PowerPoint skill's decks, read back by other people's programs: python-pptx slide by slide, LibreOffice as a whole.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Tools, skills_ref};
use crate::cmd::Cmd;
use crate::guests::up_to_date;
use crate::repo::Repo;
use crate::report;

/// LibreOffice to render, poppler to count the pages.
const DEBIAN: &[&str] = &["libreoffice-impress", "poppler-utils"];

/// Descriptions in the skill's `examples`: one a manager would show, and one with everything that is hard.
const EXAMPLES: &[&str] = &["quarterly", "hard"];

/// What a description must not be, and what the refusal says.
const REFUSED: &[(&str, &str)] = &[
    (r#"{"title": "T", "slides": []}"#, "1 to 500 slides"),
    (
        r#"{"title": "T", "slides": [{"body": {"table": {"columns": [{"header": "a"}], "rows": [["1", "2"]]}}}]}"#,
        "row 1 has 2 cells",
    ),
    (
        r#"{"title": "T", "slides": [{"body": {"image": {"source": {"data": "aGVsbG8="}, "alt": "x"}}}]}"#,
        "no PNG, JPEG or GIF",
    ),
    (
        r#"{"title": "T", "slides": [{"body": {"image": {"source": {"data": "%%%"}, "alt": "x"}}}]}"#,
        "base64",
    ),
    (
        r#"{"title": "T", "slides": [{"body": {"image": {"source": {"artifact": "sha256:0"}, "alt": "x"}}}]}"#,
        "cannot be read",
    ),
    (
        r#"{"title": "T", "slides": [{"body": "pyramid"}]}"#,
        "pyramid",
    ),
    (
        r#"{"title": "T", "slides": [{"body": {"chart": {"kind": "pie", "categories": ["a"], "series": [{"name": "s", "values": ["NaN"]}]}}}]}"#,
        "NaN",
    ),
];

/// Builds the skill as its author would, makes decks, and has them read.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    tools.debian(DEBIAN)?;
    let decks = Decks::of(repo)?;
    decks.build(repo, tools)?;
    skills_ref::check(repo, tools, &decks.skill())?;
    for example in EXAMPLES {
        decks.make_and_read(repo, tools, example)?;
    }
    decks.refuses()?;
    decks.is_large()
}

/// The skill, built unless nothing has changed since it was.
pub fn built(repo: &Repo, tools: &Tools<'_>) -> Result<PathBuf> {
    let decks = Decks::of(repo)?;
    let made_of = [decks.metier.clone(), repo.path("skills/powerpoint")];
    if !up_to_date(&decks.skill(), &made_of)? {
        decks.build(repo, tools)?;
    }
    Ok(decks.skill())
}

/// A copy of the skill under the target folder, built there, with what it makes.
struct Decks {
    metier: PathBuf,
    folder: PathBuf,
}

impl Decks {
    fn of(repo: &Repo) -> Result<Decks> {
        Ok(Decks {
            metier: repo.program("metier")?,
            folder: repo.target("interop/powerpoint"),
        })
    }

    fn skill(&self) -> PathBuf {
        self.folder.join("dist/powerpoint.wasm")
    }

    fn grant(&self) -> PathBuf {
        self.folder.join("grant.toml")
    }

    fn build(&self, repo: &Repo, tools: &Tools<'_>) -> Result<()> {
        copy(&repo.path("skills/powerpoint"), &self.folder)?;
        let path = tools.path()?;
        let here = |program: &str| Cmd::new(program).dir(&self.folder).env("PATH", &path);
        // What builds it is on the `PATH`.
        here("npm")
            .args(["ci", "--omit=dev", "--no-audit", "--no-fund"])
            .arg("--loglevel=error")
            .step("install what the PowerPoint skill is written with")?;
        here("node")
            .args(["--test", "--test-reporter=dot", "test/"])
            .step("test the PowerPoint skill by itself")?;
        here(&self.metier.to_string_lossy())
            .arg("build")
            .env("NODE_PATH", tools.node_modules()?)
            .step("build the PowerPoint skill")?;
        here(&self.metier.to_string_lossy())
            .args(["test", "dist/powerpoint.wasm"])
            .step("run what was recorded for the PowerPoint skill")?;
        here(&self.metier.to_string_lossy())
            .args(["lint", "dist/powerpoint.wasm"])
            .step("lint the PowerPoint skill")?;
        let grant = Cmd::new(&self.metier)
            .arg("inspect")
            .arg(self.skill())
            .arg("--grant-template")
            .read()?;
        std::fs::write(self.grant(), grant)?;
        Ok(())
    }

    /// The deck is what python-pptx reads, has the pages LibreOffice sees, and is the same file when made again.
    fn make_and_read(&self, repo: &Repo, tools: &Tools<'_>, example: &str) -> Result<()> {
        let description = repo.path(format!("skills/powerpoint/examples/{example}.json"));
        let text = std::fs::read_to_string(&description)?;
        let deck = self.create(&text, example)?;
        let again = self.create(&text, &format!("{example}-again"))?;
        ensure!(
            std::fs::read(&deck)? == std::fs::read(again)?,
            "the same description gave two different files: {}",
            deck.display()
        );
        let slides = Cmd::new(tools.python()?)
            .arg(repo.path("tests/interop/powerpoint.py"))
            .args([&description, &deck])
            .read()?;
        let pages = self.pages(&deck)?;
        ensure!(
            slides.trim() == pages,
            "python-pptx reads {} slides in {} and LibreOffice shows {pages}",
            slides.trim(),
            deck.display()
        );
        report::note(&format!(
            "{example}: python-pptx reads {pages} slides and LibreOffice shows {pages}"
        ));
        Ok(())
    }

    /// Calls `create` and gives the path of the deck.
    fn create(&self, description: &str, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join("decks").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        self.call(description)?
            .arg("--artifacts")
            .arg(&folder)
            .read()?;
        let entry = std::fs::read_dir(&folder)?
            .next()
            .with_context(|| format!("no deck in {}", folder.display()))?;
        let deck = folder.join("deck.pptx");
        std::fs::rename(entry?.path(), &deck)?;
        Ok(deck)
    }

    fn call(&self, description: &str) -> Result<Cmd> {
        let arguments = self.folder.join("arguments.json");
        std::fs::write(&arguments, format!(r#"{{"deck": {description}}}"#))?;
        Ok(Cmd::new(&self.metier)
            .arg("call")
            .arg(self.skill())
            .args(["create", "--output", "json", "--grant"])
            .arg(self.grant())
            .arg("--json")
            .arg(format!("@{}", arguments.display())))
    }

    /// How many pages LibreOffice makes of the deck.
    fn pages(&self, deck: &Path) -> Result<String> {
        let folder = deck.parent().context("a deck is in a folder")?;
        Cmd::new("soffice")
            .arg(format!(
                "-env:UserInstallation=file://{}",
                self.folder.join("libreoffice").display()
            ))
            .args(["--headless", "--convert-to", "pdf", "--outdir"])
            .arg(folder)
            .arg(deck)
            .read()?;
        let info = Cmd::new("pdfinfo").arg(deck.with_extension("pdf")).read()?;
        info.lines()
            .find_map(|line| line.strip_prefix("Pages:"))
            .map(|pages| pages.trim().to_owned())
            .context("pdfinfo says no number of pages")
    }

    fn refuses(&self) -> Result<()> {
        for (description, sentence) in REFUSED {
            let output = self.call(description)?.capture()?;
            let said =
                String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            ensure!(
                output.status.code() == Some(CALLER) && said.contains(sentence),
                "{description} should be refused with `{sentence}`; it said ({}):\n{said}",
                output.status
            );
        }
        report::note(&format!(
            "{} broken descriptions are refused",
            REFUSED.len()
        ));
        Ok(())
    }

    /// 500 slides, within the limits the skill asks for.
    fn is_large(&self) -> Result<()> {
        let slide = r#"{"title": "A slide like many", "body": {"bullets": ["One point", "  and one below", "Another point"]}, "notes": "Said."}"#;
        let slides = vec![slide; 500].join(",");
        let deck = self.create(
            &format!(r#"{{"title": "Large", "slides": [{slides}]}}"#),
            "large",
        )?;
        let pages = self.pages(&deck)?;
        ensure!(
            pages == "500",
            "LibreOffice shows {pages} pages of 500 slides"
        );
        report::note("500 slides are 500 pages");
        Ok(())
    }
}

/// The exit code of a call its caller can mend.
const CALLER: i32 = 10;

/// Copies the skill's folder without what a build leaves in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if ["node_modules", "dist", "build"]
            .iter()
            .any(|left| name == *left)
        {
            continue;
        }
        // Through links: the vendored contract is linked from the repository's.
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(name))?,
            false => std::fs::copy(entry.path(), to.join(name)).map(drop)?,
        }
    }
    Ok(())
}
