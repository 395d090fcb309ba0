//! From the rows of a query to categories and series.

use std::collections::HashMap;

use crate::{
    bindings::{Chart, ChartKind, metier::skill::types::Error},
    cell::Cell,
    describe::amount,
    sql::Rows,
};

/// Most values in a chart; more are a smear that no eye takes apart, and megabytes of picture.
pub const MAX_POINTS: u64 = 5_000;

/// Most categories with a bar each.
const MAX_BARS: usize = 60;

/// Most slices of a pie.
const MAX_SLICES: usize = 12;

/// What is drawn.
#[derive(Debug, Default, PartialEq)]
pub struct Plot {
    /// What the values are of.
    pub categories: Vec<String>,
    /// Where the categories are when they are numbers or days; otherwise they are one after the other.
    pub places: Option<Vec<f64>>,
    /// Whether the places are days.
    pub days: bool,
    /// Values, as many in each as there are categories.
    pub series: Vec<Series>,
    /// What to know about it.
    pub remarks: Vec<String>,
}

/// Values with a name.
#[derive(Debug, Default, PartialEq)]
pub struct Series {
    /// What the legend says.
    pub name: String,
    /// A value for each category, where there is one.
    pub values: Vec<Option<f64>>,
}

impl Plot {
    /// How many values there are.
    pub fn points(&self) -> u64 {
        let values = self.series.iter().flat_map(|series| &series.values);
        values.flatten().count() as u64
    }
}

/// Takes the rows apart, and refuses what would not be a chart.
pub fn plot(rows: Rows, chart: &Chart) -> Result<Plot, Error> {
    let invalid = |problem: String| Err(Error::InvalidInput(problem));
    if rows.rows.is_empty() {
        return invalid("the query has no rows, so there is nothing to draw".to_owned());
    }
    if rows.columns.len() < 2 {
        return invalid(
            "a chart needs two columns at least: the category (or x), then numbers".to_owned(),
        );
    }
    if rows.total > rows.rows.len() as u64 {
        return invalid(format!(
            "the query has {} rows and {MAX_POINTS} fit in a chart; sum them up with GROUP BY",
            rows.total
        ));
    }
    let mut plot = match &chart.series {
        Some(name) => pivot(rows, name)?,
        None => wide(rows)?,
    };
    let most = match chart.kind {
        ChartKind::Column | ChartKind::Bar => MAX_BARS,
        ChartKind::Pie => MAX_SLICES,
        ChartKind::Line | ChartKind::Area | ChartKind::Scatter => usize::MAX,
    };
    if plot.categories.len() > most {
        return invalid(format!(
            "there are {} categories and {most} fit; keep the largest with ORDER BY … LIMIT and put the rest together",
            plot.categories.len()
        ));
    }
    if plot.series.len() > super::COLORS.len() {
        return invalid(format!(
            "there are {} series and {} can be told apart; keep the largest or put the rest together",
            plot.series.len(),
            super::COLORS.len()
        ));
    }
    if plot.points() == 0 {
        return invalid("all values are NULL, so there is nothing to draw".to_owned());
    }
    if chart.kind == ChartKind::Pie {
        pie(&mut plot)?;
    }
    if chart.kind == ChartKind::Scatter && (plot.places.is_none() || plot.days) {
        return invalid(
            "the first column of a scatter chart is x, and has to be a number in every row"
                .to_owned(),
        );
    }
    Ok(plot)
}

