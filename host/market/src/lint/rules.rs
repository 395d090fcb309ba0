//! The rules: one line each, and the page that explains them.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A market refuses it.
    Error,
    /// A reviewer asks about it.
    Warning,
}

impl Severity {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One rule. The id is a promise: it is never renamed or reused.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// `place/what`
    pub id: &'static str,
    /// How bad breaking it is.
    pub severity: Severity,
    /// What it asks for.
    pub asks: &'static str,
    /// Why.
    pub why: &'static str,
    /// What breaks it.
    pub bad: &'static str,
    /// What keeps it.
    pub good: &'static str,
}

macro_rules! rules {
    ($( $id:literal $severity:ident $asks:literal $why:literal $bad:literal $good:literal )*) => {
        /// Every rule, sorted by id.
        pub const RULES: &[Rule] = &[$( Rule {
            id: $id, severity: Severity::$severity, asks: $asks, why: $why, bad: $bad, good: $good,
        } ),*];
    };
}

rules! {
    "component/damaged" Error
        "The file is a whole WebAssembly component." "Nothing in a damaged file can be trusted."
        "a download that was cut off" "the file `metier build` wrote"
    "component/unused-import" Warning
        "The component imports no reach that the manifest does not ask for." "Sockets are never given, files only where asked for; code that needs them fails when it gets there."
        "imports `wasi:sockets/tcp`" "imports `metier:skill/fetch` and asks for `[[capabilities.http]]`"
    "fixture/invalid" Error
        "Each file in `fixtures` is a `NAME.json` that `metier test` can run; what they hand over is in `fixtures/files`." "A recording that cannot be read is never replayed."
        "`{\"tool\": \"zen\", \"anwser\": \"x\"}`" "`{\"tool\": \"zen\", \"arguments\": {}, \"exchanges\": [], \"answer\": \"x\"}`"
    "fixture/none-for-tool" Warning
        "Each tool has a fixture." "Without one, nobody sees when an update breaks it."
        "`[tools.zen]` and an empty `fixtures`" "`fixtures/zen.json` with `\"tool\": \"zen\"`"
    "fixture/secret" Error
        "No fixture has a secret." "Whoever has the skill has its fixtures."
        "`\"authorization\": \"Bearer 8f3a…\"`" "`\"authorization\": \"REDACTED\"`, or no such header"
    "fixture/unread" Warning
        "What is compressed in fixtures can be looked into: zip, Office files and gzip, whole, not encrypted, up to 32 MiB in all." "Where nobody can look, a secret may be."
        "`fixtures/files/report.xlsx` behind a password" "`fixtures/files/report.xlsx` that opens without one"
    "fixture/unused-file" Warning
        "Each file in `fixtures/files` is handed over by a fixture." "Nobody reads it, and everybody downloads it with the skill."
        "`fixtures/files/old.csv`, named by no fixture" "`\"files\": [\"orders.csv\"]` in a fixture whose arguments say `\"file:orders.csv\"`"
    "folder/unpackable" Error
        "The packed folders hold files with plain names, within the limits." "What cannot be packed would be missing where the skill runs."
        "`assets/data.json` is a symbolic link" "`assets/data.json` is the file itself"
    "license/missing" Warning
        "SKILL.md or skill.toml names a license, or the folder has a LICENSE." "Without one, nobody may use it."
        "no `license` anywhere" "`license = \"Apache-2.0\"`"
    "manifest/example-name" Warning
        "The namespace is a domain of the publisher's." "`com.example` belongs to nobody and cannot be published under."
        "`name = \"com.example/weather\"`" "`name = \"com.acme/weather\"`"
    "manifest/hidden-characters" Error
        "skill.toml has no character that a reader does not see." "What is approved must be what is read."
        "U+202E in the description" "plain text"
    "manifest/invalid" Error
        "skill.toml can be read." "A host refuses a skill whose manifest it cannot read."
        "`nam = \"com.acme/weather\"`" "`name = \"com.acme/weather\"`"
    "manifest/no-description" Warning
        "`[skill]` has a description." "It is what people see in a list of skills."
        "no `description`" "`description = \"Tells the weather.\"`"
    "manifest/over-broad-http" Warning
        "Rules for http name hosts and paths." "An operator grants what is asked for, and a break-in reaches what was granted."
        "`host = \"**.acme.com\"`, `paths = [\"/**\"]`" "`host = \"api.acme.com\"`, `paths = [\"/v1/forecast\"]`"
    "manifest/price-without-cap" Warning
        "A price has a monthly cap." "Without one, nobody can say what a month costs at most, and a loop of an agent's costs whatever it takes."
        "`per-call = \"0.002 USD\"`" "the same, and `monthly-cap = \"20 USD\"`"
    "resource/secret" Error
        "No packed file has a secret." "Whoever has the skill has its files."
        "a private key in `assets`" "a credential that the operator grants"
    "resource/unread" Warning
        "What is compressed in packed files can be looked into: zip, Office files and gzip, whole, not encrypted, up to 32 MiB in all." "Where nobody can look, a secret may be."
        "`assets/template.pptx` that was cut off" "`assets/template.pptx` that PowerPoint opens"
    "skill-md/frontmatter" Error
        "SKILL.md begins with frontmatter after the Agent Skills format." "Other clients refuse it."
        "a key of your own, such as `version:`" "`metadata:` with `version: \"1.0\"` below it"
    "skill-md/hidden-characters" Error
        "SKILL.md has no character that a reader does not see." "A person approves what they see; a model obeys what is there."
        "U+200B between two words" "plain text"
    "skill-md/missing" Error
        "There is a SKILL.md." "It is how a model learns when to use the skill."
        "no SKILL.md" "a SKILL.md with `name` and `description`"
    "skill-md/name" Error
        "`name` is the folder's name and the last part of the manifest's." "Clients look a skill up by its folder."
        "`name: climate` in a folder `weather`" "`name: weather` in a folder `weather`"
    "skill-md/too-long" Warning
        "The body has at most 500 lines." "All of it is read when the skill is used; details belong in `references`."
        "600 lines of tables" "the tables in `references/tables.md`"
    "tool/field-no-description" Warning
        "Each argument has a description." "A model guesses what nobody tells it."
        "`limit: u32`" "`/// The most rows, 1 to 100.` above `limit: u32`"
    "tool/hidden-characters" Error
        "The words of tools have no character that a reader does not see." "A person approves what they see; a model obeys what is there."
        "U+E0041 in a description" "plain text"
    "tool/long-description" Warning
        "A tool's description has at most 2048 characters." "A model reads those of every tool before it does anything."
        "a manual in a doc comment" "two sentences; the manual in SKILL.md"
    "tool/no-description" Warning
        "Each tool has a description." "A model chooses a tool by it."
        "`export greet: func…`" "`/// Greet somebody.` above `export greet: func…`"
    "tool/no-effect" Error
        "The manifest says what each tool does to the world." "What nobody declared counts as destructive, and is not called without asking."
        "a tool without a `[tools.NAME]`" "`[tools.greet]` with `effect = \"read\"`"
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// `docs/lint.md`: the same for people.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Lint\n\n`metier lint` lists what a market would refuse (errors) and what a reviewer would ask about (warnings). Errors\n\
         make it exit with 11. The ids are stable: scripts may match on them.\n\n\
         `metier build` and `metier pack` hold the rules about hidden characters and frontmatter themselves. Rules about tools need the built skill.\n",
    );
    for rule in RULES {
        page.push_str(&format!(
            "\n## `{}`\n\n{}. {} {}\n\n| bad | good |\n|---|---|\n| {} | {} |\n",
            rule.id,
            match rule.severity {
                Severity::Error => "**Error**",
                Severity::Warning => "Warning",
            },
            rule.asks,
            rule.why,
            rule.bad,
            rule.good
        ));
    }
    page
}
