//! One operation: a tool, and the request it makes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Path;

/// One operation of the API, and the tool it becomes.
///
/// What a model reads of it (title, description and schemas) is kept apart in the document, so that a call need not read it.
///
/// An *argument* is a member of the JSON object a tool is called with. Every argument the tool takes is named by exactly
/// one [`Parameter`], by [`Body::whole`], or by one [`Field`] of the body; any other is refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The tool's name: 1 to 64 of `a-z A-Z 0-9 _ -`.
    pub tool: String,
    /// A short title for people.
    #[serde(skip)]
    pub title: Option<String>,
    /// What a model reads to decide whether to call it.
    #[serde(skip)]
    pub description: String,
    /// `GET`, `POST` and so on, in capitals.
    pub method: String,
    /// This operation's own base URL, where the description gives it another server; never replaced by configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The path behind the base URL: `/issue/{issueIdOrKey}`. Each `{name}` is a path parameter's [`Parameter::name`];
    /// what is outside braces is sent as it stands, so it is percent-encoded where it has to be.
    pub path: String,
    /// Query fields of every request, name and value, not encoded; for paths described with a query of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// Arguments in the path, query, headers and cookies, in the order they are sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The body, for operations that send one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Values set whatever the caller says, before constraints are tried. An argument that is fixed as a whole is unknown to
    /// the caller; one fixed in part keeps the caller's other members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<Fixed>,
    /// What must be true of the arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
    /// The fields of a JSON answer that are kept (`issues[].key`); every field when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<Path>,
    /// The `Accept` header: the media types the description answers with; `*/*` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// JSON Schema 2020-12 of the arguments; its root is an object.
    #[serde(skip)]
    pub input_schema: Value,
    /// JSON Schema 2020-12 of the answer, when it is known.
    #[serde(skip)]
    pub output_schema: Option<Value>,
}

/// One argument outside the body.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name in the tool's arguments.
    pub argument: String,
    /// Its name in the request.
    pub name: String,
    /// Where it goes.
    pub place: Place,
    /// Whether a call without it is refused. Path parameters always are.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The JSON types its schema allows; any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<Type>,
    /// How lists and objects are written: `simple` in path and header, `form` in query and cookie, unless the description says otherwise.
    pub style: Style,
    /// Whether each member of a list or object is written on its own (`a=1&a=2` rather than `a=1,2`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub explode: bool,
    /// Whether `:/?#[]@!$&'()*+,;=` stay as they are in a query value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_reserved: bool,
    /// Whether the value is sent as JSON text (a parameter described with `content: application/json`); `style` is not used then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub json: bool,
    /// Whether a query value may be sent empty (`a=`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_empty: bool,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Into the path, for its `{name}`.
    Path,
    /// Behind the `?`.
    #[default]
    Query,
    /// As a header.
    Header,
    /// Into the `Cookie` header.
    Cookie,
}

/// How a value becomes text: OpenAPI's `style` (RFC 6570's operators), with Swagger 2's `tsv`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// `a,b`: path and header.
    #[default]
    Simple,
    /// `.a.b`: path.
    Label,
    /// `;name=a,b`: path.
    Matrix,
    /// `name=a,b` or `name=a&name=b`: query, cookie and form bodies.
    Form,
    /// `name=a%20b`: query (Swagger 2's `ssv`).
    SpaceDelimited,
    /// `name=a%7Cb`: query (Swagger 2's `pipes`).
    PipeDelimited,
    /// `name=a%09b`: query (Swagger 2's `tsv`).
    TabDelimited,
    /// `name[key]=value`: query.
    DeepObject,
}

/// A JSON type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// Text.
    String,
    /// A number without fraction.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    Array,
    /// An object.
    Object,
    /// `null`.
    Null,
}

/// The body of a request.
///
/// Either one argument is the whole body, or each top-level member of it is an argument of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// How it is made.
    pub kind: BodyKind,
    /// Its `Content-Type`, such as `application/json`; `multipart` gets its boundary when it is sent.
    pub media_type: String,
    /// Whether a call without any of it is refused. An optional body of which no argument is given is not sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The argument that is the whole body. `text` and `binary` bodies always have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<String>,
    /// Without `whole`, the arguments that are the body's members. With it, in `form` and `multipart` bodies, how members
    /// that need it are written: `argument` and `name` are both the member's name then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The JSON types the schema of a `whole` body allows; any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<Type>,
}

/// How a body is made of its arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyKind {
    /// JSON text.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data`.
    Multipart,
    /// The argument's text in UTF-8: `text/plain`, `application/xml`, GraphQL …
    Text,
    /// The argument's bytes: `{"base64": "…"}`, `{"text": "…"}` or `{"artifact": "sha256:…"}`.
    Binary,
}

/// One member of a body.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in the tool's arguments.
    pub argument: String,
    /// Its name in the request.
    pub name: String,
    /// Whether a body without it is refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The JSON types its schema allows; any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<Type>,
    /// In form and multipart bodies: `form`, `spaceDelimited`, `pipeDelimited` or `deepObject`. The default for a form
    /// is `form` with `explode`. Not used in JSON.
    #[serde(default = "form", skip_serializing_if = "is_form")]
    pub style: Style,
    /// Whether each member of a list or object is written on its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub explode: bool,
    /// Whether reserved characters stay as they are in a form value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_reserved: bool,
    /// The `Content-Type` of its part, or, for an object in a form, what it is written as. A JSON media type means JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whether it is a file, or a list of files: `{"name": "a.png", "media_type": "image/png", "base64": "…"}`, with `text`
    /// or `artifact` (a digest) instead of `base64`. `name` and `media_type` may be left out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub file: bool,
}

/// A value that is set whatever the caller says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// Where in the arguments: `project`, or `fields.project.key`. Has no `[]`.
    pub path: Path,
    /// The value.
    pub value: Value,
}

/// What must be true of an argument, or the call is refused with `invalid-input`.
///
/// Where the path leads to nothing, only `!=` and `not in` hold: a rule that could be dodged by leaving the argument out
/// would be none. A path with `[]` must hold for each element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// Where in the arguments.
    pub path: Path,
    /// The comparison.
    pub op: Operator,
    /// What it is compared with: any value for `==` and `!=`, a list for `in` and `not in`, a number for the orders, text for `starts-with`.
    pub value: Value,
}

/// The comparison of a [`Constraint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// Equal, as JSON values.
    #[serde(rename = "==")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
    /// One of a list.
    #[serde(rename = "in")]
    In,
    /// None of a list.
    #[serde(rename = "not in")]
    NotIn,
    /// A smaller number.
    #[serde(rename = "<")]
    Less,
    /// A number at most as large.
    #[serde(rename = "<=")]
    AtMost,
    /// A larger number.
    #[serde(rename = ">")]
    Greater,
    /// A number at least as large.
    #[serde(rename = ">=")]
    AtLeast,
    /// Text with this beginning.
    #[serde(rename = "starts-with")]
    StartsWith,
}

impl Operator {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::In => "in",
            Operator::NotIn => "not in",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
            Operator::StartsWith => "starts-with",
        }
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn form() -> Style {
    Style::Form
}

fn is_form(style: &Style) -> bool {
    *style == Style::Form
}
