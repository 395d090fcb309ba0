//! What was meant by a name that does not exist.

use super::Table;

/// Most columns of a table that are listed.
const MAX_LISTED: usize = 40;

/// How alike two names are at least, from 0 to 1, for one to be suggested.
const ALIKE: f64 = 0.7;

/// The names that exist, when what the engine said is that one does not.
pub fn hint(said: &str, tables: &[Table]) -> Option<String> {
    if let Some(name) = said.strip_prefix("no such table: ") {
        let names = tables.iter().map(|table| table.name.as_str());
        let all: Vec<&str> = names.clone().collect();
        return Some(match nearest(name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there is {}", all.join(", ")),
        });
    }
    let name = said.strip_prefix("no such column: ")?;
    let name = name.trim_matches('"');
    let (table, column) = match name.rsplit_once('.') {
        Some((table, column)) => (Some(table), column),
        None => (None, name),
    };
    let wanted = |other: &&Table| table.is_none_or(|table| other.name.eq_ignore_ascii_case(table));
    let columns = || {
        tables
            .iter()
            .filter(wanted)
            .flat_map(|table| &table.columns)
    };
    match nearest(column, columns().map(String::as_str)) {
        Some(meant) => Some(format!("did you mean `{}`?", shown(meant))),
        None => Some(tables.iter().map(list).collect::<Vec<_>>().join("; ")),
    }
}

fn list(table: &Table) -> String {
    let names: Vec<String> = table
        .columns
        .iter()
        .take(MAX_LISTED)
        .map(|name| shown(name))
        .collect();
    let more = if table.columns.len() > MAX_LISTED {
        ", …"
    } else {
        ""
    };
    format!("`{}` has {}{more}", table.name, names.join(", "))
}

/// As it has to be written in SQL.
fn shown(name: &str) -> String {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match plain && !name.starts_with(|first: char| first.is_ascii_digit()) {
        true => name.to_owned(),
        false => format!("\"{name}\""),
    }
}

fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    names
        .map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, other)| other)
}
