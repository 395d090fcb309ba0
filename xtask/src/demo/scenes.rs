//! The scenes of the demo, in order.

use anyhow::Result;

use super::grants::{ELSEWHERE, ENEMY, READ_ONLY};
use super::stage::{HOSTILE, SKILL};
use super::story::{Expect, Story};

/// Plays them all.
pub fn play(story: &mut Story<'_>) -> Result<()> {
    skill_is_one_file(story)?;
    query(story)?;
    refused(story)?;
    hostile(story)?;
    mistake(story)?;
    review(story)
}

fn skill_is_one_file(story: &mut Story<'_>) -> Result<()> {
    story.chapter(
        "A skill is one file",
        "Code, tools, what it asks for and the words a model reads, under one digest.",
    );
    story.metier(&["inspect", SKILL], &Expect::Answer("query"))
}

fn query(story: &mut Story<'_>) -> Result<()> {
    story.chapter(
        "It reaches what the operator grants",
        "The operator lets it send queries to one host. The host logs in and attaches the token on\n\
         the way out: the skill never sees a secret.",
    );
    story.show_file(READ_ONLY)?;
    let soql = "SELECT Name, Industry, AnnualRevenue FROM Account WHERE AnnualRevenue != null ORDER BY AnnualRevenue DESC LIMIT 5";
    story.metier(
        &["call", SKILL, "query", "--soql", soql, "--grant", READ_ONLY],
        &Expect::Answer("AnnualRevenue"),
    )
}

fn refused(story: &mut Story<'_>) -> Result<()> {
    story.chapter(
        "It reaches nothing else",
        "The same skill tries another path, another method, and another host. Nothing is sent; the\n\
         answer says which rule is missing and who can add it.",
    );
    let refusal = Expect::Refusal("http-not-granted");
    let describe = [
        "call", SKILL, "describe", "--object", "Account", "--grant", READ_ONLY,
    ];
    story.metier(&describe, &refusal)?;
    let create = r#"{"object":"Account","fields":[{"name":"Name","value":"Mine"}]}"#;
    let create = [
        "call",
        SKILL,
        "create-record",
        "--json",
        create,
        "--grant",
        READ_ONLY,
    ];
    story.metier(&create, &refusal)?;
    let soql = "SELECT Name FROM Account";
    let elsewhere = ["call", SKILL, "query", "--soql", soql, "--grant", ELSEWHERE];
    story.metier(&elsewhere, &refusal)
}

fn hostile(story: &mut Story<'_>) -> Result<()> {
    story.chapter(
        "A hostile skill is stopped",
        "This one means harm. It is granted a second of processor time and nothing to reach.",
    );
    story.show_file(ENEMY)?;
    for (behaviour, argument, expect) in [
        ("loop", "", Expect::Refusal("skill-cpu-exceeded")),
        (
            "grow-then-allocate",
            "",
            Expect::Refusal("skill-memory-exceeded"),
        ),
        ("read", "/etc/passwd", Expect::Answer("kept out")),
    ] {
        let args = [
            "call",
            HOSTILE,
            "run",
            "--behaviour",
            behaviour,
            "--argument",
            argument,
        ];
        story.metier(&[&args[..], &["--grant", ENEMY]].concat(), &expect)?;
    }
    Ok(())
}

fn mistake(story: &mut Story<'_>) -> Result<()> {
    story.chapter(
        "A mistake gets an answer",
        "Every failure has a stable code, somebody to blame and a way out.",
    );
    story.metier(&["call", SKILL, "qurey"], &Expect::Refusal("unknown-tool"))
}

fn review(story: &mut Story<'_>) -> Result<()> {
    story.chapter(
        "From a question to a meeting",
        "An agent reads the quarter's opportunities, has a model find the story in them, makes a deck, puts it on a Jira\n\
         issue, comments there and books the meeting. Each skill has its own grant; the run has a budget and a journal. The\n\
         services and the model are emulated on this machine: a provider's own is one line of routes.toml.",
    );
    story.show_file("examples/account-review/routes.toml")?;
    let agent = "examples/account-review/agent.toml";
    let words = ["run", agent, "--input", r#"{"quarter":"2026-Q3"}"#];
    story.metier(&words, &Expect::Answer("jira.add-comment"))?;
    story.metier(&["runs", "list"], &Expect::Answer("completed"))?;
    let chain = "examples/account-review/chain.toml";
    story.chapter(
        "The same in fixed steps",
        "A chain does the same each time; only the story is the model's. `metier check` finds mistakes before anything runs.",
    );
    story.metier(&["check", chain], &Expect::Answer("is sound"))?;
    let words = ["run", chain, "--input", r#"{"quarter":"2026-Q3"}"#];
    story.metier(&words, &Expect::Answer("google-calendar.book-meeting"))
}
