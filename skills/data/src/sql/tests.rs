#![expect(clippy::unwrap_used, reason = "tests")]

use super::Database;
use crate::{
    bindings::{Format, metier::skill::types::Error},
    cell::Cell,
    reading::read_table,
};

const ORDERS: &str = "id,day,region,amount,zip\n1,2026-01-05,North,10.5,00123\n2,2026-01-20,South,20,4567\n3,2026-02-01,North,,00123\n";

fn database() -> Database {
    let mut database = Database::new().unwrap();
    let orders = read_table(ORDERS.into(), None, None).unwrap();
    database.add("orders", orders.frame).unwrap();
    let regions = r#"[{"name": "North", "boss": {"name": "Ann"}}, {"name": "South", "boss": {"name": "Bo"}}]"#;
    let regions = read_table(regions.into(), Some(Format::Json), None).unwrap();
    database.add("regions", regions.frame).unwrap();
    database
}

fn words(sql: &str) -> Vec<String> {
    let rows = database().select(sql, 100).unwrap().rows;
    rows.iter()
        .map(|row| {
            let cells = row
                .iter()
                .map(|cell| cell.words().unwrap_or("-".to_owned()));
            cells.collect::<Vec<_>>().join("|")
        })
        .collect()
}

fn refused(sql: &str) -> String {
    match database().select(sql, 100).unwrap_err() {
        Error::InvalidInput(why) => why,
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn it_speaks_the_sql_that_is_promised() {
    for (sql, rows) in [
        (
            "SELECT region, sum(amount) FROM orders GROUP BY region HAVING count(*) > 1",
            vec!["North|10.5"],
        ),
        (
            "SELECT r.\"boss.name\", count(*) FROM orders o JOIN regions r ON r.name = o.region GROUP BY 1 ORDER BY 1",
            vec!["Ann|2", "Bo|1"],
        ),
        (
            "SELECT strftime('%Y-%m', day) AS month, count(*) FROM orders GROUP BY month ORDER BY month",
            vec!["2026-01|2", "2026-02|1"],
        ),
        (
            "WITH n AS (SELECT * FROM orders WHERE region = 'North') SELECT count(*), count(amount) FROM n",
            vec!["2|1"],
        ),
        (
            "SELECT CASE WHEN amount > 15 THEN 'large' ELSE 'small' END FROM orders WHERE id = 2",
            vec!["large"],
        ),
        (
            "SELECT id FROM orders WHERE amount = (SELECT max(amount) FROM orders)",
            vec!["2"],
        ),
        (
            "SELECT id, row_number() OVER (ORDER BY id DESC) FROM orders ORDER BY id LIMIT 1",
            vec!["1|3"],
        ),
        (
            "SELECT region FROM orders UNION SELECT 'West' ORDER BY 1",
            vec!["North", "South", "West"],
        ),
        ("SELECT zip FROM orders WHERE id = 1", vec!["00123"]),
        ("SELECT value FROM json_each('[1, 2]')", vec!["1", "2"]),
        ("SELECT 9223372036854775807", vec!["9223372036854775807"]),
    ] {
        assert_eq!(words(sql), rows, "{sql}");
    }
}

#[test]
fn only_one_select_is_run() {
    for sql in [
        "DELETE FROM orders",
        "WITH x AS (SELECT 1) DELETE FROM orders",
        "DROP TABLE orders",
        "PRAGMA query_only = 0",
        "ATTACH 'x.db' AS x",
        "EXPLAIN SELECT 1",
        "VACUUM",
        "CREATE TABLE t (a)",
    ] {
        assert!(refused(sql).contains("only SELECT"), "{sql}");
    }
    assert!(refused("SELECT 1; SELECT 2").contains("one statement"));
    assert!(refused("  -- nothing").contains("empty"));
    assert!(refused("SELEC 1").contains("SQL"));
    assert!(refused(&"x".repeat(70_000)).contains("longer"));
}

#[test]
fn a_wrong_name_is_answered_with_one_that_exists() {
    let said = refused("SELECT ammount FROM orders");
    assert!(said.contains("did you mean `amount`?"), "{said}");
    let said = refused("SELECT o.qqqq FROM orders o");
    assert!(
        said.contains("`orders` has id, day, region, amount, zip"),
        "{said}"
    );
    let said = refused("SELECT * FROM order_s");
    assert!(said.contains("did you mean `orders`?"), "{said}");
}

#[test]
fn rows_beyond_what_is_kept_are_counted() {
    let rows = database().select("SELECT id FROM orders", 1).unwrap();
    assert_eq!((rows.rows.len(), rows.total), (1, 3));
    assert_eq!(rows.rows[0][0], Cell::Integer(1));
}

#[test]
fn a_table_needs_a_plain_name_of_its_own() {
    let mut database = database();
    let long = "x".repeat(65);
    for name in ["", "1a", "a b", "a\"b", "Orders", "sqlite_master", &long] {
        let frame = read_table("a\n1".into(), None, None).unwrap().frame;
        assert!(database.add(name, frame).is_err(), "{name}");
    }
}
