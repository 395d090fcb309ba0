//! What makes a plan one that requests can be made of.

mod text;

use std::collections::BTreeSet;
use std::fmt;

use crate::{
    Body, BodyKind, Constraint, Fixed, Operation, Operator, Parameter, Place, Plan, Step, Style,
};

pub use text::{MAX_NAME_BYTES, Piece, is_dots, is_media_type, is_reserved_header, template};

/// Most operations in one plan: a skill may have as many tools.
pub const MAX_OPERATIONS: usize = 512;

/// Most parameters, fields of a body, fixed values, constraints or kept fields of one operation: the largest real ones have some hundred.
pub const MAX_PARTS: usize = 2_048;

/// Why data is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// Larger than [`crate::document::MAX_PLAN_BYTES`].
    TooLarge,
    /// Of another version of the format.
    Version(u32),
    /// Not JSON, or not of this shape.
    Json(String),
    /// Not one tool for each operation.
    Unpaired {
        /// How many operations there are.
        operations: usize,
        /// How many tools there are.
        tools: usize,
    },
    /// More operations than [`MAX_OPERATIONS`].
    TooMany,
    /// A base URL that is none.
    BaseUrl(String),
    /// Two operations with one tool name.
    Twice(String),
    /// An operation no request can be made of.
    Operation {
        /// Its tool.
        tool: String,
        /// What is wrong.
        why: String,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::TooLarge => write!(
                f,
                "the plan is larger than {} bytes",
                crate::document::MAX_PLAN_BYTES
            ),
            PlanError::Version(version) => write!(
                f,
                "the plan is of version {version}; this reads version {}",
                crate::VERSION
            ),
            PlanError::Json(why) => write!(f, "the plan cannot be read: {why}"),
            PlanError::Unpaired { operations, tools } => {
                write!(
                    f,
                    "the plan has {operations} operations and {tools} tools; there is one tool for each operation"
                )
            }
            PlanError::TooMany => write!(f, "the plan has more than {MAX_OPERATIONS} operations"),
            PlanError::BaseUrl(url) => {
                write!(
                    f,
                    "`{url}` is no base URL: write http(s)://host/path without query, fragment, user or a slash at the end"
                )
            }
            PlanError::Twice(tool) => write!(f, "the plan has the tool `{tool}` twice"),
            PlanError::Operation { tool, why } => {
                write!(f, "the operation of the tool `{tool}` is wrong: {why}")
            }
        }
    }
}

impl std::error::Error for PlanError {}

/// Checks a whole plan.
///
/// # Errors
/// The first thing that is wrong.
pub fn plan(plan: &Plan) -> Result<(), PlanError> {
    base_url(&plan.base_url)?;
    if plan.operations.len() > MAX_OPERATIONS {
        return Err(PlanError::TooMany);
    }
    let mut names = BTreeSet::new();
    for operation in &plan.operations {
        self::operation(operation)?;
        if !operation.input_schema.is_object()
            || operation
                .output_schema
                .as_ref()
                .is_some_and(|schema| !schema.is_object())
        {
            return Err(PlanError::Operation {
                tool: operation.tool.clone(),
                why: "a schema is no object".to_owned(),
            });
        }
        if !names.insert(&operation.tool) {
            return Err(PlanError::Twice(operation.tool.clone()));
        }
    }
    Ok(())
}

/// Checks a base URL.
///
/// # Errors
/// [`PlanError::BaseUrl`].
pub fn base_url(url: &str) -> Result<(), PlanError> {
    match text::is_base_url(url) {
        true => Ok(()),
        false => Err(PlanError::BaseUrl(url.chars().take(200).collect())),
    }
}

/// Checks one operation, except its schemas.
///
/// # Errors
/// The first thing that is wrong.
pub fn operation(operation: &Operation) -> Result<(), PlanError> {
    if let Some(url) = &operation.base_url {
        base_url(url)?;
    }
    parts(operation).map_err(|why| PlanError::Operation {
        tool: operation.tool.chars().take(80).collect(),
        why,
    })
}

fn parts(operation: &Operation) -> Result<(), String> {
    if !text::is_tool_name(&operation.tool) {
        return Err("a tool's name is 1 to 64 of a-z A-Z 0-9 _ -".to_owned());
    }
    if !text::is_method(&operation.method) {
        return Err(format!("`{}` is no method in capitals", operation.method));
    }
    let counts = [
        operation.query.len(),
        operation.parameters.len(),
        operation.body.as_ref().map_or(0, |body| body.fields.len()),
        operation.fixed.len(),
        operation.constraints.len(),
        operation.keep.len(),
    ];
    if counts.into_iter().any(|count| count > MAX_PARTS) {
        return Err(format!(
            "it has more than {MAX_PARTS} parameters, fields or rules"
        ));
    }
    path(operation)?;
    parameters(&operation.parameters)?;
    if let Some(body) = &operation.body {
        self::body(body)?;
    }
    let arguments = arguments(operation)?;
    rules(operation, &arguments)
}

