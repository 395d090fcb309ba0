//! Every WIT type, given back as it came.

use crate::Skill;
use crate::exports::metier::conformance::values::{
    Colour, Figure, Floats, Guest, Integers, Person, Results, Rights,
};

type Nested = (Vec<Figure>, Option<Rights>, Vec<Person>);

/// `name: Type` → a function of that name that gives its argument back.
macro_rules! identity {
    ($($name:ident: $type:ty,)*) => {
        $(fn $name(value: $type) -> $type {
            value
        })*
    };
}

impl Guest for Skill {
    identity! {
        echo_bool: bool,
        echo_integers: Integers,
        echo_floats: Floats,
        echo_char: char,
        echo_string: String,
        echo_bytes: Vec<u8>,
        echo_list: Vec<Vec<String>>,
        echo_tuple: (String, u8, bool),
        echo_record: Person,
        echo_variant: Figure,
        echo_enum: Colour,
        echo_flags: Rights,
        echo_option: Option<String>,
        echo_option_twice: Option<Option<u32>>,
        echo_results: Results,
    }

    fn echo_nested(figures: Vec<Figure>, rights: Option<Rights>, people: Vec<Person>) -> Nested {
        (figures, rights, people)
    }

    fn swap_people(first: Person, second: Person) -> (Person, Person) {
        (second, first)
    }

    fn nothing() {}

    fn give_both(fail: bool) -> Result<u32, String> {
        if fail { Err("no".to_owned()) } else { Ok(7) }
    }

    fn give_ok_only(fail: bool) -> Result<u32, ()> {
        if fail { Err(()) } else { Ok(7) }
    }

    fn give_err_only(fail: bool) -> Result<(), String> {
        if fail { Err("no".to_owned()) } else { Ok(()) }
    }

    fn give_neither(fail: bool) -> Result<(), ()> {
        if fail { Err(()) } else { Ok(()) }
    }
}
