//! The rules of the gate that are not the linter's, and the page that explains them.

use super::Severity;
use crate::lint;

/// The version of the rules; another one whenever a rule is added, changed or given another severity. A report names it, and files that
/// passed an older one are looked at again.
pub const RULES_VERSION: &str = "2026-11-30.2";

/// One rule. The id is a promise: it is never renamed or reused.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// `place/what`
    pub id: &'static str,
    /// What breaking it leads to.
    pub severity: Severity,
    /// What it asks for, and why.
    pub asks: &'static str,
    /// What a publisher does about it.
    pub mend: &'static str,
}

macro_rules! rules {
    ($( $id:literal $severity:ident $asks:literal $mend:literal )*) => {
        /// Every rule of the gate beside those of the linter, sorted by id.
        pub const RULES: &[Rule] = &[$( Rule {
            id: $id, severity: Severity::$severity, asks: $asks, mend: $mend,
        } ),*];
    };
}

rules! {
    "agent/check" Refuse
        "An agent's definition goes with the tools of the skills it pins: what is named is there, and arguments fit."
        "Run `metier check` on its file, and mend what it finds."
    "agent/pin" Refuse
        "Each skill an agent pins is a version of this market, with that digest, and neither void, revoked nor yanked."
        "Publish the skill first, or pin another version: `metier publish` pins what `metier.lock` has, or the newest that fits."
    "agent/unasked" Human
        "A model asks somebody before it calls a destructive tool."
        "Leave `approvals.from-effect` as it is, or explain to the reviewer what stands in its place."
    "authority/everything" Human
        "No rule is for every host there is, or for every file: a break-in reaches what was granted."
        "Name the hosts and folders; where they differ from user to user, name the domain they have in common."
    "authority/unused" Note
        "Each rule is used by a recorded call. What no call shows to be needed is not missed when it is gone."
        "Record a call that needs the rule, or take it out."
    "component/secret" Human
        "The code holds no secret: whoever has the skill has it too."
        "Take it out, revoke it where it came from, and ask for a credential instead."
    "file/damaged" Refuse
        "The file is one whole component, and nothing comes behind it."
        "Publish the file that `metier build` wrote."
    "file/nesting" Refuse
        "Components are nested at most as deep as tools build them: readers of deeper ones run out of stack."
        "Build without wrapping components in each other."
    "file/section" Refuse
        "Each `metier:` section is known, there once, and within its limit: whoever reads the file sees the words the host runs."
        "Pack the component with `metier pack`, once."
    "file/section-bomb" Refuse
        "Sections are not too many, and what is neither code nor ours is small: the rest is there to hide or to wear down."
        "Strip debug information: `wasm-tools strip`."
    "file/too-large" Refuse
        "The file is no larger than hosts load."
        "Leave out what is not needed, and fetch what is large."
    "file/unreadable" Refuse
        "What is consented to can be read, and says one thing: manifest and list of tools agree, and nobody has to read thousands of rules."
        "Build again with `metier build`, which makes the parts agree; join rules with patterns."
    "fixture/failed" Refuse
        "Each recorded call goes as recorded, in a sandbox without network."
        "Run `metier test`, and record again what has changed."
    "fixture/not-replayed" Human
        "The recorded calls were replayed. Where they were not, a person has to see that the skill does what it says."
        "Add fixtures for each tool; or nothing, when the market had no sandbox to spare."
    "name/confusable" Refuse
        "No name looks like that of another publisher: one of the two is installed by mistake."
        "Choose a name that differs in more than characters that look alike, or in the order of its parts."
    "name/similar" Human
        "No name is one slip of a finger away from that of another publisher."
        "Choose another name, or explain to the reviewer why it is yours."
    "packed/archive" Human
        "No packed file is compressed, apart from office documents and pictures: nobody can read what is inside."
        "Pack the files themselves; the skill's file is compressed on its way anyway."
    "packed/bomb" Refuse
        "Nothing packed becomes many times as large when it is unpacked."
        "Pack smaller documents."
    "packed/program" Human
        "No packed file is a program of its own: the component is the code that was looked at."
        "Compile it into the component."
    "words/chat-template" Refuse
        "No text has the marks by which models tell who speaks: `<|im_start|>`, `[INST]`."
        "Take them out; in documentation, describe them."
    "words/encoded-blob" Human
        "No text has long encoded data: a model can read what a person cannot."
        "Pack it as a file of its own in `assets`, in its plain form."
    "words/hidden-characters" Refuse
        "No packed text has a character that a reader does not see."
        "Take it out; the place is in the finding."
    "words/instructions" Human
        "No text tells a model to set other instructions aside, to keep things from people, or to come before other tools."
        "Say what the skill does and when it is of use, and leave the rest to who uses it."
    "words/mixed-script" Human
        "No word mixes letters of several scripts that look alike."
        "Write each word in one script."
    "words/secret" Refuse
        "No text holds a secret."
        "Take it out and revoke it where it came from."
    "words/shell-pipe" Refuse
        "No text has something from the network run by a shell: what would run is not what was reviewed."
        "Put what is needed into the skill, or link to a page that explains how to install it."
    "words/undeclared-url" Human
        "Each address in the words is one that the skill may reach, its homepage's, or an example's: others are where data is sent, or orders are from."
        "Take the address out, or ask for the host in `[[capabilities.http]]`."
}

/// The linter's warnings that a person looks at, and those that a market refuses.
const LINT: [(&str, Severity); 2] = [
    ("manifest/example-name", Severity::Refuse),
    ("manifest/over-broad-http", Severity::Human),
];

/// The rule of this id.
pub(super) fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// What breaking a rule leads to; an unknown one refuses, for somebody forgot it.
pub(super) fn severity(id: &str) -> Severity {
    if let Some(rule) = find(id) {
        return rule.severity;
    }
    if let Some((_, severity)) = LINT.iter().find(|(known, _)| *known == id) {
        return *severity;
    }
    match lint::RULES
        .iter()
        .find(|rule| rule.id == id)
        .map(|rule| rule.severity)
    {
        Some(lint::Severity::Warning) => Severity::Note,
        Some(lint::Severity::Error) | None => Severity::Refuse,
    }
}

/// What a publisher does about it.
pub(super) fn mend(id: &str) -> String {
    let linted = || lint::RULES.iter().find(|rule| rule.id == id);
    match find(id) {
        Some(rule) => rule.mend.to_owned(),
        None => linted().map_or_else(String::new, |rule| {
            format!("{} For instance {}.", rule.asks, rule.good)
        }),
    }
}

/// `docs/review.md`: the same for people.
pub fn markdown() -> String {
    let mut page = format!(
        "# Review\n\nWhat a market looks at before it publishes a version, and again whenever these rules change. They are those of `{RULES_VERSION}`; \
         a report names the version it was made by. Each finding has the id of a rule, its place and its evidence. The ids are stable.\n\n\
         The rules of [lint](lint.md) hold as well: what is an error there refuses, what is a warning is a note",
    );
    let others = LINT
        .iter()
        .map(|(id, severity)| format!("`{id}` {}", severity.words()));
    page.push_str(&format!(
        ", but {}.\n",
        others.collect::<Vec<_>>().join(" and ")
    ));
    for rule in RULES {
        page.push_str(&format!(
            "\n## `{}`\n\nIt **{}**. {} {}\n",
            rule.id,
            rule.severity.words(),
            rule.asks,
            rule.mend
        ));
    }
    page
}
