//! `metier models list`: the candidates of every route.

use metier_agent::routes::{Candidate, NanoDollars, Price, Route};
use serde_json::{Value, json};

use super::{Answered, Bench, says, table};
use crate::{commands::App, errors::Failure, exit::Exit, printer::Format};

/// Answers that are long enough for one word, whatever a model thinks first.
const ONE_WORD: u32 = 256;

/// One line: a candidate of a route.
struct Line<'r> {
    route: &'r str,
    candidate: &'r Candidate,
    price: Option<&'r Price>,
    state: String,
}

pub(super) async fn run(app: &App, bench: &Bench, ask: bool) -> Result<Exit, Failure> {
    let mut routes = Vec::new();
    for name in bench.routes.routes.keys() {
        let route = bench.route(name)?;
        let answers = match ask {
            true => {
                let request = says(None, "Answer with the one word: ready", ONE_WORD);
                bench.ask_all(route.clone(), request).await
            }
            false => Vec::new(),
        };
        routes.push((route, answers));
    }
    let lines: Vec<Line<'_>> = routes
        .iter()
        .flat_map(|(route, answers)| lines(app, bench, route, answers))
        .collect();
    let text = match app.printer.format {
        Format::Json => format!("{}\n", Value::Array(lines.iter().map(data).collect())),
        Format::Human => drawn(app, &lines),
    };
    app.print(&text)?;
    Ok(Exit::Ok)
}

fn lines<'r>(app: &App, bench: &'r Bench, route: &'r Route, answers: &[Answered]) -> Vec<Line<'r>> {
    let candidates = route.candidates.iter().enumerate();
    let line = candidates.map(|(at, candidate)| Line {
        route: &route.name,
        candidate,
        price: bench.prices.of(candidate),
        state: match answers.get(at) {
            Some((_, Ok(answer))) => format!("answers in {} ms", answer.latency_ms),
            Some((_, Err(failure))) => failure.message.clone(),
            None => state(app, bench, route, candidate),
        },
    });
    line.collect()
}

/// What is known without asking: a key that is missing, a rule it does not fit.
fn state(app: &App, bench: &Bench, route: &Route, candidate: &Candidate) -> String {
    if let Some(variable) = missing_key(app, bench, candidate) {
        return format!("lacks its key: {variable} is not set");
    }
    let question = bench.question(route.clone(), says(None, "", 1));
    let selection = bench.routed.selection(&question);
    let mut left_out = selection.left_out.iter();
    match left_out.find(|(name, _)| *name == candidate.name) {
        Some((_, why)) => why.to_string(),
        None => "ready".to_owned(),
    }
}

fn missing_key<'b>(app: &App, bench: &'b Bench, candidate: &Candidate) -> Option<&'b str> {
    let variable = bench.routes.variable(candidate.credential.as_ref()?)?;
    let value = app.environment.secret(variable);
    value.is_none().then_some(variable)
}

fn data(line: &Line<'_>) -> Value {
    let Candidate {
        name,
        format,
        model,
        base_url,
        region,
        residency,
        context,
        max_output,
        features,
        tags,
        ..
    } = line.candidate;
    json!({
        "route": line.route, "candidate": name, "format": format, "model": model, "base-url": base_url,
        "region": region, "residency": residency, "context": context, "max-output": max_output,
        "features": features, "tags": tags, "price": line.price, "state": line.state,
    })
}

fn drawn(app: &App, lines: &[Line<'_>]) -> String {
    let columns = [
        "route",
        "candidate",
        "model",
        "$/M in",
        "$/M out",
        "context",
        "answer",
        "features",
        "state",
    ];
    let rows = lines.iter().map(|line| {
        let Candidate {
            name,
            model,
            context,
            max_output,
            features,
            ..
        } = line.candidate;
        let price = |of: fn(&Price) -> u64| {
            line.price
                .map_or_else(|| "?".to_owned(), |price| dollars(of(price)))
        };
        let features: Vec<&str> = features.iter().map(|feature| feature.as_str()).collect();
        [
            line.route.to_owned(),
            name.clone(),
            model.clone(),
            price(|price| price.input),
            price(|price| price.output),
            thousands(*context),
            thousands((*max_output).into()),
            features.join(" "),
            line.state.clone(),
        ]
    });
    table(app, &columns, rows)
}

/// `3.00`: nano-dollars per million tokens as dollars.
fn dollars(nanos: u64) -> String {
    let text = NanoDollars(nanos).to_string();
    text.trim_start_matches('$').to_owned()
}

/// `200k`
fn thousands(tokens: u64) -> String {
    match tokens {
        0..1_000 => tokens.to_string(),
        1_000..1_000_000 => format!("{}k", tokens / 1_000),
        _ => format!("{}M", tokens / 1_000_000),
    }
}
