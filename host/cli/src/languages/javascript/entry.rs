//! The code around an author's module: one wrapped export for each function of the world.

use std::fmt::Write as _;

use crate::languages::world::{Export, Failure, World};

use super::Engine;

/// Where the runtime files of a project are, as seen from the build folder.
const RUNTIME: &str = "../src/metier";

/// The bundle's entry: `source` is the author's module, as seen from the build folder.
pub fn entry(world: &World, engine: Engine, source: &str) -> String {
    let mut code = String::new();
    if engine == Engine::QuickJs {
        _ = writeln!(code, "import \"{RUNTIME}/quickjs/globals.js\";");
    }
    _ = writeln!(code, "import {{ tool }} from \"{RUNTIME}/tool.js\";");
    _ = writeln!(code, "import * as skill from {};", quoted(source));
    for (at, export) in world.exports().into_iter().enumerate() {
        let (name, value) = match export {
            Export::Function(function) => {
                let name = camel(&function.name);
                let value = format!("tool(skill.{name}, {})", failure(world.failure(function)));
                (name, value)
            }
            Export::Interface(interface, functions) => {
                let interface = camel(&interface);
                let member = |function: &&wit_parser::Function| {
                    let name = camel(&function.name);
                    let kind = failure(world.failure(function));
                    format!(
                        "\n  {name}: tool((...args) => skill.{interface}.{name}(...args), {kind}),"
                    )
                };
                let members: String = functions
                    .iter()
                    .filter(|function| !function.name.starts_with('['))
                    .map(member)
                    .collect();
                (interface, format!("{{{members}\n}}"))
            }
        };
        // A tool may be called `delete`: such a name can be exported, not declared.
        _ = writeln!(
            code,
            "const export{at} = {value};\nexport {{ export{at} as {name} }};"
        );
    }
    code
}

/// What the runtime files call `metier:host`: the interfaces of the host, as far as the world has them.
pub fn host(world: &World) -> String {
    let mut code = String::new();
    let mut import = |name: &str, present: &dyn Fn(&str) -> String, absent: &str| {
        code.push_str(&match world.imported(name) {
            Some(full) => present(&quoted(&full)),
            None => absent.to_owned(),
        });
    };
    import(
        "metier:skill/fetch",
        &|from| format!("export {{ fetch }} from {from};\n"),
        "export const fetch = undefined;\n",
    );
    import(
        "wasi:logging/logging",
        &|from| format!("import * as logging from {from};\nexport {{ logging }};\n"),
        "export const logging = undefined;\n",
    );
    import(
        "wasi:cli/stderr",
        &|from| format!("import {{ getStderr }} from {from};\n{STDERR}"),
        "export function stderr() {}\n",
    );
    import(
        "wasi:random/random",
        &|from| {
            format!(
                "import {{ getRandomBytes }} from {from};\nexport const randomBytes = (length) => getRandomBytes(length);\n"
            )
        },
        "",
    );
    import(
        "wasi:clocks/monotonic-clock",
        &|from| format!("import {{ now, subscribeDuration }} from {from};\n{CLOCK}"),
        "",
    );
    code
}

const STDERR: &str = "\
export function stderr(bytes) {
  const stream = getStderr();
  // A stream takes at most 4096 bytes at once.
  for (let at = 0; at < bytes.length; at += 4096) stream.blockingWriteAndFlush(bytes.slice(at, at + 4096));
}
";

const CLOCK: &str = "\
export const monotonicClock = {
  now,
  sleep: (milliseconds) => subscribeDuration(Math.ceil(milliseconds * 1e6)).block(),
};
";

fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::Error => "\"error\"",
        Failure::Text => "\"string\"",
        Failure::Other => "\"other\"",
        Failure::None => "\"none\"",
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `set-home` → `setHome`
pub fn camel(kebab: &str) -> String {
    let mut words = kebab.split('-');
    let first = words.next().unwrap_or_default().to_lowercase();
    words.fold(first, |name, word| name + &upper(word))
}

/// `set-home` → `SetHome`
pub fn pascal(kebab: &str) -> String {
    kebab.split('-').map(upper).collect()
}

fn upper(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}