/// The names of the arguments, each used once.
fn arguments(operation: &Operation) -> Result<BTreeSet<&str>, String> {
    let mut names = BTreeSet::new();
    for name in operation.arguments() {
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(format!(
                "an argument's name has 1 to {MAX_NAME_BYTES} bytes"
            ));
        }
        if !names.insert(name) {
            return Err(format!("the argument `{name}` is used twice"));
        }
    }
    Ok(names)
}

impl Operation {
    /// The names of all arguments, fixed ones too, in the order of the request.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        let body = self.body.iter();
        let members = body.clone().filter(|body| body.whole.is_none());
        let parameters = self
            .parameters
            .iter()
            .map(|parameter| parameter.argument.as_str());
        parameters
            .chain(body.filter_map(|body| body.whole.as_deref()))
            .chain(members.flat_map(|body| body.fields.iter().map(|field| field.argument.as_str())))
    }
}

/// Each name in the template has its parameter, and the other way round.
fn path(operation: &Operation) -> Result<(), String> {
    let pieces = template(&operation.path).ok_or_else(|| {
        format!(
            "`{}` is no path template such as /issue/{{id}}",
            operation.path
        )
    })?;
    let mut named: BTreeSet<&str> = pieces.iter().filter_map(Piece::name).collect();
    let in_path = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Path);
    for name in in_path.map(|parameter| parameter.name.as_str()) {
        if !named.remove(name) {
            return Err(format!(
                "the path has no {{{name}}}, or the parameter is there twice"
            ));
        }
    }
    match named.first() {
        Some(name) => Err(format!("the path's {{{name}}} has no parameter")),
        None => Ok(()),
    }
}

fn parameters(parameters: &[Parameter]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for parameter in parameters {
        let Parameter {
            name, place, style, ..
        } = parameter;
        let fits = match place {
            Place::Path => matches!(style, Style::Simple | Style::Label | Style::Matrix),
            Place::Header => *style == Style::Simple,
            Place::Cookie => *style == Style::Form,
            Place::Query => !matches!(style, Style::Simple | Style::Label | Style::Matrix),
        };
        if !fits {
            return Err(format!(
                "the style of the parameter `{name}` is none for its place"
            ));
        }
        let nameable = match place {
            Place::Header => text::is_token(name) && !is_reserved_header(name),
            Place::Cookie => text::is_token(name),
            Place::Path | Place::Query => !name.is_empty() && name.len() <= MAX_NAME_BYTES,
        };
        if !nameable {
            return Err(format!(
                "`{name}` cannot be the name of a parameter at its place"
            ));
        }
        let key = match place {
            Place::Header => name.to_ascii_lowercase(),
            _ => name.clone(),
        };
        if !seen.insert((*place as u8, key)) {
            return Err(format!("the parameter `{name}` is there twice"));
        }
    }
    Ok(())
}

fn body(body: &Body) -> Result<(), String> {
    if !is_media_type(&body.media_type) {
        return Err(format!("`{}` is no media type", body.media_type));
    }
    let bare = matches!(body.kind, BodyKind::Text | BodyKind::Binary);
    if bare && body.whole.is_none() {
        return Err("a body of text or bytes is one whole argument".to_owned());
    }
    let encoded = matches!(body.kind, BodyKind::Form | BodyKind::Multipart);
    if body.whole.is_some() && !encoded && !body.fields.is_empty() {
        return Err("a body that is one whole argument has no fields of its own".to_owned());
    }
    let mut seen = BTreeSet::new();
    for field in &body.fields {
        if matches!(field.style, Style::Simple | Style::Label | Style::Matrix) {
            return Err(format!(
                "the style of the field `{}` is none for a body",
                field.name
            ));
        }
        if field
            .content_type
            .as_ref()
            .is_some_and(|media_type| !is_media_type(media_type))
        {
            return Err(format!(
                "the content type of the field `{}` is none",
                field.name
            ));
        }
        if field.name.len() > MAX_NAME_BYTES || !seen.insert(&field.name) {
            return Err(format!(
                "the field `{}` is there twice, or its name is too long",
                field.name
            ));
        }
    }
    Ok(())
}

fn rules(operation: &Operation, arguments: &BTreeSet<&str>) -> Result<(), String> {
    let known = |path: &crate::Path| path.first().is_some_and(|name| arguments.contains(name));
    for Fixed { path, .. } in &operation.fixed {
        if !known(path) || path.steps().contains(&Step::Each) {
            return Err(format!("the fixed value `{path}` is of no argument"));
        }
    }
    for Constraint { path, op, value } in &operation.constraints {
        if !known(path) {
            return Err(format!("the constraint on `{path}` is on no argument"));
        }
        let fits = match op {
            Operator::Equal | Operator::NotEqual => true,
            Operator::In | Operator::NotIn => value.is_array(),
            Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
                value.is_number()
            }
            Operator::StartsWith => value.is_string(),
        };
        if !fits {
            return Err(format!(
                "the constraint on `{path}` compares with the wrong kind of value"
            ));
        }
    }
    Ok(())
}
