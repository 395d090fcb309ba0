//! What a request means by `model`.

use metier_agent::definition::Name;

use super::failure::Failure;

/// How the names of agents begin.
pub const AGENT: &str = "agent:";

/// Who is asked.
#[derive(Debug)]
pub enum Target {
    /// The models behind a route.
    Route(String),
    /// A deployed agent or chain.
    Agent(Name),
}

impl Target {
    /// The route or the agent of this name. Whether it is there is another question.
    ///
    /// # Errors
    /// `model_not_found` for an agent that no agent can be called.
    pub fn of(model: &str) -> Result<Self, Failure> {
        match model.strip_prefix(AGENT) {
            None => Ok(Target::Route(model.to_owned())),
            Some(name) => name.parse().map(Target::Agent).map_err(|_| no_agent(name)),
        }
    }
}

fn no_agent(name: &str) -> Failure {
    let message = format!("There is no agent `{}`.", metier_core::ids::shown(name));
    Failure::request(axum::http::StatusCode::NOT_FOUND, message).no_model()
}
