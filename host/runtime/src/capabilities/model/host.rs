//! The WIT side of questions to models.

use metier_core::RouteName;
use metier_core::policy::Request;

use super::ModelView;
use crate::bindings::model::{Answer, AskError, Host, Question};
use crate::within;

impl Host for ModelView {
    async fn ask(&mut self, question: Question) -> wasmtime::Result<Result<Answer, AskError>> {
        let question = match self.allowed(question) {
            Ok(question) => question,
            Err(error) => return Ok(Err(error)),
        };
        let answer = self.0.within().ask(question).await;
        Ok(answer
            .map(|reply| Answer {
                text: reply.text,
                input_tokens: reply.input_tokens,
                output_tokens: reply.output_tokens,
            })
            .map_err(|error| match self.0.unfulfilled(error) {
                Ok(denial) => AskError::Denied(denial),
                Err(failure) => AskError::Failed(failure),
            }))
    }
}

impl ModelView {
    /// The question, once manifest, grant and scope have said yes.
    fn allowed(&self, asked: Question) -> Result<within::Question, AskError> {
        let route: RouteName = asked
            .route
            .parse()
            .map_err(|error| AskError::Invalid(format!("{error}")))?;
        self.0.asks(&Request::Model { route: &route });
        self.0
            .allow(|authority| authority.model(&route))
            .map_err(|denial| AskError::Denied(denial.into()))?;
        let texts = [
            asked.system.as_deref(),
            Some(&asked.prompt),
            asked.schema.as_deref(),
        ];
        let size: usize = texts.iter().flatten().map(|text| text.len()).sum();
        self.0.fits(size).map_err(AskError::Invalid)?;
        let schema = asked
            .schema
            .map(|text| serde_json::from_str(&text))
            .transpose();
        Ok(within::Question {
            route,
            system: asked.system,
            prompt: asked.prompt,
            schema: schema.map_err(|error| {
                AskError::Invalid(format!("the schema of the answer is no JSON: {error}"))
            })?,
            max_tokens: asked.max_tokens,
        })
    }
}
