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
