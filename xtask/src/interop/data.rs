//! The data skill and other people's files: workbooks by xlsxwriter and openpyxl, read as openpyxl reads them; charts opened by
//! Pillow and by an XML parser.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Tools;
use crate::cmd::Cmd;
use crate::guests;
use crate::repo::Repo;
use crate::report;

/// Has workbooks written, read and drawn.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let only = Some("data".to_owned());
    guests::run(repo, &guests::Args { only })?;
    let scene = Scene {
        metier: repo.program("metier")?,
        skill: repo.target("skills/data.wasm"),
        python: tools.python()?,
        script: repo.path("tests/interop/data.py"),
        folder: repo.target("interop/data"),
    };
    scene.script("write").arg(&scene.folder).read()?;
    let grant = Cmd::new(&scene.metier)
        .arg("inspect")
        .arg(&scene.skill)
        .arg("--grant-template")
        .read()?;
    std::fs::write(scene.folder.join("grant.toml"), grant)?;
    scene.reads_what_others_write()?;
    scene.draws_what_others_open()
}

struct Scene {
    metier: PathBuf,
    skill: PathBuf,
    python: PathBuf,
    script: PathBuf,
    folder: PathBuf,
}

impl Scene {
    fn script(&self, what: &str) -> Cmd {
        Cmd::new(&self.python).arg(&self.script).arg(what)
    }

    fn metier(&self) -> Cmd {
        Cmd::new(&self.metier).env("XDG_DATA_HOME", self.folder.join("home"))
    }

    /// Every row of every sheet, by `SELECT *`.
    fn reads_what_others_write(&self) -> Result<()> {
        let books = self.folder.join("books.json");
        let known: Value = serde_json::from_str(&std::fs::read_to_string(&books)?)?;
        let mut sheets = 0;
        for (file, known) in known.as_object().context("books are an object")? {
            let digest = self.add(&self.folder.join(file))?;
            for sheet in known.as_object().context("sheets are an object")?.keys() {
                let table = json!({"name": "t", "artifact": digest, "sheet": sheet});
                let answer = self.call(
                    "query",
                    &json!({"tables": [table], "sql": "SELECT * FROM t"}),
                )?;
                let path = self.folder.join("answer.json");
                std::fs::write(&path, answer)?;
                self.script("rows")
                    .arg(&books)
                    .args([file, sheet])
                    .arg(&path)
                    .read()?;
                sheets += 1;
            }
        }
        ensure!(sheets == 4, "{sheets} sheets were compared");
        report::note(&format!(
            "{sheets} sheets by two writers are read as openpyxl reads them"
        ));
        Ok(())
    }

    /// A chart of each format, of the size that was asked for.
    fn draws_what_others_open(&self) -> Result<()> {
        let digest = self.add(&self.folder.join("xlsxwriter.xlsx"))?;
        for (format, scale) in [("svg", 1), ("png", 2)] {
            let pictures = self.folder.join(format);
            if pictures.exists() {
                std::fs::remove_dir_all(&pictures)?;
            }
            let chart = json!({
                "kind": "bar", "title": "Ærø & Søn", "width": 640, "height": 360,
                "format": format, "file-name": "chart",
            });
            let arguments = json!({
                "tables": [{"name": "t", "artifact": digest, "sheet": "Orders"}],
                "sql": "SELECT name, amount FROM t WHERE amount < 1000 AND name IS NOT NULL",
                "chart": chart,
            });
            self.call_with("draw-chart", &arguments)?
                .arg("--artifacts")
                .arg(&pictures)
                .read()?;
            self.script("picture")
                .arg(pictures.join(format!("chart.{format}")))
                .args([(640 * scale).to_string(), (360 * scale).to_string()])
                .args(["Ærø & Søn", "王小明"])
                .read()?;
        }
        report::note("Pillow opens the PNG and an XML parser the SVG");
        Ok(())
    }

    fn add(&self, file: &Path) -> Result<String> {
        let said = self.metier().args(["artifact", "add"]).arg(file).read()?;
        let digest = said
            .split_whitespace()
            .find(|word| word.starts_with("sha256:"));
        digest.map(str::to_owned).context("no digest was said")
    }

    fn call(&self, tool: &str, arguments: &Value) -> Result<String> {
        self.call_with(tool, arguments)?
            .args(["--output", "json"])
            .read()
    }

    fn call_with(&self, tool: &str, arguments: &Value) -> Result<Cmd> {
        let path = self.folder.join("arguments.json");
        std::fs::write(&path, arguments.to_string())?;
        Ok(self
            .metier()
            .arg("call")
            .arg(&self.skill)
            .arg(tool)
            .arg("--grant")
            .arg(self.folder.join("grant.toml"))
            .arg("--json")
            .arg(format!("@{}", path.display())))
    }
}
