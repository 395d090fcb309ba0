//! SVG, written by hand: shapes, words, and how wide words are.

use std::fmt::Write;

/// Fonts of the same widths first, then what is there.
const FONTS: &str = "'Liberation Sans', Arial, Helvetica, sans-serif";

/// Widths of the letters from space to tilde in Helvetica and its kin, in thousandths of the size.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// Text in black, softer, and softer still.
pub const INK: &str = "#1c2530";
pub const SOFT: &str = "#5a6572";
pub const RULE: &str = "#e4e8ec";

/// Where words stand to their place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Anchor {
    /// They begin there.
    Start,
    /// They are around it.
    Middle,
    /// They end there.
    End,
}

/// How words look.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Size in pixels.
    pub size: f64,
    /// Colour.
    pub fill: &'static str,
    /// Where they stand.
    pub anchor: Anchor,
    /// Whether they are bold.
    pub bold: bool,
}

impl Style {
    /// Plain words of this size.
    pub fn new(size: f64, fill: &'static str, anchor: Anchor) -> Style {
        Style {
            size,
            fill,
            anchor,
            bold: false,
        }
    }
}

/// A picture in the making.
pub struct Canvas {
    body: String,
    width: f64,
    height: f64,
}

impl Canvas {
    /// White, with words for those who do not see it.
    pub fn new((width, height): (f64, f64), title: &str, description: &str) -> Canvas {
        let (w, h) = (number(width), number(height));
        let body = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" font-family=\"{FONTS}\">\n<title>{}</title>\n<desc>{}</desc>\n<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n",
            escaped(title),
            escaped(description)
        );
        Canvas {
            body,
            width,
            height,
        }
    }

    /// Its width and height.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// Words on one line, at their baseline.
    pub fn text(&mut self, x: f64, y: f64, words: &str, style: Style) {
        self.turned(x, y, words, style, 0.0);
    }

    /// Words turned around their place, in degrees.
    pub fn turned(&mut self, x: f64, y: f64, words: &str, style: Style, degrees: f64) {
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let bold = if style.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        let (x, y) = (number(x), number(y));
        let turn = match degrees == 0.0 {
            true => String::new(),
            false => format!(" transform=\"rotate({} {x} {y})\"", number(degrees)),
        };
        self.put(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"{anchor}{bold}{turn}>{}</text>",
            number(style.size),
            style.fill,
            escaped(words)
        ));
    }

    /// A filled rectangle, with what a reader is told who points at it.
    pub fn bar(&mut self, (x, y, width, height): (f64, f64, f64, f64), fill: &str, told: &str) {
        let (x, y, width, height) = (number(x), number(y), number(width), number(height));
        let told = match told.is_empty() {
            true => "/>".to_owned(),
            false => format!("><title>{}</title></rect>", escaped(told)),
        };
        self.put(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"{told}"
        ));
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), color: &str) {
        self.put(format_args!(
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{color}\" stroke-width=\"1\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        ));
    }

    /// A dot.
    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, fill: &str, opacity: f64, told: &str) {
        self.put(format_args!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{fill}\" fill-opacity=\"{}\"><title>{}</title></circle>",
            number(x),
            number(y),
            number(radius),
            number(opacity),
            escaped(told)
        ));
    }

    /// A path with other attributes as they stand.
    pub fn path(&mut self, path: &str, attributes: &str, told: &str) {
        self.put(format_args!(
            "<path d=\"{path}\" {attributes}><title>{}</title></path>",
            escaped(told)
        ));
    }

    /// The file.
    pub fn finish(self) -> String {
        self.body + "</svg>\n"
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.body, "{element}");
    }
}

/// A place, to a hundredth of a pixel.
pub fn number(value: f64) -> String {
    let words = format!("{value:.2}");
    let words = words.trim_end_matches('0').trim_end_matches('.');
    match words {
        "-0" => "0".to_owned(),
        words => words.to_owned(),
    }
}

/// How wide words are in this size, about.
pub fn width(words: &str, size: f64) -> f64 {
    let letter = |letter: char| -> f64 {
        let place = (letter as usize).checked_sub(' ' as usize);
        match place.and_then(|place| WIDTHS.get(place)) {
            Some(width) => f64::from(*width),
            // Chinese, Japanese, Korean and pictures are square.
            None if letter >= '\u{1100}' => 1000.0,
            None => 580.0,
        }
    };
    words.chars().map(letter).sum::<f64>() * size / 1000.0
}

/// Words cut off with an ellipsis where they are wider than this.
pub fn cut(words: &str, size: f64, most: f64) -> String {
    if width(words, size) <= most {
        return words.to_owned();
    }
    let mut kept = String::new();
    for letter in words.chars() {
        if width(&kept, size) + width("…", size) + width(letter.encode_utf8(&mut [0; 4]), size)
            > most
        {
            break;
        }
        kept.push(letter);
    }
    format!("{}…", kept.trim_end())
}

/// Words on lines of at most this width, at most so many; the last is cut off.
pub fn wrapped(words: &str, size: f64, most: f64, lines: usize) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in words.split_whitespace() {
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if width(&longer, size) <= most || line.is_empty() || done.len() + 1 == lines {
            line = longer;
        } else {
            done.push(std::mem::replace(&mut line, word.to_owned()));
        }
    }
    done.push(line);
    done.iter().map(|line| cut(line, size, most)).collect()
}

/// For XML, which has no place for control characters either.
fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\n' | '\t' | '\r' => text.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => text.push(letter),
        }
    }
    text
}
