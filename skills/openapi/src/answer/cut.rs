//! A large JSON value cut to a size: fewer elements first, then shorter texts and fewer members.

use serde_json::{Map, Value as Json};

/// A value small enough.
pub struct Cut {
    /// What is left.
    pub value: Json,
    /// What is not, in words.
    pub left_out: String,
}

/// How much of each part is left.
#[derive(Clone, Copy)]
struct Measure {
    /// Elements of each list.
    elements: usize,
    /// Members of each object.
    members: usize,
    /// Characters of each text.
    characters: usize,
}

/// Tried in this order, each with as many elements as fit: members of an object, characters of a text.
const STEPS: [(usize, usize); 6] = [
    (usize::MAX, usize::MAX),
    (1_000, 2_000),
    (200, 1_000),
    (50, 300),
    (20, 100),
    (5, 40),
];

/// Most lists, objects and texts whose loss is told one by one.
const MAX_TOLD: usize = 8;

/// `value` in at most `max` bytes of JSON text.
pub fn to_fit(value: Json, max: usize) -> Cut {
    if let Json::String(text) = &value {
        return cut_text(text, max);
    }
    for (members, characters) in STEPS {
        let measure = |elements| Measure {
            elements,
            members,
            characters,
        };
        let fits = |elements| size(&value, measure(elements), max).is_some();
        if !fits(1) {
            continue;
        }
        // The most elements that fit: every list is cut to as many.
        let (mut least, mut most) = (1, max);
        while least < most {
            let middle = least + (most - least).div_ceil(2);
            if fits(middle) {
                least = middle;
            } else {
                most = middle - 1;
            }
        }
        let mut told = Told::default();
        let value = shortened(value, measure(least), &mut String::new(), &mut told);
        return Cut {
            value,
            left_out: told.sentence(),
        };
    }
    Cut {
        value: Json::Null,
        left_out: "none of it can be shown".to_owned(),
    }
}

fn cut_text(text: &str, max: usize) -> Cut {
    // A character takes up to six bytes when it is escaped; the quotes take two.
    let mut bytes = 2;
    let fits = |char: &char| {
        bytes += escaped(*char);
        bytes <= max
    };
    let start: String = text.chars().take_while(fits).collect();
    Cut {
        left_out: format!(
            "these are the first {} of {} characters",
            start.chars().count(),
            text.chars().count()
        ),
        value: Json::String(start),
    }
}

/// How many bytes a character takes in JSON text.
fn escaped(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{C}' => 2,
        control if u32::from(control) < 0x20 => 6,
        other => other.len_utf8(),
    }
}

/// The bytes of JSON text of the value cut to `measure`; `None` above `max`, as soon as that is known.
fn size(value: &Json, measure: Measure, max: usize) -> Option<usize> {
    let size = match value {
        Json::Null => 4,
        Json::Bool(_) => 5,
        Json::Number(number) => number.as_str().len(),
        Json::String(text) => text_size(text, measure.characters, max),
        Json::Array(elements) => {
            let mut size = 2;
            for element in elements.iter().take(measure.elements) {
                size += 1 + self::size(element, measure, max.checked_sub(size)?)?;
            }
            size
        }
        Json::Object(members) => {
            let mut size = 2;
            for (name, value) in members.iter().take(measure.members) {
                size += 2 + text_size(name, usize::MAX, max);
                size += self::size(value, measure, max.checked_sub(size)?)?;
            }
            size
        }
    };
    (size <= max).then_some(size)
}

fn text_size(text: &str, characters: usize, max: usize) -> usize {
    let mut size = 2;
    for char in text.chars().take(characters) {
        size += escaped(char);
        if size > max {
            break;
        }
    }
    size
}

#[derive(Default)]
struct Told {
    losses: Vec<String>,
    more: usize,
}

impl Told {
    fn tell(&mut self, at: &str, left: usize, of: usize, what: &str) {
        if left >= of {
            return;
        }
        if self.losses.len() == MAX_TOLD {
            self.more += 1;
            return;
        }
        let at = if at.is_empty() { "the answer" } else { at };
        self.losses
            .push(format!("{at} has the first {left} of {of} {what}"));
    }

    fn sentence(&self) -> String {
        let more = match self.more {
            0 => String::new(),
            more => format!(", and {more} more places are cut"),
        };
        format!("{}{more}", self.losses.join(", "))
    }
}

/// `at` is where the value is: `issues[0].fields`.
fn shortened(value: Json, measure: Measure, at: &mut String, told: &mut Told) -> Json {
    let here = at.len();
    match value {
        Json::String(text) => {
            let characters = text.chars().count();
            told.tell(
                at,
                measure.characters.min(characters),
                characters,
                "characters",
            );
            Json::String(text.chars().take(measure.characters).collect())
        }
        Json::Array(elements) => {
            told.tell(
                at,
                measure.elements.min(elements.len()),
                elements.len(),
                "elements",
            );
            let mut left = Vec::new();
            for (number, element) in elements.into_iter().take(measure.elements).enumerate() {
                at.push_str(&format!("[{number}]"));
                left.push(shortened(element, measure, at, told));
                at.truncate(here);
            }
            Json::Array(left)
        }
        Json::Object(members) => {
            told.tell(
                at,
                measure.members.min(members.len()),
                members.len(),
                "members",
            );
            let mut left = Map::new();
            for (name, value) in members.into_iter().take(measure.members) {
                let dot = if here == 0 { "" } else { "." };
                at.push_str(&format!("{dot}{}", crate::arguments::shown(&name)));
                left.insert(name, shortened(value, measure, at, told));
                at.truncate(here);
            }
            Json::Object(left)
        }
        scalar => scalar,
    }
}
