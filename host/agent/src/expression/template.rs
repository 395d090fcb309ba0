//! JSON with expressions in its texts.

use serde_json::{Map, Value};

use super::{Expression, ExpressionError, Scope};

/// JSON whose texts may contain `${…}`.
///
/// A text that is one `${…}` and nothing else becomes its value, of whatever type. In other texts values are written
/// out: texts as they are, null as nothing, the rest as JSON. `$${` is a literal `${`.
#[derive(Clone, Debug)]
pub enum Template {
    /// As it is.
    Plain(Value),
    /// One expression: its value.
    Whole(Expression),
    /// A text in pieces.
    Text(Vec<Piece>),
    /// A list.
    List(Vec<Template>),
    /// An object.
    Object(Vec<(String, Template)>),
}

/// A part of a text.
#[derive(Clone, Debug)]
pub enum Piece {
    /// As it is.
    Literal(String),
    /// Written out.
    Written(Expression),
}

impl Template {
    /// Parses every expression in a value.
    pub fn parse(value: &Value) -> Result<Self, ExpressionError> {
        Ok(match value {
            Value::String(text) => Template::text(text)?,
            Value::Array(items) => Template::List(
                items
                    .iter()
                    .map(Template::parse)
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(fields) => {
                let field =
                    |(name, value): (&String, &Value)| Ok((name.clone(), Template::parse(value)?));
                Template::Object(fields.iter().map(field).collect::<Result<_, _>>()?)
            }
            other => Template::Plain(other.clone()),
        })
    }

    /// Parses the expressions of one text.
    pub fn text(text: &str) -> Result<Self, ExpressionError> {
        let mut pieces = pieces(text)?;
        if let [Piece::Written(_)] = pieces.as_slice()
            && let Some(Piece::Written(whole)) = pieces.pop()
        {
            return Ok(Template::Whole(whole));
        }
        Ok(Template::Text(pieces))
    }

    /// The value with every expression evaluated.
    pub fn fill(&self, scope: &Scope) -> Result<Value, ExpressionError> {
        Ok(match self {
            Template::Plain(value) => value.clone(),
            Template::Whole(expression) => expression.evaluate(scope)?,
            Template::Text(pieces) => Value::String(written(pieces, scope)?),
            Template::List(items) => {
                let items = items.iter().map(|item| item.fill(scope));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Template::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), value.fill(scope)?)));
                Value::Object(fields.collect::<Result<Map<_, _>, ExpressionError>>()?)
            }
        })
    }

    /// Every expression in it.
    pub fn expressions(&self) -> Vec<&Expression> {
        match self {
            Template::Plain(_) => Vec::new(),
            Template::Whole(expression) => vec![expression],
            Template::Text(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Literal(_) => None,
                    Piece::Written(expression) => Some(expression),
                })
                .collect(),
            Template::List(items) => items.iter().flat_map(Template::expressions).collect(),
            Template::Object(fields) => fields
                .iter()
                .flat_map(|(_, value)| value.expressions())
                .collect(),
        }
    }
}

fn written(pieces: &[Piece], scope: &Scope) -> Result<String, ExpressionError> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Written(expression) => match expression.evaluate(scope)? {
                Value::Null => {}
                Value::String(value) => text.push_str(&value),
                other => text.push_str(&other.to_string()),
            },
        }
    }
    Ok(text)
}

fn pieces(text: &str) -> Result<Vec<Piece>, ExpressionError> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            literal.push_str(before);
            literal.push_str("${");
            rest = after;
            continue;
        }
        literal.push_str(before);
        let end = end_of(after)
            .ok_or_else(|| ExpressionError::Unclosed(text.chars().take(80).collect()))?;
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(Piece::Written(Expression::parse(&after[..end])?));
        rest = &after[end + 1..];
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

/// Where the `}` is that closes the expression: not one inside a text or a map of CEL.
fn end_of(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}
