//! A skill whose tools are data: it exports `metier:skill/tools` with two of them.

wit_bindgen::generate!({
    path: "../../../wit",
    world: "metier:skill/dynamic-skill",
    generate_all,
});

use exports::metier::skill::tools::{Error, Guest, Tool};

const ANY_OBJECT: &str = r#"{"type":"object","properties":{},"additionalProperties":true}"#;
const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{},"additionalProperties":false}"#;

struct Dynamic;

impl Guest for Dynamic {
    fn list_tools() -> Vec<Tool> {
        let tool = |name: &str, description: &str, input: &str| Tool {
            name: name.to_owned(),
            description: description.to_owned(),
            input_schema: input.to_owned(),
            output_schema: None,
        };
        vec![
            tool("mirror", "Gives back its arguments.", ANY_OBJECT),
            tool(
                "broken",
                "Promises JSON and breaks the promise.",
                NO_ARGUMENTS,
            ),
        ]
    }

    fn call(name: String, arguments: String) -> Result<String, Error> {
        match name.as_str() {
            "mirror" => Ok(arguments),
            "broken" => Ok("not JSON".to_owned()),
            other => Err(Error::NotFound(format!("there is no tool `{other}`"))),
        }
    }
}

export!(Dynamic);
