//! Arguments of about 100 bytes and of about 10 KB.

use serde::Serialize;

/// What `summarize` takes.
#[derive(Serialize, Clone)]
pub struct Arguments {
    /// Items to add up.
    pub items: Vec<Item>,
}

/// One item.
#[derive(Serialize, Clone, wasmtime::component::ComponentType, wasmtime::component::Lower)]
#[component(record)]
pub struct Item {
    /// A name.
    pub name: String,
    /// An amount.
    pub amount: f64,
    /// Some tags.
    pub tags: Vec<String>,
}

impl Arguments {
    /// Arguments whose JSON has at least `bytes` bytes.
    pub fn of_size(bytes: usize) -> Arguments {
        let mut arguments = Arguments { items: Vec::new() };
        while arguments.items.is_empty() || arguments.json().len() < bytes {
            let number = arguments.items.len();
            arguments.items.push(Item {
                name: format!("opportunity {number:04}"),
                amount: 1_000.5 * number as f64,
                tags: vec!["emea".into(), "renewal".into()],
            });
        }
        arguments
    }

    /// A text of about the same size.
    pub fn text(&self) -> String {
        let size = self.json().len();
        "opportunity knocks softly "
            .chars()
            .cycle()
            .take(size)
            .collect()
    }

    /// As a host is asked.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
