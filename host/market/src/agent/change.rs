//! What an update of an agent changes: of the agent itself, and of each of its skills apart.

use std::collections::BTreeSet;

use super::{Bundle, Package, record, terms};
use crate::consent::{self, Change, Class, Contents, Part, Reason, lines};
use metier_agent::definition::{Name, ToolChoice};
use semver::Version;

/// What changes when `new` takes the place of `old`.
///
/// A skill that is pinned to another version is compared as an update of that skill is, whether the agent says so or not.
pub fn compare(old: &Bundle, new: &Bundle) -> Change {
    let mut why = identity(&old.package, &new.package);
    why.extend(terms::compare(&old.package, &new.package));
    why.extend(words(&old.package, &new.package));
    for (alias, skill) in &new.skills {
        let known = old.skills.get(alias);
        let lost = old.unshown.get(alias).zip(old.package.pins().get(alias));
        let own = match known.filter(|known| known.name() == skill.name()) {
            Some(known) => of_skill(known, skill),
            None => match lost {
                Some((why, pin)) => {
                    vec![Reason::unshown(&pin.name, &pin.version, why).with(consent::may(skill))]
                }
                None => vec![came(skill, known)],
            },
        };
        why.extend(own.into_iter().map(|reason| reason.of(alias.as_str())));
        let tools = chosen_more(alias, old, new);
        why.extend(tools.map(|reason| reason.of(alias.as_str())));
    }
    let pins = old.package.pins().iter();
    let gone = pins.filter(|(alias, _)| !new.skills.contains_key(*alias));
    why.extend(gone.map(|(alias, pin)| {
        let words = format!("the agent does not use {} any more", pin.name);
        Reason::narrower(Part::Authority, words).of(alias.as_str())
    }));
    if why.is_empty() && old.package.text() != new.package.text() {
        let words = "its file changed, and asks for nothing more".to_owned();
        why.push(Reason::narrower(Part::Code, words));
    }
    why.sort_by_key(|reason| std::cmp::Reverse(reason.class));
    let class = why.iter().map(|reason| reason.class).max();
    Change {
        class: class.unwrap_or(Class::Auto),
        why,
    }
}

/// What changes when nobody can show any more what the agent was that was consented to, and why not: everything is as new.
pub fn compare_unshown(before: &Version, why: &str, new: &Bundle) -> Change {
    let mut reasons = vec![Reason::unshown(new.package.name(), before, why)];
    for (alias, skill) in &new.skills {
        reasons.push(came(skill, None).of(alias.as_str()));
    }
    Change {
        class: Class::Reconsent,
        why: reasons,
    }
}

fn identity(old: &Package, new: &Package) -> Vec<Reason> {
    let words = format!("it was {}, and calls itself {}", old.name(), new.name());
    match old.name() == new.name() {
        true => Vec::new(),
        false => vec![Reason::wider(Class::Reconsent, Part::Name, words)],
    }
}

/// A skill that was not there, or another one under the same alias.
fn came(skill: &Contents, known: Option<&Contents>) -> Reason {
    let (name, version) = (skill.name(), skill.version());
    let words = match known {
        None => format!("there is a further skill: {name} {version}"),
        Some(known) => format!("the skill was {}, and is {name} {version}", known.name()),
    };
    Reason::wider(Class::Reconsent, Part::Authority, words).with(consent::may(skill))
}

fn of_skill(old: &Contents, new: &Contents) -> Vec<Reason> {
    if old.component() == new.component() {
        return Vec::new();
    }
    let mut why = consent::compare(old, new).why;
    let words = format!("{} {} → {}", new.name(), old.version(), new.version());
    why.push(Reason::narrower(Part::Code, words));
    why
}

/// Tools that the agent uses of a skill and did not before, though the skill had them.
fn chosen_more(alias: &Name, old: &Bundle, new: &Bundle) -> Option<Reason> {
    let known = old.skills.get(alias)?;
    let [before, after] = [(old, known), (new, new.skills.get(alias)?)]
        .map(|(bundle, skill)| chosen(bundle.package.tools(alias), skill));
    let more: Vec<&str> = after
        .difference(&before)
        .copied()
        .filter(|tool| {
            known
                .tools()
                .iter()
                .any(|known| known.name.as_str() == *tool)
        })
        .collect();
    let words = format!("the agent uses more of its tools: {}", more.join(", "));
    (!more.is_empty()).then(|| Reason::wider(Class::Reconsent, Part::Effects, words))
}

/// The names of the tools that are used.
fn chosen<'c>(choice: Option<&'c ToolChoice>, skill: &'c Contents) -> BTreeSet<&'c str> {
    match choice {
        None => BTreeSet::new(),
        Some(ToolChoice::All) => skill
            .tools()
            .iter()
            .map(|tool| tool.name.as_str())
            .collect(),
        Some(ToolChoice::These(names)) => names.iter().map(String::as_str).collect(),
    }
}

fn words(old: &Package, new: &Package) -> Vec<Reason> {
    let [before, after] = [old, new].map(record::words);
    let places = before.iter().chain(&after).map(|(place, _)| place);
    let mut seen = BTreeSet::new();
    let places: Vec<&String> = places.filter(|place| seen.insert(*place)).collect();
    let text = |words: &[(String, String)], wanted: &str| {
        let found = words.iter().find(|(place, _)| place == wanted);
        found.map_or(String::new(), |(_, text)| text.clone())
    };
    let mut reasons: Vec<Reason> = places
        .into_iter()
        .map(|place| (place, text(&before, place), text(&after, place)))
        .filter(|(_, before, after)| before != after)
        .map(|(place, before, after)| {
            let words = format!("{place} changed");
            Reason::wider(Class::ReviewText, Part::Words, words).with(lines(&before, &after))
        })
        .collect();
    let [before, after] = [&before, &after].map(|words| order(words));
    if reasons.is_empty() && before != after {
        let words = "the order of its steps changed".to_owned();
        let reason = Reason::wider(Class::ReviewText, Part::Words, words);
        reasons.push(reason.with(lines(&before, &after)));
    }
    reasons
}

fn order(words: &[(String, String)]) -> String {
    let places: Vec<&str> = words.iter().map(|(place, _)| place.as_str()).collect();
    places.join("\n")
}
