//! The bench's typed skill.

wit_bindgen::generate!({ path: ["../../../wit", "wit"], world: "metier:bench/bench", generate_all });

use metier::skill::fetch::{Request, fetch};

struct Bench;

impl Guest for Bench {
    fn summarize(items: Vec<Item>) -> Result<Summary, Error> {
        let longest = items
            .iter()
            .map(|item| &item.name)
            .max_by_key(|name| name.len())
            .cloned();
        Ok(Summary {
            count: items.len() as u32,
            total: items.iter().map(|item| item.amount).sum(),
            longest: longest.ok_or_else(|| Error::InvalidInput("no items".into()))?,
        })
    }

    fn scan(text: String) -> Result<Summary, Error> {
        let longest = text
            .split(' ')
            .max_by_key(|word| word.len())
            .unwrap_or_default();
        Ok(Summary {
            count: text.split(' ').count() as u32,
            total: text.len() as f64,
            longest: longest.to_owned(),
        })
    }

    fn wait(url: String) -> Result<u16, Error> {
        let request = Request {
            method: "GET".into(),
            url,
            headers: Vec::new(),
            body: None,
            timeout_ms: None,
            follow_redirects: 0,
        };
        fetch(&request)
            .map(|response| response.status)
            .map_err(|error| Error::Unavailable(format!("{error:?}")))
    }

    fn spin() {
        loop {
            std::hint::spin_loop();
        }
    }

    fn work(rounds: u32) -> u32 {
        (0..rounds).fold(1, |hash: u32, round| {
            std::hint::black_box(hash.rotate_left(5) ^ round).wrapping_mul(0x27d4_eb2d)
        })
    }
}

export!(Bench);
