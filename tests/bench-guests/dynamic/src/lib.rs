//! The bench's dynamic skill: JSON in, JSON out.

wit_bindgen::generate!({ path: "../../../wit", world: "metier:skill/dynamic-skill", generate_all });

use exports::metier::skill::tools::{Error, Guest, Tool};

#[derive(serde::Deserialize)]
struct Arguments {
    items: Vec<Item>,
}

#[derive(serde::Deserialize)]
struct Item {
    name: String,
    amount: f64,
    #[allow(dead_code)]
    tags: Vec<String>,
}

#[derive(serde::Serialize)]
struct Summary {
    count: usize,
    total: f64,
    longest: String,
}

struct Bench;

impl Guest for Bench {
    fn list_tools() -> Vec<Tool> {
        vec![Tool {
            name: "summarize".into(),
            description: "Add up items.".into(),
            input_schema:
                r#"{"type":"object","required":["items"],"properties":{"items":{"type":"array"}}}"#
                    .into(),
            output_schema: None,
        }]
    }

    fn call(name: String, arguments: String) -> Result<String, Error> {
        if name != "summarize" {
            return Err(Error::NotFound(name));
        }
        let arguments: Arguments = serde_json::from_str(&arguments)
            .map_err(|error| Error::InvalidInput(error.to_string()))?;
        let longest = arguments
            .items
            .iter()
            .map(|item| &item.name)
            .max_by_key(|name| name.len())
            .cloned();
        let summary = Summary {
            count: arguments.items.len(),
            total: arguments.items.iter().map(|item| item.amount).sum(),
            longest: longest.unwrap_or_default(),
        };
        serde_json::to_string(&summary).map_err(|error| Error::Internal(error.to_string()))
    }
}

export!(Bench);
