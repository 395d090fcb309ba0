//! Charts of query results: one plain look, so that two hundred of them are one company's.
//!
//! [`data`] takes the rows apart, [`scale`] finds round numbers for the axes, [`page`] places title, legend and axes, [`bars`],
//! [`lines`] and [`pie`] draw, [`canvas`] writes SVG, and [`png`] makes pixels of it.

mod bars;
mod canvas;
mod data;
mod lines;
mod page;
mod pie;
mod png;
mod scale;

use crate::{
    bindings::{Chart, ChartKind, Picture, metier::skill::types::Error},
    sql::Rows,
};

pub use data::MAX_POINTS;

/// Colours of the series, in their order: apart from each other also in grey and for most who see colours otherwise.
const COLORS: [&str; 8] = [
    "#2f6396", "#e39a4b", "#4f9d8b", "#a3527f", "#8fb3d9", "#77804a", "#c9574b", "#7c7f8a",
];

/// Width and height in pixels unless the caller says otherwise, and their ends.
const WIDTH: (u32, u32, u32) = (800, 320, 2000);
const HEIGHT: (u32, u32, u32) = (450, 240, 2000);

/// A picture.
#[derive(Debug)]
pub struct Drawn {
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// How many values are in it.
    pub points: u64,
    /// What to know about it.
    pub remarks: Vec<String>,
}

/// Draws the rows.
pub fn draw(rows: Rows, chart: &Chart) -> Result<Drawn, Error> {
    let size = (
        within("width", chart.width, WIDTH)?,
        within("height", chart.height, HEIGHT)?,
    );
    if chart.title.trim().is_empty() {
        return Err(Error::InvalidInput(
            "`title` is empty; say in it what the chart shows".to_owned(),
        ));
    }
    let plot = data::plot(rows, chart)?;
    let svg = match chart.kind {
        ChartKind::Column | ChartKind::Bar => bars::draw(&plot, chart, size),
        ChartKind::Line | ChartKind::Area | ChartKind::Scatter => lines::draw(&plot, chart, size),
        ChartKind::Pie => pie::draw(&plot, chart, size),
    };
    let mut remarks = plot.remarks.clone();
    let (bytes, media_type, extension) = match chart.format.unwrap_or(Picture::Svg) {
        Picture::Svg => (svg.into_bytes(), "image/svg+xml", "svg"),
        Picture::Png => {
            remarks.extend(png::remark(&svg));
            (png::pixels(&svg)?, "image/png", "png")
        }
    };
    Ok(Drawn {
        bytes,
        name: file_name(chart, extension),
        media_type,
        points: plot.points(),
        remarks,
    })
}

fn within(
    what: &str,
    given: Option<u32>,
    (usual, least, most): (u32, u32, u32),
) -> Result<f64, Error> {
    let number = given.unwrap_or(usual);
    match (least..=most).contains(&number) {
        true => Ok(number.into()),
        false => Err(Error::InvalidInput(format!(
            "`{what}` is {number}; it is {least} to {most}"
        ))),
    }
}

/// Longest name made from a title, in characters.
const MAX_NAME: usize = 60;

fn file_name(chart: &Chart, extension: &str) -> String {
    if let Some(name) = &chart.file_name {
        let ending = format!(".{extension}");
        return match name.to_ascii_lowercase().ends_with(&ending) {
            true => name.clone(),
            false => format!("{name}{ending}"),
        };
    }
    let letters = chart.title.chars().take(MAX_NAME);
    let dashed: String = letters
        .map(|letter| {
            if letter.is_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .flat_map(char::to_lowercase)
        .collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    match words.is_empty() {
        true => format!("chart.{extension}"),
        false => format!("{}.{extension}", words.join("-")),
    }
}

#[cfg(test)]
mod tests;
