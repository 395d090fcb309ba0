//! What a question will need of a model, against what the candidates of its route can do.

use metier_core::toml_text::Part;
use serde_json::Value;

use super::Findings;
use crate::{
    definition::Agent,
    journal::Started,
    routes::{Candidate, Feature},
};

impl Findings {
    /// An agent needs what its tools and the shape of its answer need, in every question.
    pub(super) fn agent(&mut self, agent: &Agent, started: &Started) {
        let path: [Part; 2] = ["agent".into(), "model".into()];
        let mut needed = Vec::new();
        if !started.tools.is_empty() || agent.memory.notes {
            needed.push(Feature::Tools);
        }
        needed.extend(shape(agent.terms.output_schema.as_ref()));
        self.route("agent", &path, &agent.model, &needed, started);
    }

    /// Some candidate has to have all of it.
    pub(super) fn route(
        &mut self,
        place: &str,
        path: &[Part],
        name: &str,
        needed: &[Feature],
        started: &Started,
    ) {
        let Some(route) = started.routes.get(name) else {
            return;
        };
        let can = |candidate: &Candidate| {
            needed
                .iter()
                .all(|feature| candidate.features.contains(feature))
        };
        if !route.candidates.iter().any(can) {
            let words: Vec<&str> = needed.iter().map(|feature| feature.as_str()).collect();
            let what = format!(
                "no candidate of the route {name} has the features this needs: {}",
                words.join(", ")
            );
            self.add(place, path, what);
        }
    }
}

/// What an answer in a given shape needs.
pub(super) fn shape(schema: Option<&Value>) -> Option<Feature> {
    schema.map(|_| Feature::Schema)
}
