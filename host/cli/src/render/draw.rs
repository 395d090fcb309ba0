//! Puts a view on a stream of some width.

use comfy_table::{
    Cell as TableCell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Row,
    Table as Grid, presets,
};

use super::{Cell, Table, View, numbers::count};
use crate::{
    json::pretty,
    terminal::{Paint, Stream},
};

/// Spaces between two columns.
const GAP: u16 = 2;

/// The least a column of text is cut down to, in characters: below it, records are shown one under the other.
const MIN_TEXT_COLUMN: usize = 8;

/// The text of `view`, with a line break at its end unless it is empty.
pub fn draw(view: &View<'_>, stream: &Stream) -> String {
    let mut text = match view {
        View::Nothing => String::new(),
        View::Text(text) => text.clone(),
        View::Lines(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
        View::Json(json) => pretty(*json, stream.paint()),
        View::Sheet(fields, table) => sheet(fields, table.as_ref(), stream),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn sheet(fields: &[(String, Cell)], table: Option<&Table>, stream: &Stream) -> String {
    let mut blocks = Vec::new();
    if !fields.is_empty() {
        blocks.push(pairs(fields, stream));
    }
    match table {
        Some(table) if table.rows.is_empty() => blocks.push(stream.paint().faint("no rows")),
        Some(table) if fits(table, stream) => blocks.push(grid(table, stream)),
        Some(table) => blocks.push(records(table, stream)),
        None => {}
    }
    blocks.join("\n\n")
}

/// Aligned names and values.
pub fn pairs(fields: &[(String, Cell)], stream: &Stream) -> String {
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING);
    for (name, cell) in fields {
        grid.add_row(row([TableCell::new(name), TableCell::new(&cell.text)]));
    }
    arrange(&mut grid, stream);
    if let Some(names) = grid.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    let longest = fields
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let paint = stream.paint();
    grid.trim_fmt()
        .lines()
        .map(|line| paint_start(line, longest, paint))
        .collect::<Vec<_>>()
        .join("\n")
}

fn paint_start(line: &str, characters: usize, paint: Paint) -> String {
    let at = line
        .char_indices()
        .nth(characters)
        .map_or(line.len(), |(at, _)| at);
    let (start, rest) = line.split_at(at);
    format!("{}{rest}", paint.name(start))
}

/// A header, a rule, and one line per row.
fn grid(table: &Table, stream: &Stream) -> String {
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─')));
    grid.set_header(row(table.columns.iter().map(TableCell::new)));
    for cells in &table.rows {
        grid.add_row(row(cells.iter().map(|cell| TableCell::new(&cell.text))));
    }
    arrange(&mut grid, stream);
    for at in (0..table.columns.len()).filter(|at| table.is_numeric(*at)) {
        if let Some(column) = grid.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let paint = stream.paint();
    let shown = grid.trim_fmt();
    let mut lines: Vec<String> = shown.lines().map(str::to_owned).collect();
    if let [header, rule, ..] = lines.as_mut_slice() {
        *header = paint.heading(header);
        // The gap after the last column is ruled, too, and not seen otherwise.
        let length = rule.chars().count().saturating_sub(usize::from(GAP));
        *rule = paint.faint(&rule.chars().take(length).collect::<String>());
    }
    lines.push(paint.faint(&count(table.rows.len(), "row")));
    lines.join("\n")
}

fn row(cells: impl IntoIterator<Item = TableCell>) -> Row {
    let mut row = Row::from(cells.into_iter().collect::<Vec<_>>());
    row.max_height(1);
    row
}

fn arrange(grid: &mut Grid, stream: &Stream) {
    if let Some(width) = stream.width {
        grid.set_content_arrangement(ContentArrangement::Dynamic);
        // The gap after the last column is trimmed away.
        grid.set_width(width.saturating_add(GAP));
    }
    for column in grid.column_iter_mut() {
        column.set_padding((0, GAP));
    }
}

/// Whether every column keeps a readable width.
fn fits(table: &Table, stream: &Stream) -> bool {
    let Some(width) = stream.width else {
        return true;
    };
    let least = |at: usize| {
        let longest = table.longest(at);
        if table.is_numeric(at) {
            longest
        } else {
            longest.min(MIN_TEXT_COLUMN)
        }
    };
    let needed: usize = (0..table.columns.len())
        .map(|at| least(at) + usize::from(GAP))
        .sum();
    needed <= usize::from(width) + usize::from(GAP)
}

/// One block of fields per row, for tables wider than the stream.
fn records(table: &Table, stream: &Stream) -> String {
    let paint = stream.paint();
    let block = |(at, row): (usize, &Vec<Cell>)| {
        let fields: Vec<(String, Cell)> = table
            .columns
            .iter()
            .cloned()
            .zip(row.iter().cloned())
            .collect();
        format!(
            "{}\n{}",
            paint.faint(&format!("── {} ──", at + 1)),
            pairs(&fields, stream)
        )
    };
    table
        .rows
        .iter()
        .enumerate()
        .map(block)
        .collect::<Vec<_>>()
        .join("\n")
}

impl Table {
    /// Whether every value of a column is a number; missing ones do not count, but there must be one.
    fn is_numeric(&self, column: usize) -> bool {
        let mut present = self
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .filter(|cell| !cell.is_null)
            .peekable();
        present.peek().is_some() && present.all(|cell| cell.is_number)
    }

    /// Characters of the longest value or name of a column.
    fn longest(&self, column: usize) -> usize {
        let cells = self
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.text.chars().count());
        let name = self
            .columns
            .get(column)
            .map_or(0, |name| name.chars().count());
        cells.max().unwrap_or(0).max(name)
    }
}
