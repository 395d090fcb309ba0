#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

fn table(records: &str, typed: bool) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let records: Vec<Json> = serde_json::from_str(records).unwrap();
    let mut rows = if typed {
        Rows::typed()
    } else {
        Rows::default()
    };
    records.iter().for_each(|record| rows.push(record));
    rows.finish()
}

fn some(cells: &[&str]) -> Vec<Option<String>> {
    cells
        .iter()
        .map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned()))
        .collect()
}

#[test]
fn columns_keep_their_order_and_values_their_digits() {
    let (columns, rows) = table(
        r#"[{"attributes":{"type":"Account","url":"/x"},"Name":"Ünïon","Amount":1671494000.0,"Big":12345678901234567890,"Open":true,"Gone":null}]"#,
        false,
    );
    assert_eq!(columns, ["Name", "Amount", "Big", "Open", "Gone"]);
    assert_eq!(
        rows,
        [some(&[
            "Ünïon",
            "1671494000.0",
            "12345678901234567890",
            "true",
            ""
        ])]
    );
}

#[test]
fn related_records_become_dotted_columns_even_when_the_first_is_missing() {
    let (columns, rows) = table(
        r#"[{"Id":"1","Account":null},
            {"Id":"2","Account":{"attributes":{},"Name":"A","Owner":{"attributes":{},"Name":"O"}}},
            {"Id":"3","Account":{"attributes":{},"Name":"B","Owner":null}}]"#,
        false,
    );
    assert_eq!(columns, ["Id", "Account.Name", "Account.Owner.Name"]);
    assert_eq!(
        rows,
        [
            some(&["1", "", ""]),
            some(&["2", "A", "O"]),
            some(&["3", "B", ""])
        ]
    );
}

#[test]
fn a_relationship_that_is_always_missing_stays_visible() {
    let (columns, rows) = table(r#"[{"Id":"1","Account":null}]"#, false);
    assert_eq!(
        (columns, rows),
        (
            vec!["Id".to_owned(), "Account".to_owned()],
            vec![some(&["1", ""])]
        )
    );
}

#[test]
fn sub_queries_and_lists_stay_one_cell_of_json() {
    let (columns, rows) = table(
        r#"[{"Contacts":{"totalSize":1,"records":[{"Id":"3"}]},"Tags":[1,"b"]}]"#,
        false,
    );
    assert_eq!(columns, ["Contacts", "Tags"]);
    assert_eq!(
        rows,
        [some(&[
            r#"{"totalSize":1,"records":[{"Id":"3"}]}"#,
            r#"[1,"b"]"#
        ])]
    );
}

#[test]
fn records_of_several_objects_share_a_table() {
    let (columns, rows) = table(
        r#"[{"attributes":{"type":"Account"},"Id":"1","Name":"A"},{"attributes":{"type":"Contact"},"Id":"3","Email":"e"}]"#,
        true,
    );
    assert_eq!(columns, ["type", "Id", "Name", "Email"]);
    assert_eq!(
        rows,
        [
            some(&["Account", "1", "A", ""]),
            some(&["Contact", "3", "", "e"])
        ]
    );
}

#[test]
fn endless_nesting_ends() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(60), "}".repeat(60));
    let (columns, rows) = table(&format!("[{deep}]"), false);
    assert_eq!(columns.len(), 1);
    assert!(rows[0][0].as_deref().unwrap().starts_with(r#"{"a":"#));
}

#[test]
fn what_is_no_record_is_an_empty_row() {
    assert_eq!(table("[1, {}]", false), (vec![], vec![vec![], vec![]]));
}
