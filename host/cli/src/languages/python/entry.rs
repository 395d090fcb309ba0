//! The class componentize-py wants, around the author's functions.

use std::fmt::Write as _;

use crate::languages::world::{Export, Failure, World};

/// The module `metier_entry`.
pub fn entry(world: &World) -> String {
    let mut world_class = String::from("class WitWorld:\n    pass\n");
    let mut others = String::new();
    for export in world.exports() {
        match export {
            Export::Function(function) => {
                let line = wrapped("skill", &function.name, world.failure(function));
                _ = write!(world_class, "{line}");
            }
            Export::Interface(name, functions) => {
                let class = pascal(&name);
                let instance = format!("{}_interface", snake(&name));
                _ = write!(
                    others,
                    "\n\n{instance} = skill.{class}()\n\n\nclass {class}:\n    pass\n"
                );
                for function in functions {
                    _ = write!(
                        others,
                        "{}",
                        wrapped(&instance, &function.name, world.failure(function))
                    );
                }
            }
        }
    }
    format!(
        "# Written by `metier build` from the folder `wit`. Do not edit.\n\
         import skill\nfrom metier._tool import finish, tool\n\n\n{world_class}{others}\n\nfinish()\n"
    )
}

fn wrapped(owner: &str, name: &str, failure: Failure) -> String {
    let name = snake(name);
    let failure = match failure {
        Failure::Error => "error",
        Failure::Text => "string",
        Failure::Other => "other",
        Failure::None => "none",
    };
    format!("    {name} = tool({owner}, \"{name}\", \"{failure}\")\n")
}

/// The module of an imported interface, where the last part of its name is not enough to tell it from another.
pub fn module(interface: &str) -> Option<String> {
    let (package, rest) = interface.split_once('/')?;
    let name = rest.split('@').next()?;
    let module = match (package, name) {
        ("metier:skill", name) => snake(name),
        ("wasi:logging", "logging") => "logging".to_owned(),
        (package, name) if package.starts_with("wasi:") => {
            snake(&format!("{}-{name}", package.strip_prefix("wasi:")?))
        }
        _ => return None,
    };
    Some(module)
}

fn snake(kebab: &str) -> String {
    kebab.to_lowercase().replace('-', "_")
}

fn pascal(kebab: &str) -> String {
    crate::languages::javascript::pascal(kebab)
}

#[cfg(test)]
mod tests {
    use super::module;

    #[test]
    fn interfaces_of_one_name_have_modules_of_their_own() {
        let name = |interface| module(interface).unwrap_or_default();
        assert_eq!(name("metier:skill/types@0.1.0"), "types");
        assert_eq!(name("wasi:http/types@0.2.12"), "http_types");
        assert_eq!(name("wasi:filesystem/types@0.2.12"), "filesystem_types");
        assert_eq!(
            name("wasi:clocks/monotonic-clock@0.2.12"),
            "clocks_monotonic_clock"
        );
        assert_eq!(name("wasi:logging/logging@0.1.0-draft"), "logging");
        assert_eq!(module("com-example:probe/shapes"), None);
    }
}
