//! `metier models`: which models can be asked, and what each answers.

mod compare;
mod list;

use std::{path::Path, sync::Arc};

use metier_agent::{
    models::{Answer, Deaf, Message, ModelFailure, ModelRequest, Question, Role, Routed},
    routes::{PriceTable, Route, Routes},
};
use metier_core::{Code, Fault};

use super::runs::models as runs_models;
use crate::{
    args::models::{Models as Args, ModelsAction},
    commands::App,
    errors::{Failure, sentence},
    exit::Exit,
    render::{Cell, Table, View, draw},
};

/// Does what was asked with models.
pub fn run(app: &App, args: &Args) -> Result<Exit, Failure> {
    let bench = Bench::of(app, args)?;
    crate::commands::runtime()?.block_on(async {
        match &args.action {
            ModelsAction::List { ask } => list::run(app, &bench, *ask).await,
            ModelsAction::Try {
                prompt,
                route,
                system,
                max_tokens,
            } => {
                let asked = compare::Asked {
                    prompt,
                    system: system.as_deref(),
                    max_tokens: *max_tokens,
                };
                compare::run(app, &bench, route, &asked).await
            }
        }
    })
}

/// The routes file, today's prices, and the way to the providers.
struct Bench {
    routes: Routes,
    prices: Arc<PriceTable>,
    routed: Routed,
}

impl Bench {
    fn of(app: &App, args: &Args) -> Result<Bench, Failure> {
        let (routes, home) = runs_models::routes(args.routes.as_deref(), Path::new(""))?;
        if routes.routes.is_empty() {
            let message = "There is no route: this folder has no routes.toml.";
            let fault = Fault::new(Code::NotFound, message);
            return Err(fault
                .with_hint("Name the file with `--routes FILE`.")
                .into());
        }
        Ok(Bench {
            prices: Arc::new(runs_models::prices(args.prices.as_deref())?),
            routed: runs_models::routed(app, &args.vault, &routes, home)?,
            routes,
        })
    }

    fn route(&self, name: &str) -> Result<Route, Failure> {
        self.routes.route(name).map_err(|error| {
            let fault = Fault::new(Code::InvalidArguments, sentence(&error.to_string()));
            fault
                .with_hint("`metier models list` shows the routes.")
                .into()
        })
    }

    fn question(&self, route: Route, request: ModelRequest) -> Question {
        Question {
            step: "try".to_owned(),
            route: Arc::new(route),
            prices: self.prices.clone(),
            needs: Default::default(),
            request,
        }
    }

    /// Every candidate's answer, in the route's order.
    async fn ask_all(&self, route: Route, request: ModelRequest) -> Vec<Answered> {
        let question = self.question(route, request);
        self.routed.try_side_by_side(&question, &Deaf).await
    }
}

/// A candidate's name, and what came of asking it.
type Answered = (String, Result<Answer, ModelFailure>);

fn says(system: Option<&str>, prompt: &str, max_tokens: u32) -> ModelRequest {
    let system = system.map(|text| Message::text(Role::System, text));
    let mut messages: Vec<Message> = system.into_iter().collect();
    messages.push(Message::text(Role::User, prompt));
    ModelRequest {
        messages,
        max_tokens: Some(max_tokens),
        ..ModelRequest::default()
    }
}

/// A table of texts from the routes file and from providers.
fn table<const N: usize>(
    app: &App,
    columns: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let cells = |row: [String; N]| {
        row.map(|cell| Cell::text(crate::text::one_line(&cell)))
            .to_vec()
    };
    let table = Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.map(cells).collect(),
    };
    let sheet = View::Sheet(Vec::new(), Some(table));
    draw(&sheet, &app.printer.terminal.stdout)
}
