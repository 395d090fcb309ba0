//! Evaluating within a bound on work.
//!
//! CEL has no loop without end, but `map` in `map` multiplies and `x.map(a, a + a)` repeated doubles. So before it is
//! evaluated, each place where a value is visited or copied into another (the list a comprehension walks, the operands
//! of a call, the items of a literal) is wrapped in a call of [`CHARGE`], which no source can name. It hands its
//! argument through and takes the argument's whole size, texts by the byte, from one budget. Whatever is built was
//! charged first, so neither time nor memory outgrows [`MAX_WORK`] by more than the length of the expression.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use cel::{
    Context, Env, ExecutionError, Value,
    common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, operators},
};

use super::{ExpressionError, Scope, scope::to_cel};

/// Values and bytes one evaluation may visit or copy: a list of ten thousand records, a few times.
pub const MAX_WORK: u64 = 4_000_000;

/// `@` begins no name in CEL: an expression cannot call it.
const CHARGE: &str = "@charge";

/// What a charge costs beside the size: the call itself.
const CALL_COST: u64 = 4;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

pub(super) fn evaluate(
    tree: &IdedExpr,
    scope: &Scope,
) -> Result<serde_json::Value, ExpressionError> {
    let left = Arc::new(AtomicU64::new(MAX_WORK));
    let mut context = Context::with_env(Arc::clone(&ENV));
    for (name, value) in scope.iter() {
        context.add_variable_from_value(name.as_str(), to_cel(value));
    }
    let budget = Arc::clone(&left);
    let charge = move |value: Value| -> Result<Value, ExecutionError> {
        if take(&budget, &value) {
            Ok(value)
        } else {
            Err(ExecutionError::function_error(CHARGE, "too much"))
        }
    };
    let no_value = |reason: String| ExpressionError::NoValue {
        expression: String::new(),
        reason,
    };
    context
        .add_function(CHARGE, charge)
        .map_err(|error| no_value(error.to_string()))?;
    let value = context
        .resolve(tree)
        .map_err(|error| no_value(shortened(&error.to_string())));
    // An exhausted budget may have been swallowed by `||`; it is still exhausted.
    if left.load(Ordering::Relaxed) == 0 {
        return Err(ExpressionError::TooMuch(String::new()));
    }
    let value = value?;
    if !take(&left, &value) {
        return Err(ExpressionError::TooMuch(String::new()));
    }
    value
        .json()
        .map_err(|_| no_value("it is not JSON".to_owned()))
}

/// The evaluator's messages may print whole values.
fn shortened(message: &str) -> String {
    const MAX_CHARACTERS: usize = 300;
    match message.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// Takes the size of a value; false, and nothing left, where it is more than what is left.
fn take(left: &AtomicU64, value: &Value) -> bool {
    let had = left.load(Ordering::Relaxed);
    let rest = had
        .checked_sub(CALL_COST)
        .and_then(|rest| after(rest, value))
        .unwrap_or(0);
    left.store(rest, Ordering::Relaxed);
    rest > 0
}

/// What is left after a value, without looking further than that.
fn after(left: u64, value: &Value) -> Option<u64> {
    let left = left.checked_sub(1)?;
    match value {
        Value::String(text) => left.checked_sub(text.len() as u64),
        Value::Bytes(bytes) => left.checked_sub(bytes.len() as u64),
        Value::List(items) => items.iter().try_fold(left, after),
        Value::Map(map) => map.map.iter().try_fold(left, |left, (key, value)| {
            after(left.checked_sub(key.to_string().len() as u64)?, value)
        }),
        _ => Some(left),
    }
}

/// The tree with its charges.
pub(super) fn metered(mut tree: IdedExpr) -> IdedExpr {
    meter(&mut tree);
    tree
}

fn meter(node: &mut IdedExpr) {
    match &mut node.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Select(select) => meter(&mut select.operand),
        Expr::Call(call) => meter_call(call),
        Expr::Comprehension(it) => {
            charged(&mut it.iter_range);
            for part in [
                &mut it.accu_init,
                &mut it.loop_cond,
                &mut it.loop_step,
                &mut it.result,
            ] {
                meter(part);
            }
        }
        Expr::List(list) => list.elements.iter_mut().for_each(charged),
        Expr::Map(map) => map
            .entries
            .iter_mut()
            .for_each(|entry| meter_entry(&mut entry.expr)),
        Expr::Struct(it) => it
            .entries
            .iter_mut()
            .for_each(|entry| meter_entry(&mut entry.expr)),
    }
}

fn meter_entry(entry: &mut EntryExpr) {
    match entry {
        EntryExpr::StructField(field) => charged(&mut field.value),
        EntryExpr::MapEntry(entry) => {
            charged(&mut entry.key);
            charged(&mut entry.value);
        }
    }
}

fn meter_call(call: &mut CallExpr) {
    // These hand through what they are given, or look at one part of it.
    let looks_only = [
        operators::CONDITIONAL,
        operators::LOGICAL_AND,
        operators::LOGICAL_OR,
        operators::LOGICAL_NOT,
        operators::INDEX,
    ]
    .contains(&call.func_name.as_str());
    // `@result + [item]`, as `map` and `filter` become: the evaluator appends in place, and the item is charged.
    let appends = matches!(call.args.first().map(|first| &first.expr), Some(Expr::Ident(name)) if name.starts_with('@'));
    let treat = if looks_only || appends {
        meter
    } else {
        charged
    };
    call.target.as_deref_mut().into_iter().for_each(treat);
    call.args.iter_mut().for_each(treat);
}

fn charged(node: &mut IdedExpr) {
    meter(node);
    let inner = std::mem::take(node);
    node.id = inner.id;
    node.expr = Expr::Call(CallExpr {
        func_name: CHARGE.to_owned(),
        target: None,
        args: vec![inner],
    });
}
