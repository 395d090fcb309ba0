//! `metier search`

use serde_json::{Value, json};

use super::{account::show, session::Session};
use crate::{
    args::market_client::Search,
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    printer::Format,
    text,
};

/// Searches.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Search) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    let words = args.words.join(" ");
    commands::runtime()?.block_on(async {
        let client = session.market().await?;
        let mut query = vec![("q", words.as_str())];
        if let Some(capability) = &args.capability {
            query.push(("capability", capability));
        }
        if let Some(kind) = &args.kind {
            query.push(("kind", kind.as_str()));
        }
        let found = client.search(&query).await?;
        if app.printer.format == Format::Json {
            app.print(&format!("{found}\n"))?;
            return Ok(Exit::Ok);
        }
        if let Some(corrected) = found["corrected"].as_str() {
            let corrected = text::one_line(corrected);
            app.printer.note(&format!("Searched for `{corrected}`."));
        }
        let skills = found["skills"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let rows: Vec<Value> = skills.iter().map(row).collect();
        show(app, &json!(rows), "Nothing was found.")
    })
}

fn row(skill: &Value) -> Value {
    let price = match skill["paid"].as_bool() {
        Some(true) => "paid",
        _ => "free",
    };
    json!({
        "name": skill["name"],
        "version": skill["version"],
        "kind": skill["kind"].as_str().unwrap_or("skill"),
        "price": price,
        "description": skill["description"],
    })
}
