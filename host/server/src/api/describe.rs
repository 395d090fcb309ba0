//! What the description says of the API as a whole.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::problem::ProblemDetails;

/// The document that routes add themselves to.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Metier",
        description = "Skills, agents and runs of one host service. Errors are problem details (RFC 9457) with a stable `code`.",
    ),
    components(schemas(ProblemDetails)),
    security(("key" = [])),
    modifiers(&Keys),
    tags(
        (name = "tools", description = "Call what skills offer"),
        (name = "skills", description = "Install skills and say what they may reach"),
        (name = "secrets", description = "What credentials are made of: written, never read back"),
        (name = "agents", description = "Deploy agents and chains"),
        (name = "runs", description = "Start runs and follow them"),
        (name = "approvals", description = "Decide what waits for a person"),
        (name = "triggers", description = "Start runs at times, or when something is sent"),
        (name = "webhooks", description = "Tell others what happens"),
        (name = "artifacts", description = "Files from tools, and for them"),
        (name = "usage", description = "What it cost"),
        (name = "keys", description = "Who may do what"),
        (name = "tenants", description = "For the administrator of the service"),
    )
)]
pub struct Description;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key: `mtr_…`"))
            .build();
        if let Some(components) = document.components.as_mut() {
            components.add_security_scheme("key", SecurityScheme::Http(scheme));
        }
    }
}
