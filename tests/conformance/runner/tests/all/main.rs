//! Every row can fail, and a language's table excuses nothing it does not name.
#![expect(clippy::unwrap_used, reason = "tests")]

use metier_conformance::languages::{Differs, LANGUAGES};
use metier_conformance::report::{as_expected, run};
use metier_conformance::rows;

/// A component that has one tool, of a name no row asks for: nothing it does can be right.
const WRONG: &str = r#"(component
    (core module $m (func (export "run") (result i32) i32.const 42))
    (core instance $i (instantiate $m))
    (func (export "something-else") (result u32) (canon lift (core func $i "run"))))"#;

/// A wrong skill is wrong in every row: a row that holds here checks nothing.
#[tokio::test(flavor = "multi_thread")]
async fn every_row_fails_on_a_skill_that_does_nothing_right() {
    let wrong = metier_e2e::Guest::text(WRONG).into_bytes();
    let report = run(wrong, &LANGUAGES[0], None).await.unwrap();
    let holding: Vec<_> = report
        .lines
        .iter()
        .filter(|line| line.failure.is_none())
        .map(|line| line.row)
        .collect();
    assert!(holding.is_empty(), "{holding:?} hold for a wrong skill");
    assert_eq!(report.lines.len(), rows::all().count());
    assert!(!report.holds());
}

#[test]
fn rows_have_names_of_their_own() {
    let mut names: Vec<_> = rows::all().map(|row| row.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// What may fail must fail, in the way that was written down.
#[test]
fn a_difference_is_checked_as_strictly_as_a_row() {
    let differs = Differs {
        row: "regex",
        answer: "no regex",
        why: "there is none",
    };
    let failed = |text: &str| as_expected(&differs, Err(text.to_owned()));
    assert_eq!(failed("skill-internal: no regex"), Ok(()));
    assert!(failed("skill-trap: something else").is_err());
    let better = as_expected(&differs, Ok(())).unwrap_err();
    assert!(better.contains("take its entry out"), "{better}");
}

#[tokio::test]
async fn a_row_nobody_knows_is_an_error() {
    let wrong = metier_e2e::Guest::text(WRONG).into_bytes();
    assert!(
        run(wrong, &LANGUAGES[0], Some("no-such-row"))
            .await
            .is_err()
    );
}
