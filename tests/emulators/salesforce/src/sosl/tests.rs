#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::org::Sizes;
use proptest::prelude::*;

const NOW: i64 = 1_795_212_505;

fn org() -> Org {
    let mut org = Org::generate(
        7,
        NOW,
        Sizes {
            accounts: 30,
            contacts: 30,
            opportunities: 5,
            cases: 5,
        },
    );
    let body = serde_json::json!({"Name": "Zebra-Crossing Logistics", "Phone": "+1 555 777 8888"});
    org.create(
        Object::find("Account").unwrap(),
        body.as_object().unwrap(),
        NOW,
    )
    .unwrap();
    org
}

fn found(text: &str) -> usize {
    search(&org(), text, NOW, "v62.0").unwrap().len()
}

#[test]
fn words_phrases_and_wildcards_find() {
    for find in [
        "zebra",
        "ZEBRA crossing",
        "\"zebra crossing\"",
        "zeb*",
        "z?bra",
        "nothing OR zebra",
        "Zebra\\-Crossing",
    ] {
        assert_eq!(
            found(&format!("FIND {{{find}}} RETURNING Account(Id, Name)")),
            1,
            "{find}"
        );
    }
    for find in ["zeb", "\"crossing zebra\"", "zebra nothing"] {
        assert_eq!(
            found(&format!("FIND {{{find}}} RETURNING Account")),
            0,
            "{find}"
        );
    }
}

#[test]
fn groups_filters_and_limits_narrow() {
    assert_eq!(found("find {zebra} in phone fields returning Account"), 0);
    assert_eq!(
        found("FIND {8888} IN PHONE FIELDS RETURNING Account(Name, Phone)"),
        1
    );
    assert_eq!(
        found("FIND {zebra} RETURNING Account(Id WHERE Name LIKE 'A%')"),
        0
    );
    assert!(found("FIND {555}") > 30);
    assert_eq!(
        found("FIND {555} RETURNING Account(Id LIMIT 2), Contact(Id LIMIT 3)"),
        5
    );
    assert_eq!(found("FIND {555} RETURNING Account, Contact LIMIT 4"), 4);
}

#[test]
fn malformed_searches_say_so() {
    for (text, code) in [
        ("SEARCH {x}", "MALFORMED_SEARCH"),
        ("FIND zebra", "MALFORMED_SEARCH"),
        ("FIND {zebra", "MALFORMED_SEARCH"),
        ("FIND {a}", "MALFORMED_SEARCH"),
        ("FIND {zebra} IN BIG FIELDS", "MALFORMED_SEARCH"),
        ("FIND {zebra} RETURNING Animal", "INVALID_TYPE"),
        ("FIND {zebra} RETURNING Account(Stripes)", "INVALID_FIELD"),
        ("FIND {zebra} RETURNING Account extra", "MALFORMED_QUERY"),
    ] {
        assert_eq!(
            search(&org(), text, NOW, "v62.0").unwrap_err().code,
            code,
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn no_search_makes_it_panic(find in "\\PC{0,20}", tail in "\\PC{0,20}") {
        let _ = search(&org(), &format!("FIND {{{find}}} {tail}"), NOW, "v62.0");
    }
}
