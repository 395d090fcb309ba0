//! From text to a tree that is safe to walk.

use cel::{
    Env,
    common::ast::{EntryExpr, Expr, IdedExpr},
};

use super::ExpressionError;

/// Longest expression, in bytes: a screenful, where one line is usual.
pub const MAX_SOURCE_BYTES: usize = 4096;

/// Deepest brackets: the parser calls itself a dozen times for each.
pub const MAX_NESTING: usize = 24;

/// Most operators and selections of one expression: a run of them makes the parser as deep as it is long.
const MAX_OPERATORS: usize = 256;

/// Deepest tree: what walks it calls itself for each level.
pub const MAX_DEPTH: usize = 96;

pub(super) fn parse(text: &str) -> Result<IdedExpr, ExpressionError> {
    let refuse = |reason: String| Err(ExpressionError::Syntax(reason));
    if text.len() > MAX_SOURCE_BYTES {
        return refuse(format!("it is longer than {MAX_SOURCE_BYTES} bytes"));
    }
    if text.trim().is_empty() {
        return refuse("it is empty".to_owned());
    }
    let (nesting, operators) = measure(text);
    if nesting > MAX_NESTING {
        return refuse(format!("its brackets are more than {MAX_NESTING} deep"));
    }
    if operators > MAX_OPERATORS {
        return refuse(format!("it has more than {MAX_OPERATORS} operators"));
    }
    let parser = Env::stdlib().parser();
    let tree = parser.parse(text).map_err(|errors| {
        let first = errors.errors.first();
        let reason = first.map_or_else(String::new, |error| error.msg.clone());
        ExpressionError::Syntax(reason.replace('\n', " "))
    })?;
    if is_deeper_than(&tree, MAX_DEPTH) {
        return refuse(format!("it is more than {MAX_DEPTH} operations deep"));
    }
    Ok(tree)
}

/// The deepest brackets and the number of operators, counted generously: quotes are not looked at, so that no way of
/// writing a text hides what the parser will see.
fn measure(text: &str) -> (usize, usize) {
    let (mut open, mut deepest, mut operators) = (0_usize, 0, 0);
    for character in text.chars() {
        match character {
            '(' | '[' | '{' => {
                open += 1;
                deepest = deepest.max(open);
            }
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '!' | '-' | '+' | '*' | '/' | '%' | '?' | '.' | '<' | '>' | '=' | '&' | '|' => {
                operators += 1;
            }
            _ => {}
        }
    }
    (deepest, operators)
}

/// Without recursion, since the tree may be too deep for it.
fn is_deeper_than(tree: &IdedExpr, max: usize) -> bool {
    let mut left = vec![(tree, 1)];
    while let Some((node, depth)) = left.pop() {
        if depth > max {
            return true;
        }
        left.extend(
            children(&node.expr)
                .into_iter()
                .map(|child| (child, depth + 1)),
        );
    }
    false
}

/// The parts of a node.
pub(super) fn children(expr: &Expr) -> Vec<&IdedExpr> {
    match expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Call(call) => call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect(),
        Expr::Comprehension(it) => vec![
            &it.iter_range,
            &it.accu_init,
            &it.loop_cond,
            &it.loop_step,
            &it.result,
        ],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Map(map) => map
            .entries
            .iter()
            .flat_map(|entry| parts(&entry.expr))
            .collect(),
        Expr::Struct(it) => it
            .entries
            .iter()
            .flat_map(|entry| parts(&entry.expr))
            .collect(),
    }
}

fn parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
