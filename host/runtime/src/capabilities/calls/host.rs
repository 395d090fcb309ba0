//! The WIT side of calls between skills.

use metier_core::policy::Request;
use metier_core::{Artifact, ToolRef};
use serde_json::Value;

use super::CallsView;
use crate::bindings::calls::{Answer, CallError, File, Host};
use crate::within::PeerCall;

impl Host for CallsView {
    async fn call(
        &mut self,
        skill: String,
        tool: String,
        arguments: String,
    ) -> wasmtime::Result<Result<Answer, CallError>> {
        let call = match self.allowed(&skill, &tool, &arguments) {
            Ok(call) => call,
            Err(error) => return Ok(Err(error)),
        };
        let answer = self.0.within().call(call).await;
        Ok(answer
            .map(|reply| Answer {
                value: reply.value,
                files: reply.files.into_iter().map(file).collect(),
            })
            .map_err(|error| match self.0.unfulfilled(error) {
                Ok(denial) => CallError::Denied(denial),
                Err(failure) => CallError::Failed(failure),
            }))
    }
}

impl CallsView {
    /// The call, once manifest, grant and scope have said yes.
    fn allowed(&self, skill: &str, tool: &str, arguments: &str) -> Result<PeerCall, CallError> {
        let tool: ToolRef = format!("{skill}#{tool}")
            .parse()
            .map_err(|error| CallError::Invalid(format!("{error}")))?;
        self.0.asks(&Request::Call { tool: &tool });
        self.0
            .allow(|authority| authority.call(&tool))
            .map_err(|denial| CallError::Denied(denial.into()))?;
        self.0.fits(arguments.len()).map_err(CallError::Invalid)?;
        let arguments: Value = serde_json::from_str(arguments)
            .map_err(|error| CallError::Invalid(format!("the arguments are no JSON: {error}")))?;
        if !arguments.is_object() {
            return Err(CallError::Invalid(
                "the arguments are no JSON object".to_owned(),
            ));
        }
        Ok(PeerCall {
            caller: self.0.call().id.clone(),
            tool,
            arguments,
            deadline: self.0.left(),
        })
    }
}

fn file(artifact: Artifact) -> File {
    File {
        digest: artifact.digest.to_string(),
        size: artifact.size,
        name: artifact.name,
        media_type: artifact.media_type,
    }
}
