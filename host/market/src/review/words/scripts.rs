//! Words of letters from several scripts.

use unicode_security::{MixedScript, is_potential_mixed_script_confusable_char};

use super::super::report::Findings;

pub(super) fn check(place: &str, line: &str, findings: &mut Findings) {
    if line.is_ascii() {
        return;
    }
    let inside = |character: char| character.is_alphabetic() || character.is_numeric();
    for word in line
        .split(|character| !inside(character))
        .filter(|word| !word.is_ascii())
    {
        let latin = word
            .chars()
            .any(|character| character.is_ascii_alphabetic());
        let posing = word.chars().filter(|character| !character.is_ascii());
        let posing = posing
            .into_iter()
            .any(is_potential_mixed_script_confusable_char);
        if latin && posing && !word.is_single_script() {
            let codes = word.chars().filter(|character| !character.is_ascii());
            let codes: Vec<String> = codes
                .map(|character| format!("U+{:04X}", u32::from(character)))
                .collect();
            findings.add(
                "words/mixed-script",
                place,
                &format!("{word} has {}", codes.join(", ")),
            );
        }
    }
}