fn pie(plot: &mut Plot) -> Result<(), Error> {
    let [series] = plot.series.as_slice() else {
        return Err(Error::InvalidInput(
            "a pie has one series: select the category and one number".to_owned(),
        ));
    };
    let values = || series.values.iter().flatten();
    if values().any(|value| *value < 0.0) || values().all(|value| *value == 0.0) {
        return Err(Error::InvalidInput(
            "a pie shows shares of a whole: no value may be negative, and one has to be above zero"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Every column after the first is a series.
fn wide(rows: Rows) -> Result<Plot, Error> {
    let mut names = rows.columns.into_iter();
    names.next();
    let mut series: Vec<Series> = names
        .map(|name| Series {
            name,
            values: Vec::new(),
        })
        .collect();
    let mut firsts = Vec::new();
    for row in rows.rows {
        let mut cells = row.into_iter();
        firsts.push(cells.next().unwrap_or(Cell::Empty));
        for (series, cell) in series.iter_mut().zip(cells) {
            series.values.push(value(&series.name, &cell)?);
        }
    }
    let (places, days) = places(&firsts);
    Ok(Plot {
        categories: firsts.iter().map(label).collect(),
        places,
        days,
        series,
        remarks: Vec::new(),
    })
}

/// A row for each value: category, series, value.
fn pivot(rows: Rows, name: &str) -> Result<Plot, Error> {
    let at = rows
        .columns
        .iter()
        .position(|column| column.eq_ignore_ascii_case(name));
    let at = at.filter(|_| rows.columns.len() == 3).ok_or_else(|| {
        Error::InvalidInput(format!(
            "with `series` the query has three columns: the category, `{name}`, and a number; it has {}",
            rows.columns.join(", ")
        ))
    })?;
    let others: Vec<usize> = (0..3).filter(|place| *place != at).collect();
    let [category_at, value_at] = others.as_slice() else {
        return Err(Error::Internal(
            "three columns without one are two".to_owned(),
        ));
    };
    let value_name = rows.columns.get(*value_at).cloned().unwrap_or_default();
    let (mut firsts, mut known): (Vec<Cell>, HashMap<String, usize>) = (Vec::new(), HashMap::new());
    let (mut series, mut names): (Vec<Series>, HashMap<String, usize>) =
        (Vec::new(), HashMap::new());
    let mut remarks = Vec::new();
    let mut repeated = 0_u64;
    for row in &rows.rows {
        let cell = |at: usize| row.get(at).unwrap_or(&Cell::Empty);
        let place = *known.entry(label(cell(*category_at))).or_insert_with(|| {
            firsts.push(cell(*category_at).clone());
            firsts.len() - 1
        });
        let of = *names.entry(label(cell(at))).or_insert_with(|| {
            series.push(Series {
                name: label(cell(at)),
                values: Vec::new(),
            });
            series.len() - 1
        });
        if series.len() > super::COLORS.len() {
            continue;
        }
        if let Some(series) = series.get_mut(of) {
            if series.values.len() <= place {
                series.values.resize(place + 1, None);
            }
            if let Some(slot) = series.values.get_mut(place) {
                repeated += u64::from(slot.is_some());
                *slot = value(&value_name, cell(*value_at))?;
            }
        }
    }
    for series in &mut series {
        series.values.resize(firsts.len(), None);
    }
    if repeated > 0 {
        remarks.push(format!(
            "{repeated} rows have the category and series of another; the last counts. GROUP BY both to add them up"
        ));
    }
    let (places, days) = places(&firsts);
    Ok(Plot {
        categories: firsts.iter().map(label).collect(),
        places,
        days,
        series,
        remarks,
    })
}

fn label(cell: &Cell) -> String {
    cell.words().unwrap_or_else(|| "(empty)".to_owned())
}

fn value(column: &str, cell: &Cell) -> Result<Option<f64>, Error> {
    match (cell, amount(cell)) {
        (Cell::Empty, _) => Ok(None),
        (_, Some(number)) if number.is_finite() => Ok(Some(number)),
        _ => Err(Error::InvalidInput(format!(
            "the column `{column}` has `{}`, which is no number; every column after the first is drawn",
            label(cell)
        ))),
    }
}

/// Where the categories are, when all of them are numbers or all of them days, in rising order.
fn places(cells: &[Cell]) -> (Option<Vec<f64>>, bool) {
    let numbers: Option<Vec<f64>> = cells.iter().map(amount).collect();
    if numbers.is_some() {
        return (numbers, false);
    }
    let day = |cell: &Cell| match cell {
        Cell::Text(text) => day(text),
        _ => None,
    };
    let days: Option<Vec<f64>> = cells.iter().map(day).collect();
    let days = days.filter(|days| days.is_sorted());
    (days.clone(), days.is_some())
}

/// Days since 1970 of a text such as `2026-11-20` or `2026-11`, by the civil calendar.
fn day(text: &str) -> Option<f64> {
    let date = text.split(['T', ' ']).next()?;
    let mut parts = date.split('-');
    let year = parts
        .next()
        .filter(|part| part.len() == 4)?
        .parse::<i64>()
        .ok()?;
    let month = parts
        .next()
        .filter(|part| part.len() == 2)?
        .parse::<i64>()
        .ok()?;
    let day = parts
        .next()
        .map_or(Some(1), |part| part.parse::<i64>().ok())?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = shifted.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100
        + of_year
        - 719_468;
    #[expect(clippy::cast_precision_loss, reason = "years have four digits")]
    Some(days as f64 + time(text))
}

/// The part of a day that has passed, in `2026-11-20 18:00`.
fn time(text: &str) -> f64 {
    let time = text.split(['T', ' ']).nth(1).unwrap_or_default();
    let mut parts = time.split(':').map(|part| {
        part.get(..2)
            .and_then(|part| part.parse::<f64>().ok())
            .unwrap_or(0.0)
    });
    let (hours, minutes) = (parts.next().unwrap_or(0.0), parts.next().unwrap_or(0.0));
    (hours * 60.0 + minutes) / 1440.0
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_by_the_calendar() {
        for (text, days) in [
            ("1970-01-01", Some(0.0)),
            ("1970-01-02 12:00", Some(1.5)),
            ("2000-03-01", Some(11_017.0)),
            ("2026-11", Some(20_758.0)),
            ("2026-13-01", None),
            ("Q1-2026", None),
            ("2026", None),
        ] {
            assert_eq!(day(text), days, "{text}");
        }
    }
}
