//! What an expression reads from its scope.

use cel::common::ast::{Expr, IdedExpr};

use super::source::children;

/// A name and the fields selected from it: `steps`, `deals`, `output`.
pub type Path = Vec<String>;

/// Every path that begins outside the expression, in the order read.
pub(super) fn of(tree: &IdedExpr) -> Vec<Path> {
    let mut found = Vec::new();
    collect(tree, &mut Vec::new(), &mut found);
    found
}

fn collect<'e>(node: &'e IdedExpr, bound: &mut Vec<&'e str>, found: &mut Vec<Path>) {
    if let Some(path) = path(node) {
        if !bound.contains(&path[0].as_str()) && !found.contains(&path) {
            found.push(path);
        }
        return;
    }
    match &node.expr {
        Expr::Comprehension(it) => {
            collect(&it.iter_range, bound, found);
            let outside = bound.len();
            bound.extend([it.iter_var.as_str(), it.accu_var.as_str()]);
            bound.extend(it.iter_var2.as_deref());
            for part in [&it.accu_init, &it.loop_cond, &it.loop_step, &it.result] {
                collect(part, bound, found);
            }
            bound.truncate(outside);
        }
        // `has(a.b)` asks whether `b` is there; only `a` has to be.
        Expr::Select(select) => collect(&select.operand, bound, found),
        other => {
            for child in children(other) {
                collect(child, bound, found);
            }
        }
    }
}

fn path(node: &IdedExpr) -> Option<Path> {
    match &node.expr {
        Expr::Ident(name) => Some(vec![name.clone()]),
        Expr::Select(select) if !select.test => {
            let mut path = path(&select.operand)?;
            path.push(select.field.clone());
            Some(path)
        }
        _ => None,
    }
}
