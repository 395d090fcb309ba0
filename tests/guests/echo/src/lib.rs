//! Identity functions over every WIT type, and a greeting.

wit_bindgen::generate!({
    path: ["../../../wit", "wit"],
    world: "metier-test:echo/echo",
    generate_all,
});

use exports::metier_test::echo::shapes;
use metier::skill::types::Error;
use shapes::{Colour, Figure, Numbers, Person, Rights};

struct Echo;

type Outcomes = Vec<Result<Option<Result<(), String>>, ()>>;
type Everything = (Vec<Figure>, Option<Rights>, Vec<Person>);

/// `name: Type` → a function of that name that gives its argument back.
macro_rules! identity {
    ($($name:ident: $type:ty,)*) => {
        $(fn $name(value: $type) -> $type {
            value
        })*
    };
}

impl Guest for Echo {
    fn greet(name: String) -> String {
        format!("Hello, {name}!")
    }
}

impl shapes::Guest for Echo {
    identity! {
        echo_numbers: Numbers,
        echo_person: Person,
        echo_colour: Colour,
        echo_figure: Figure,
        echo_rights: Rights,
        echo_s8: i8,
        echo_u16: u16,
        echo_s32: i32,
        echo_u32: u32,
        echo_s64: i64,
        echo_u64: u64,
        echo_f32: f32,
        echo_f64: f64,
        echo_letter: char,
        echo_yes: bool,
        echo_text: String,
        echo_bytes: Vec<u8>,
        echo_lists: Vec<Vec<u32>>,
        echo_pair: (String, u8, bool),
        echo_maybe: Option<String>,
        echo_maybe_twice: Option<Option<u32>>,
        echo_outcome: (Result<u32, String>,),
        echo_outcome_nested: Outcomes,
        unwrap: Result<u32, String>,
    }

    fn echo_everything(
        figures: Vec<Figure>,
        rights: Option<Rights>,
        people: Vec<Person>,
    ) -> Everything {
        (figures, rights, people)
    }

    fn fail(error: Error) -> Result<u32, Error> {
        Err(error)
    }

    fn nothing() {}
}

export!(Echo);
