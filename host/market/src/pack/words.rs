//! Names that WIT can say.

use std::path::Path;

/// Why `name` cannot name a package and a world in WIT; nothing when it can.
///
/// The parser itself is asked: the rule and the list of its words are its own.
pub fn unfit_for_wit(name: &str) -> Option<String> {
    let text = format!("package local:{name};\nworld {name} {{}}\n");
    let parsed = wit_parser::UnresolvedPackageGroup::parse(Path::new("world.wit"), &text);
    let (_, error) = parsed.err()?;
    Some(
        error
            .to_string()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::unfit_for_wit;

    #[test]
    fn keywords_and_leading_digits_are_unfit() {
        for fit in ["weather", "find-a-slot", "a2", "x"] {
            assert_eq!(unfit_for_wit(fit), None, "{fit}");
        }
        for unfit in ["world", "list", "3d", "use"] {
            assert!(unfit_for_wit(unfit).is_some(), "{unfit}");
        }
    }
}
