//! The story in the rows of a query: what was won, what was lost, what is open.

use serde_json::Value;

/// Deals that a story names.
const NAMED: usize = 3;

/// One opportunity, as far as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deal {
    pub name: String,
    pub account: String,
    pub amount: f64,
    pub stage: String,
    pub closes: String,
}

/// What a review says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Story {
    pub title: String,
    pub summary: String,
    pub points: Vec<String>,
    /// The largest first.
    pub deals: Vec<Deal>,
    /// Stage and sum, in the order of the first deal of each.
    pub stages: Vec<(String, f64)>,
}

impl Story {
    /// Of the first table in a text.
    pub(super) fn found_in(text: &str) -> Option<Self> {
        let braces = text.match_indices('{');
        let tables = braces.filter_map(|(at, _)| {
            let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
            let value = values.next()?.ok()?;
            value.get("columns")?.is_array().then_some(value)
        });
        tables.map(|table| Self::of(&table)).next()
    }

    /// Of `{"columns": […], "rows": [[…]]}`.
    pub(super) fn of(table: &Value) -> Self {
        let mut deals = deals(table);
        deals.sort_by(|a, b| b.amount.total_cmp(&a.amount).then(a.name.cmp(&b.name)));
        let mut stages: Vec<(String, f64)> = Vec::new();
        for deal in &deals {
            match stages.iter_mut().find(|(stage, _)| *stage == deal.stage) {
                Some((_, sum)) => *sum += deal.amount,
                None => stages.push((deal.stage.clone(), deal.amount)),
            }
        }
        let of = |stage: &str| sum(&deals, |deal| deal.stage == stage);
        let (won, lost) = (of("Closed Won"), of("Closed Lost"));
        let open = sum(&deals, |deal| !deal.stage.starts_with("Closed"));
        let title = format!("{} won, {} still open", money(won.1), money(open.1));
        let largest = deals
            .first()
            .map(|deal| format!(" The largest is {} with {}.", deal.name, money(deal.amount)));
        let summary = format!(
            "{} opportunities close in the quarter. {} of them are won, worth {}; {} are lost, worth {}; {} worth {} are open.{}",
            deals.len(),
            won.0,
            money(won.1),
            lost.0,
            money(lost.1),
            open.0,
            money(open.1),
            largest.unwrap_or_default(),
        );
        let mut points = vec![
            format!("**{}** won in {} deals", money(won.1), won.0),
            format!("**{}** lost in {} deals", money(lost.1), lost.0),
            format!("**{}** open in {} deals", money(open.1), open.0),
        ];
        let named = deals.iter().take(NAMED);
        points.extend(
            named.map(|deal| format!("{}: {}, {}", deal.name, money(deal.amount), deal.stage)),
        );
        Self {
            title,
            summary,
            points,
            deals,
            stages,
        }
    }
}

fn deals(table: &Value) -> Vec<Deal> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let columns = list(&table["columns"]);
    let place = |name: &str| columns.iter().position(|column| column == name);
    let places = ["Name", "Account.Name", "Amount", "StageName", "CloseDate"].map(place);
    let deal = |row: &Value| {
        let cells = places.map(|place| match place.and_then(|place| row.get(place)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        });
        let [name, account, amount, stage, closes] = cells;
        let amount = amount.parse().unwrap_or_default();
        Deal {
            name,
            account,
            amount,
            stage,
            closes,
        }
    };
    list(&table["rows"]).iter().map(deal).collect()
}

/// How many, and what they are worth together.
fn sum(deals: &[Deal], counts: impl Fn(&Deal) -> bool) -> (usize, f64) {
    let counted = deals.iter().filter(|deal| counts(deal));
    counted.fold((0, 0.0), |(count, sum), deal| {
        (count + 1, sum + deal.amount)
    })
}

/// `$1,234,567`
fn money(amount: f64) -> String {
    let digits = format!("{amount:.0}");
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("${grouped}")
}
