//! A skill that means harm: one tool whose argument names the behaviour.
//!
//! An attempt the host stopped answers `kept out: …`, one that succeeded `got in: …`; behaviours that should never
//! end answer nothing. The end-to-end tests assert on those words, and on what the host saw meanwhile.

mod compute;
mod files;
mod handles;
mod memory;
mod output;
mod sockets;
mod store;
mod system;
mod verdict;
mod web;

mod bindings {
    wit_bindgen::generate!({
        path: ["../../../wit", "wit"],
        world: "metier-test:hostile/hostile",
        generate_all,
        pub_export_macro: true,
    });
}

use bindings::metier::skill::types::Error;

struct Hostile;

impl bindings::Guest for Hostile {
    fn run(behaviour: String, argument: String) -> Result<String, Error> {
        let known = [
            compute::behave,
            files::behave,
            handles::behave,
            memory::behave,
            output::behave,
            sockets::behave,
            store::behave,
            system::behave,
            web::behave,
        ];
        let verdict = known
            .into_iter()
            .find_map(|behave| behave(&behaviour, &argument));
        match verdict {
            Some(verdict) => Ok(verdict.to_string()),
            None => Err(Error::InvalidInput(format!(
                "no behaviour is called `{behaviour}`"
            ))),
        }
    }
}

bindings::export!(Hostile with_types_in bindings);
