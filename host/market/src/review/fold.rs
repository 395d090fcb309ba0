//! Texts as the eye takes them: what looks alike becomes equal.

use unicode_security::skeleton;

/// Lower case, and the prototype of each character by Unicode's table of confusables (UTS 39); then what it leaves apart although
/// names are full of it: `1`, `i` and `l`, `0` and `o`, `vv` and `w`.
pub(super) fn looks(text: &str) -> String {
    let lower = text.to_lowercase();
    let plain: String = skeleton(&lower).flat_map(char::to_lowercase).collect();
    let mut folded = String::with_capacity(plain.len());
    for character in plain.chars() {
        folded.push(match character {
            '1' | 'i' | '|' | 'ı' => 'l',
            '0' => 'o',
            other => other,
        });
    }
    folded.replace("vv", "w").replace("rn", "m")
}

/// The same for words of a text, where digits stand for letters: `1gn0r3`.
pub(super) fn reads(word: &str) -> String {
    let spelled: String = looks(word)
        .chars()
        .map(|character| match character {
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect();
    spelled
}

#[cfg(test)]
mod tests {
    use super::{looks, reads};

    #[test]
    fn what_looks_alike_is_equal() {
        for (one, other) in [
            ("salesforce", "sa1esforce"),
            ("salesforce", "saIesforce"),
            ("salesforce", "s\u{430}lesforce"),
            ("com.acme", "com.acrne"),
            ("google", "g00gle"),
            ("web", "vveb"),
            ("paypal", "\u{440}aypal"),
            ("scope", "ѕсоре"),
        ] {
            assert_eq!(looks(one), looks(other), "{one} {other}");
        }
        assert_ne!(looks("jira"), looks("jura"));
        assert_eq!(reads("1gn0r3"), reads("ignore"));
    }
}
