#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::test::like;
use super::*;
use crate::org::Sizes;

const NOW: i64 = 1_795_212_505; // 2026-11-20T…

fn org() -> Org {
    Org::generate(
        7,
        NOW,
        Sizes {
            accounts: 200,
            contacts: 300,
            opportunities: 400,
            cases: 20,
        },
    )
}

fn rows(org: &Org, text: &str) -> Vec<Json> {
    let answer = query(org, text, NOW, false, "v62.0").unwrap();
    assert_eq!(answer.total, answer.rows.len());
    answer
        .rows
        .iter()
        .map(|row| serde_json::to_value(row).unwrap())
        .collect()
}

fn count(org: &Org, condition: &str) -> usize {
    query(
        org,
        &format!("SELECT COUNT() FROM Opportunity {condition}"),
        NOW,
        false,
        "v62.0",
    )
    .unwrap()
    .total
}

fn error(org: &Org, text: &str) -> ApiError {
    query(org, text, NOW, false, "v62.0").unwrap_err()
}

#[test]
fn fields_come_in_the_order_asked_with_attributes_first() {
    let org = org();
    let answer = query(
        &org,
        "select name, ID, owner.name from account limit 1",
        NOW,
        false,
        "v62.0",
    )
    .unwrap();
    let text = serde_json::to_string(&answer.rows).unwrap();
    assert!(text.starts_with(
        r#"[{"attributes":{"type":"Account","url":"/services/data/v62.0/sobjects/Account/0015g0000000001AAA"},"Name":""#
    ), "{text}");
    assert!(
        text.contains(r#""Id":"0015g0000000001AAA","Owner":{"attributes":{"type":"User""#),
        "{text}"
    );
}

#[test]
fn a_missing_parent_is_null_and_two_fields_of_one_parent_share_it() {
    let org = org();
    let orphan = &rows(
        &org,
        "SELECT Account.Name, Account.Owner.Name FROM Contact WHERE AccountId = null",
    )[0];
    assert_eq!(orphan["Account"], Json::Null);
    let child = &rows(
        &org,
        "SELECT Account.Name, Account.Owner.Name, Account.Owner.Email FROM Contact WHERE AccountId != null",
    )[0];
    assert!(child["Account"]["Name"].is_string());
    assert!(
        child["Account"]["Owner"]["Email"]
            .as_str()
            .unwrap()
            .ends_with("@acme.example")
    );
}

#[test]
fn where_filters_by_type() {
    let org = org();
    for row in rows(
        &org,
        "SELECT Amount, StageName, IsClosed FROM Opportunity WHERE Amount >= 100000.0 AND (StageName = 'closed won' OR StageName LIKE 'Pros%') AND IsClosed = true",
    ) {
        assert!(row["Amount"].as_f64().unwrap() >= 100_000.0);
        assert_eq!(
            (&row["StageName"], &row["IsClosed"]),
            (&json!("Closed Won"), &json!(true))
        );
    }
    let all = count(&org, "");
    assert_eq!(all, 400);
    assert_eq!(
        count(&org, "WHERE Amount = null") + count(&org, "WHERE Amount != null"),
        all
    );
    assert_eq!(
        count(&org, "WHERE Amount < 50000")
            + count(&org, "WHERE Amount >= 50000")
            + count(&org, "WHERE Amount = null"),
        all
    );
    assert_eq!(
        count(&org, "WHERE Account.Industry IN ('Energy', 'banking')"),
        count(
            &org,
            "WHERE Account.Industry = 'Energy' OR Account.Industry = 'Banking'"
        )
    );
    assert_eq!(
        count(&org, "WHERE StageName NOT IN ('Closed Won')"),
        all - count(&org, "WHERE StageName = 'Closed Won'")
    );
    assert_eq!(
        count(&org, "WHERE NOT (StageName = 'Closed Won')"),
        count(&org, "WHERE StageName <> 'Closed Won'")
    );
}

#[test]
fn both_forms_of_an_id_find_the_record_and_case_matters() {
    let org = org();
    let id = crate::id::make("001", 40);
    for id in [&id[..], &id[..15]] {
        assert_eq!(
            rows(&org, &format!("SELECT Id FROM Account WHERE Id = '{id}'")).len(),
            1
        );
    }
    assert_eq!(
        error(&org, "SELECT Id FROM Account WHERE Id = 'x'").code,
        "INVALID_QUERY_FILTER_OPERATOR"
    );
}

#[test]
fn date_literals_ask_the_clock() {
    let org = org();
    assert_eq!(
        count(&org, "WHERE CloseDate = THIS_QUARTER"),
        count(
            &org,
            "WHERE CloseDate >= 2026-10-01 AND CloseDate <= 2026-12-31"
        )
    );
    assert!(count(&org, "WHERE CloseDate = LAST_N_DAYS:90") > 0);
    assert_eq!(
        count(&org, "WHERE CloseDate < TODAY")
            + count(&org, "WHERE CloseDate = TODAY")
            + count(&org, "WHERE CloseDate > TODAY"),
        400
    );
    assert_eq!(count(&org, "WHERE CreatedDate = LAST_N_DAYS:1000"), 400);
    assert_eq!(count(&org, "WHERE CreatedDate < 2020-01-01T00:00:00Z"), 0);
    let later = query(
        &org,
        "SELECT COUNT() FROM Opportunity WHERE CreatedDate = TODAY",
        NOW + 900 * DAY_SECONDS,
        false,
        "v62.0",
    );
    assert_eq!(later.unwrap().total, 0);
}

#[test]
fn order_puts_nulls_where_told_and_keys_in_turn() {
    let org = org();
    let amounts = |text: &str| -> Vec<Json> {
        rows(&org, text)
            .iter()
            .map(|row| row["Amount"].clone())
            .collect()
    };
    assert_eq!(
        amounts("SELECT Amount FROM Opportunity ORDER BY Amount")[0],
        Json::Null
    );
    assert_eq!(
        amounts("SELECT Amount FROM Opportunity ORDER BY Amount DESC")[0],
        Json::Null
    );
    let last = amounts("SELECT Amount FROM Opportunity ORDER BY Amount DESC NULLS LAST");
    assert!(last[0].is_number() && last.last().unwrap().is_null());
    let numbers: Vec<f64> = last.iter().filter_map(Json::as_f64).collect();
    assert!(numbers.is_sorted_by(|left, right| left >= right));
    let two = rows(
        &org,
        "SELECT StageName, Name FROM Opportunity ORDER BY StageName ASC, Name DESC NULLS FIRST",
    );
    assert!(two.is_sorted_by(|left, right| {
        let key = |row: &Json| row["StageName"].as_str().unwrap().to_lowercase();
        key(left) < key(right)
            || key(left) == key(right)
                && left["Name"].as_str().unwrap().to_lowercase()
                    >= right["Name"].as_str().unwrap().to_lowercase()
    }));
}

#[test]
fn limit_and_offset_cut_a_window() {
    let org = org();
    let all = rows(&org, "SELECT Id FROM Account ORDER BY Name");
    assert_eq!(
        rows(
            &org,
            "SELECT Id FROM Account ORDER BY Name LIMIT 7 OFFSET 3"
        ),
        all[3..10]
    );
    assert_eq!(count(&org, "LIMIT 12"), 12);
    assert_eq!(
        error(&org, "SELECT Id FROM Account OFFSET 2001").code,
        "NUMBER_OUTSIDE_VALID_RANGE"
    );
}

#[test]
fn aggregates_agree_with_the_rows_they_are_made_of() {
    let org = org();
    let amounts: Vec<f64> = rows(&org, "SELECT Amount FROM Opportunity WHERE Amount != null")
        .iter()
        .map(|row| row["Amount"].as_f64().unwrap())
        .collect();
    let totals = &rows(
        &org,
        "SELECT COUNT(Id), COUNT(Amount) some, SUM(Amount) total, AVG(Amount), MIN(Amount), MAX(Amount) FROM Opportunity",
    )[0];
    assert_eq!(totals["attributes"], json!({"type": "AggregateResult"}));
    assert_eq!(
        (&totals["expr0"], &totals["some"]),
        (&json!(400), &json!(amounts.len()))
    );
    assert_eq!(
        totals["total"].as_f64().unwrap(),
        amounts.iter().sum::<f64>()
    );
    let groups = rows(
        &org,
        "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName ORDER BY COUNT(Id) DESC",
    );
    assert_eq!(
        groups
            .iter()
            .map(|row| row["n"].as_u64().unwrap())
            .sum::<u64>(),
        400
    );
    assert!(groups.is_sorted_by(|left, right| left["n"].as_u64() >= right["n"].as_u64()));
    for group in &groups {
        let stage = group["StageName"].as_str().unwrap();
        assert_eq!(
            u64::try_from(count(&org, &format!("WHERE StageName = '{stage}'"))).unwrap(),
            group["n"].as_u64().unwrap()
        );
    }
    let few = rows(
        &org,
        "SELECT Account.Name, COUNT(Id) n FROM Opportunity GROUP BY Account.Name HAVING COUNT(Id) > 4 LIMIT 3",
    );
    assert!(
        few.iter()
            .all(|row| row["n"].as_u64().unwrap() > 4 && row.get("Name").is_some())
    );
    let none = &rows(
        &org,
        "SELECT COUNT(Id) n, SUM(Amount) s FROM Opportunity WHERE Name = 'nothing'",
    )[0];
    assert_eq!((&none["n"], &none["s"]), (&json!(0), &Json::Null));
}

#[test]
fn errors_have_salesforces_code_words_and_place() {
    let org = org();
    let cases = [
        (
            "SELECT Foo FROM Account",
            "INVALID_FIELD",
            "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Account'.",
        ),
        (
            "SELECT Id FROM Accounts",
            "INVALID_TYPE",
            "sObject type 'Accounts' is not supported.",
        ),
        (
            "SELECT Boss.Name FROM Account",
            "INVALID_FIELD",
            "Didn't understand relationship 'Boss' in field path.",
        ),
        (
            "SELECT Id FRM Account",
            "MALFORMED_QUERY",
            "unexpected token",
        ),
        (
            "SELECT Id FROM Account WHERE",
            "MALFORMED_QUERY",
            "unexpected token: '<EOF>'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'O",
            "MALFORMED_QUERY",
            "not closed",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'a' AND Type = 'b' OR Type = 'c'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        (
            "SELECT Id FROM Account; DROP",
            "MALFORMED_QUERY",
            "unexpected character",
        ),
        (
            "SELECT Id FROM Account WHERE AnnualRevenue = '5'",
            "INVALID_FIELD",
            "must be of type double and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            "can not be filtered",
        ),
        (
            "SELECT Name, COUNT(Id) FROM Account",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT SUM(Name) FROM Account",
            "MALFORMED_QUERY",
            "does not support aggregate",
        ),
        (
            "SELECT Id FROM Account WHERE COUNT(Id) > 1",
            "MALFORMED_QUERY",
            "not allowed here",
        ),
        (
            "SELECT Id x FROM Account",
            "MALFORMED_QUERY",
            "only aggregate expressions use field aliasing",
        ),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "MALFORMED_QUERY",
            "unexpected token: '('",
        ),
        ("", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
    ];
    for (text, code, words) in cases {
        let error = error(&org, text);
        assert_eq!((error.status, error.code), (400, code), "{text}");
        assert!(error.message.contains(words), "{text}: {}", error.message);
    }
    let deep = format!(
        "SELECT Id FROM Account WHERE {}Name = 'a'{}",
        "(".repeat(5_000),
        ")".repeat(5_000)
    );
    assert_eq!(error(&org, &deep).code, "MALFORMED_QUERY");
    assert!(
        error(&org, "SELECT Id\nFROM Account\nWHERE Nope = 1")
            .message
            .contains("\nWHERE Nope = 1\n      ^\nERROR at Row:3:Column:7\n")
    );
}

#[test]
fn deleted_records_only_show_to_query_all() {
    let mut org = org();
    let object = crate::org::Object::find("Account").unwrap();
    org.delete(object, &crate::id::make("001", 3), NOW).unwrap();
    let total = |all| {
        query(&org, "SELECT COUNT() FROM Account", NOW, all, "v62.0")
            .unwrap()
            .total
    };
    assert_eq!((total(false), total(true)), (199, 200));
}

/// The textbook `LIKE`, exponential and obviously right.
fn naive_like(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|skip| naive_like(&text[skip..], rest)),
        Some((char, rest)) => text
            .split_first()
            .is_some_and(|(first, text)| (*char == '_' || char == first) && naive_like(text, rest)),
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_engine_panic(text in "\\PC{0,80}") {
        let small = Org::generate(1, NOW, Sizes { accounts: 2, contacts: 2, opportunities: 2, cases: 2 });
        let _ = query(&small, &text, NOW, false, "v62.0");
    }

    #[test]
    fn no_words_make_the_engine_panic(words in proptest::collection::vec(
        proptest::sample::select(vec![
            "SELECT", "Id", "Name", "FROM", "Account", "WHERE", "AND", "OR", "NOT", "(", ")", ",", "=", "!=", "LIKE", "IN",
            "'a'", "5", "-1", "null", "TODAY", "LAST_N_DAYS:3", "GROUP", "BY", "ORDER", "HAVING", "COUNT(Id)", "COUNT()",
            "LIMIT", "OFFSET", "DESC", "NULLS", "LAST", "Owner.Name", "2026-01-01", "true",
        ]), 0..14))
    {
        let small = Org::generate(1, NOW, Sizes { accounts: 2, contacts: 2, opportunities: 2, cases: 2 });
        let text = format!("SELECT Id FROM Account {}", words.join(" "));
        let _ = query(&small, &text, NOW, false, "v62.0");
        let _ = query(&small, &words.join(" "), NOW, false, "v62.0");
    }

    #[test]
    fn like_is_the_textbook_one(text in "[ab%_]{0,8}", pattern in "[ab%_]{0,6}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(like(&text, &pattern), naive_like(&chars(&text), &chars(&pattern)));
    }

    #[test]
    fn any_text_can_be_asked_for_when_it_is_escaped(name in "\\PC{1,40}") {
        let mut org = Org::generate(1, NOW, Sizes { accounts: 0, contacts: 0, opportunities: 0, cases: 0 });
        prop_assume!(!name.trim().is_empty());
        let object = crate::org::Object::find("Account").unwrap();
        org.create(object, json!({"Name": name}).as_object().unwrap(), NOW).unwrap();
        let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
        let answer = query(&org, &format!("SELECT Name FROM Account WHERE Name = '{quoted}'"), NOW, false, "v62.0").unwrap();
        prop_assert_eq!(answer.total, 1);
    }

    #[test]
    fn a_condition_and_its_negation_part_the_records(amount in 0u32..210_000, stage in 0usize..10) {
        let org = Org::generate(3, NOW, Sizes { accounts: 20, contacts: 0, opportunities: 60, cases: 0 });
        let stage = crate::org::catalogue::STAGES[stage];
        let condition = format!("(Amount > {amount} OR StageName = '{stage}')");
        prop_assert_eq!(count(&org, &format!("WHERE {condition}")) + count(&org, &format!("WHERE NOT {condition}")), 60);
    }
}
