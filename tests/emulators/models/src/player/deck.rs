//! The deck of a story, as `powerpoint.create` takes it.

use serde_json::{Value, json};

use super::facts::Facts;
use super::story::{Deal, Story};

/// Deals in the table: what fits on one slide.
const ROWS: usize = 8;

pub(super) fn arguments(facts: &Facts, story: &Story) -> Value {
    let quarter = &facts.quarter;
    let mut slides = vec![
        json!({ "title": story.title, "subtitle": format!("Account review {quarter}"), "body": { "cover": {} } }),
        json!({ "title": story.title, "body": { "bullets": story.points }, "source": "Salesforce" }),
    ];
    if !story.deals.is_empty() {
        slides.push(chart(story));
        slides.push(table(story));
    }
    json!({ "deck": {
        "title": format!("Account review {quarter}"),
        "file-name": file_name(facts),
        "slides": slides,
    } })
}

pub(super) fn file_name(facts: &Facts) -> String {
    format!("review-{}.pptx", facts.quarter)
}

fn chart(story: &Story) -> Value {
    let names: Vec<&str> = story
        .stages
        .iter()
        .map(|(stage, _)| stage.as_str())
        .collect();
    let sums: Vec<f64> = story.stages.iter().map(|(_, sum)| *sum).collect();
    json!({ "title": "Where the money is, by stage", "source": "Salesforce", "body": { "chart": {
        "kind": "column", "categories": names, "number-format": "$#,##0",
        "series": [{ "name": "Amount", "values": sums }],
    } } })
}

fn table(story: &Story) -> Value {
    let row = |deal: &Deal| {
        [
            deal.name.clone(),
            deal.account.clone(),
            format!("{:.0}", deal.amount),
            deal.stage.clone(),
            deal.closes.clone(),
        ]
    };
    let rows: Vec<_> = story.deals.iter().take(ROWS).map(row).collect();
    json!({ "title": "The largest opportunities", "source": "Salesforce", "body": { "table": {
        "columns": [
            { "header": "Opportunity" }, { "header": "Account" },
            { "header": "Amount", "number-format": "$#,##0" }, { "header": "Stage" }, { "header": "Closes" },
        ],
        "rows": rows,
    } } })
}
