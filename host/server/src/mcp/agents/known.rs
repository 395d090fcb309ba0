//! What is read of a definition once: it never changes.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use metier_core::{Code, Digest, Fault};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::Found;
use crate::mcp::{handler::Asked, tools};

/// Definitions that are remembered.
const REMEMBERED: usize = 4_096;

/// What an input is called that is no object, in the arguments.
const INPUT: &str = "input";

/// A definition as a tool.
pub struct Shape {
    pub description: String,
    pub input: Arc<JsonObject>,
    pub output: Option<Arc<JsonObject>>,
    is_wrapped: bool,
}

/// Shapes by the digests of their definitions.
#[derive(Default)]
pub struct Known(RwLock<HashMap<Digest, Arc<Shape>>>);

impl Known {
    /// The shape of an agent's current version.
    pub async fn of(&self, asked: &Asked, found: &Found) -> Result<Arc<Shape>, Fault> {
        let agent = &found.agent;
        let version = agent.versions.get(&agent.current).ok_or_else(|| {
            let message = format!(
                "The agent `{}` has no current version.",
                found.name.as_str()
            );
            Fault::new(Code::StorageUnavailable, message)
        })?;
        if let Some(shape) = self.known(&version.source) {
            return Ok(shape);
        }
        let source = asked
            .service
            .source(&asked.caller, &found.name, Some(&agent.current))
            .await?;
        let definition = source.read()?;
        let terms = definition.terms();
        let shape = Shape::new(
            &version.description,
            terms.input_schema.clone(),
            terms.output_schema.clone(),
        );
        let shape = Arc::new(shape);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(version.source, shape.clone());
        Ok(shape)
    }

    fn known(&self, source: &Digest) -> Option<Arc<Shape>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(source).cloned()
    }
}

impl Shape {
    fn new(description: &str, input: Option<Value>, output: Option<Value>) -> Shape {
        let input = input.unwrap_or_else(|| json!({"type": "object"}));
        let is_wrapped = !tools::is_of_objects(&input);
        let input = match is_wrapped {
            false => input,
            // What a schema refers to is within it, by addresses from its root: there it has to stay a root of its own.
            true => json!({
                "type": "object",
                "required": [INPUT],
                "properties": {INPUT: {"description": format!("JSON of this schema: {input}")}},
            }),
        };
        Shape {
            description: description.to_owned(),
            input: tools::object(input),
            output: output.filter(tools::is_of_objects).map(tools::object),
            is_wrapped,
        }
    }

    /// The input of a run, from the arguments of a call.
    pub fn input_of(&self, mut arguments: Value) -> Value {
        match self.is_wrapped {
            true => arguments[INPUT].take(),
            false => arguments,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Shape;

    #[test]
    fn an_input_that_is_no_object_is_one_argument() {
        let shape = Shape::new(
            "",
            Some(json!({"type": "string"})),
            Some(json!({"type": "string"})),
        );
        assert_eq!(shape.input["required"], json!(["input"]));
        assert_eq!(shape.input_of(json!({"input": "x"})), json!("x"));
        assert_eq!(shape.input_of(json!({})), Value::Null);
        assert!(shape.output.is_none());
        let shape = Shape::new("", None, Some(json!({"type": "object"})));
        assert_eq!(shape.input_of(json!({"input": "x"})), json!({"input": "x"}));
        assert!(shape.output.is_some());
    }
}
