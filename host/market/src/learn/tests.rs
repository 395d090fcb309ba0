//! Paths, without a guest; that a proposal suffices and is minimal is shown with real ones in `tests/e2e`.

use super::generalised;

fn of(paths: &[&str]) -> Vec<String> {
    generalised(&paths.iter().map(|path| (*path).to_owned()).collect())
}

#[test]
fn one_path_is_itself() {
    assert_eq!(of(&["/v1/items/7"]), ["/v1/items/7"]);
    assert_eq!(of(&["/"]), ["/"]);
}

#[test]
fn paths_that_differ_in_one_segment_are_one_pattern() {
    assert_eq!(
        of(&["/v1/items/7", "/v1/items/8", "/v1/items/9"]),
        ["/v1/items/*"]
    );
    assert_eq!(of(&["/a/1/x", "/a/2/x", "/b"]), ["/a/*/x", "/b"]);
}

#[test]
fn paths_that_differ_in_more_are_not() {
    assert_eq!(of(&["/a/1/x", "/a/2/y"]), ["/a/1/x", "/a/2/y"]);
    assert_eq!(of(&["/a", "/a/b"]), ["/a", "/a/b"]);
    assert_eq!(of(&["/a/", "/a/b"]), ["/a/", "/a/b"]);
}

#[test]
fn ids_are_many_and_words_are_not() {
    for (one, other) in [
        ("7", "12345"),
        (
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "ffffffff-aaaa-bbbb-cccc-dddddddddddd",
        ),
        ("deadbeef1", "0a1b2c3d"),
        ("001Dn00000AbCdE", "001Dn00000AbCdEIAZ"),
        ("ABC-1", "OPS_2-345"),
        ("C024BE91L", "C0G9QF9GZ"),
        ("1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms", "2026-01-31"),
    ] {
        assert_eq!(
            of(&[&format!("/x/{one}/y"), &format!("/x/{other}/y")]),
            ["/x/*/y"],
            "{one} and {other}"
        );
    }
    for word in [
        "search",
        "v2",
        "v60.0",
        "oauth2",
        "Base64Decode",
        "Account",
        "my-own-list",
        "acde",
        "ABC-",
        "-1",
        "Abc-x1",
        "version1",
        "invoice_line_items",
    ] {
        let both = [format!("/x/{word}/y"), "/x/query/y".to_owned()];
        assert_eq!(of(&[&both[0], &both[1]]).len(), 2, "{word}");
        let beside_an_id = [format!("/x/{word}/y"), "/x/7/y".to_owned()];
        assert_eq!(
            of(&[&beside_an_id[0], &beside_an_id[1]]).len(),
            2,
            "{word} and an id"
        );
    }
    assert_eq!(
        of(&["/x/7", "/x/8", "/x/query", "/x/search"]),
        ["/x/*"],
        "the pattern means the words as well"
    );
    assert_eq!(
        of(&["/x/7/y", "/x/8/y", "/x/query", "/x/search"]),
        ["/x/*/y", "/x/query", "/x/search"]
    );
}
