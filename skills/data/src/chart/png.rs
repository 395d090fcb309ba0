//! Pixels from SVG, with a font that comes with the skill: there are none in the sandbox.

use std::{collections::BTreeSet, sync::Arc};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb},
};

use crate::bindings::metier::skill::types::Error;

/// Latin, Greek and Cyrillic letters of Arimo, which are as wide as those of Arial; see `fonts/make.py`.
const REGULAR: &[u8] = include_bytes!("../../fonts/sans-regular.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/sans-bold.ttf");

/// What the font calls itself.
const FAMILY: &str = "Metier Sans";

/// Pixels of the picture for each of the chart: sharp on the screens people have.
const SCALE: f32 = 2.0;

/// The bytes of the file.
pub fn pixels(svg: &str) -> Result<Vec<u8>, Error> {
    let fault = |what: &str| Error::Internal(format!("the picture cannot be made: {what}"));
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    // Words without a font are left out in silence.
    if fonts.len() != 2 {
        return Err(fault("its fonts cannot be read"));
    }
    fonts.set_sans_serif_family(FAMILY);
    let options = Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| fault(&error.to_string()))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(SCALE)
        .ok_or_else(|| fault("it has no size"))?;
    let mut pixels =
        Pixmap::new(size.width(), size.height()).ok_or_else(|| fault("it has no size"))?;
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixels.as_mut(),
    );
    pixels
        .encode_png()
        .map_err(|error| fault(&error.to_string()))
}

/// Most letters that are listed.
const LISTED: usize = 10;

/// Letters the font has shapes for, from one to another, and signs; what `fonts/make.py` keeps.
const LETTERS: [(u32, u32); 8] = [
    (0x0a, 0x7e),
    (0xa0, 0x17f),
    (0x218, 0x21b),
    (0x384, 0x3ce),
    (0x400, 0x45f),
    (0x490, 0x491),
    (0x1e9e, 0x1e9e),
    (0x2190, 0x2193),
];
const SIGNS: &str = "–—‘’‚“”„†•…‰‹›€₤₽™−≈≠≤≥Ω∑√∞";

/// Which letters the font has no shapes for.
pub fn remark(svg: &str) -> Option<String> {
    let has = |letter: char| {
        SIGNS.contains(letter)
            || LETTERS
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&letter.into()))
    };
    let missing: BTreeSet<char> = svg.chars().filter(|letter| !has(*letter)).collect();
    if missing.is_empty() {
        return None;
    }
    let some: String = missing.iter().take(LISTED).collect();
    Some(format!(
        "the PNG has no shapes for {} letters ({some}); an SVG shows them",
        missing.len()
    ))
}
