//! What the description says of the API as a whole.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        Object, OpenApi as Document, RefOr, Required, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
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
        (name = "triggers", description = "Start runs at times, or when something is sent"),
        (name = "webhooks", description = "Tell others what happens"),
        (name = "approvals", description = "Decide what waits for a person"),
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

/// What every request that changes something may carry.
const KEY: &str = "idempotency-key";

/// Says of each operation that changes something that it may carry an idempotency key.
pub fn keyed(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.put,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            may_carry(operation);
        }
    }
}

fn may_carry(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let is_key =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(told) if told.name == KEY);
    if parameters.iter().any(is_key) {
        return;
    }
    let key = ParameterBuilder::new()
        .name(KEY)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The same key with the same request again is answered as the first time, and nothing is done twice",
        ))
        .schema(Some(Object::with_type(Type::String)))
        .build();
    parameters.push(RefOr::T(key));
}
