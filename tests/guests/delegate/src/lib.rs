//! A skill that asks models and calls tools of other skills.

mod bindings {
    wit_bindgen::generate!({
        path: ["../../../wit", "wit"],
        world: "metier-test:delegate/delegate",
        generate_all,
    });
}

use bindings::Guest;
use bindings::metier::skill::calls::{self, CallError};
use bindings::metier::skill::model::{self, AskError, Question};
use bindings::metier::skill::types::{Error, Failure};

struct Delegate;

impl Guest for Delegate {
    fn ask(route: String, prompt: String, schema: Option<String>) -> Result<String, Error> {
        let question = Question {
            route,
            system: None,
            prompt,
            schema,
            max_tokens: Some(500),
        };
        let answer = model::ask(&question).map_err(|error| match error {
            AskError::Denied(denial) => Error::Denied(denial.message),
            AskError::Invalid(why) => Error::InvalidInput(why),
            AskError::Failed(failure) => failed(failure),
        })?;
        Ok(answer.text)
    }

    fn call(skill: String, tool: String, arguments: String) -> Result<String, Error> {
        let answer = calls::call(&skill, &tool, &arguments).map_err(|error| match error {
            CallError::Denied(denial) => Error::Denied(denial.message),
            CallError::Invalid(why) => Error::InvalidInput(why),
            CallError::Failed(failure) => failed(failure),
        })?;
        Ok(answer.value)
    }

    fn look(skill: String, tool: String, arguments: String) -> Result<String, Error> {
        Self::call(skill, tool, arguments)
    }
}

fn failed(failure: Failure) -> Error {
    Error::Unavailable(format!("{}: {}", failure.code, failure.message))
}

bindings::export!(Delegate with_types_in bindings);
