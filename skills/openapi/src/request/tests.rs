#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use metier_openapi_plan::Style;
use proptest::prelude::*;
use serde_json::json;

use super::*;

mod bodies;

const BASE: &str = "https://acme.example/rest";

fn parameter(name: &str, place: Place, style: Style, explode: bool) -> Parameter {
    Parameter {
        argument: name.to_owned(),
        name: name.to_owned(),
        place,
        style,
        explode,
        ..Parameter::default()
    }
}

fn operation(path: &str, parameters: Vec<Parameter>) -> Operation {
    Operation {
        tool: "tool".to_owned(),
        method: "GET".to_owned(),
        path: path.to_owned(),
        parameters,
        ..Operation::default()
    }
}

fn built(operation: &Operation, arguments: Json) -> Result<Request, Error> {
    metier_openapi_plan::check::operation(operation).unwrap();
    let arguments = Arguments::read(operation, &arguments.to_string())?;
    let artifacts = |digest: &str| match digest {
        "sha256:1" => Ok(b"kept".to_vec()),
        _ => Err(invalid("no such artifact")),
    };
    build(operation, BASE, arguments, &artifacts)
}

#[track_caller]
fn refused(operation: &Operation, arguments: Json) -> String {
    match built(operation, arguments) {
        Err(Error::InvalidInput(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// What is behind the base URL.
#[track_caller]
fn tail(operation: &Operation, arguments: Json) -> String {
    built(operation, arguments)
        .unwrap()
        .url
        .strip_prefix(BASE)
        .unwrap()
        .to_owned()
}

/// RFC 6570's values.
fn color(kind: &str) -> Json {
    match kind {
        "empty" => json!(""),
        "text" => json!("blue"),
        "list" => json!(["blue", "black", "brown"]),
        _ => json!({"R": 100, "G": 200, "B": 150}),
    }
}

#[test]
fn paths_are_written_in_every_style() {
    for (style, explode, kind, written) in [
        (Style::Simple, false, "text", "blue"),
        (Style::Simple, false, "list", "blue,black,brown"),
        (Style::Simple, true, "list", "blue,black,brown"),
        (Style::Simple, false, "object", "R,100,G,200,B,150"),
        (Style::Simple, true, "object", "R=100,G=200,B=150"),
        (Style::Label, false, "text", ".blue"),
        (Style::Label, false, "list", ".blue,black,brown"),
        (Style::Label, true, "list", ".blue.black.brown"),
        (Style::Label, false, "object", ".R,100,G,200,B,150"),
        (Style::Label, true, "object", ".R=100.G=200.B=150"),
        (Style::Matrix, false, "text", ";color=blue"),
        (Style::Matrix, true, "text", ";color=blue"),
        (Style::Matrix, false, "list", ";color=blue,black,brown"),
        (
            Style::Matrix,
            true,
            "list",
            ";color=blue;color=black;color=brown",
        ),
        (Style::Matrix, false, "object", ";color=R,100,G,200,B,150"),
        (Style::Matrix, true, "object", ";R=100;G=200;B=150"),
    ] {
        let operation = operation(
            "/a/{color}",
            vec![parameter("color", Place::Path, style, explode)],
        );
        assert_eq!(
            tail(&operation, json!({"color": color(kind)})),
            format!("/a/{written}")
        );
    }
}

#[test]
fn queries_are_written_in_every_style() {
    for (style, explode, kind, written) in [
        (Style::Form, false, "empty", "?color="),
        (Style::Form, true, "text", "?color=blue"),
        (Style::Form, false, "list", "?color=blue,black,brown"),
        (
            Style::Form,
            true,
            "list",
            "?color=blue&color=black&color=brown",
        ),
        (Style::Form, false, "object", "?color=R,100,G,200,B,150"),
        (Style::Form, true, "object", "?R=100&G=200&B=150"),
        (
            Style::SpaceDelimited,
            false,
            "list",
            "?color=blue%20black%20brown",
        ),
        (
            Style::SpaceDelimited,
            true,
            "list",
            "?color=blue&color=black&color=brown",
        ),
        (
            Style::SpaceDelimited,
            false,
            "object",
            "?color=R%20100%20G%20200%20B%20150",
        ),
        (
            Style::PipeDelimited,
            false,
            "list",
            "?color=blue%7Cblack%7Cbrown",
        ),
        (
            Style::PipeDelimited,
            false,
            "object",
            "?color=R%7C100%7CG%7C200%7CB%7C150",
        ),
        (
            Style::TabDelimited,
            false,
            "list",
            "?color=blue%09black%09brown",
        ),
        (
            Style::DeepObject,
            true,
            "object",
            "?color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
        (Style::DeepObject, true, "text", "?color=blue"),
    ] {
        let operation = operation("/a", vec![parameter("color", Place::Query, style, explode)]);
        assert_eq!(
            tail(&operation, json!({"color": color(kind)})),
            format!("/a{written}")
        );
    }
}

#[test]
fn nesting_goes_on_in_deep_objects_and_is_json_elsewhere() {
    let value = json!({"color": {"a": {"b": [1, {"c": "x"}]}}});
    let deep = operation(
        "/a",
        vec![parameter("color", Place::Query, Style::DeepObject, true)],
    );
    assert_eq!(
        tail(&deep, value.clone()),
        "/a?color%5Ba%5D%5Bb%5D%5B0%5D=1&color%5Ba%5D%5Bb%5D%5B1%5D%5Bc%5D=x"
    );
    let form = operation(
        "/a",
        vec![parameter("color", Place::Query, Style::Form, true)],
    );
    assert_eq!(
        tail(&form, json!({"color": {"a": {"b": 1}}})),
        "/a?a=%7B%22b%22%3A1%7D"
    );
}

#[test]
fn what_separates_is_encoded_inside_values() {
    let form = operation("/a", vec![parameter("q", Place::Query, Style::Form, false)]);
    assert_eq!(
        tail(&form, json!({"q": ["a,b", "c&d=e#f", "é +/?%"]})),
        "/a?q=a%2Cb,c%26d%3De%23f,%C3%A9%20%2B%2F%3F%25"
    );
    let mut reserved = form.clone();
    reserved.parameters[0].allow_reserved = true;
    assert_eq!(
        tail(&reserved, json!({"q": "a/b:c?d,e;f=g&h#i+j[k]%20"})),
        "/a?q=a/b:c?d,e;f=g%26h%23i%2Bj%5Bk%5D%2520"
    );
    let mut json = form;
    json.parameters[0].json = true;
    assert_eq!(
        tail(&json, json!({"q": {"a": [1, "b c"]}})),
        "/a?q=%7B%22a%22%3A%5B1%2C%22b%20c%22%5D%7D"
    );
    let path = operation(
        "/{q}.json",
        vec![parameter("q", Place::Path, Style::Simple, false)],
    );
    assert_eq!(
        tail(&path, json!({"q": "a b?c#d;é"})),
        "/a%20b%3Fc%23d%3B%C3%A9.json"
    );
}

#[test]
fn empty_lists_are_not_sent() {
    let form = operation("/a", vec![parameter("q", Place::Query, Style::Form, true)]);
    assert_eq!(tail(&form, json!({"q": []})), "/a");
    assert_eq!(tail(&form, json!({"q": {}})), "/a");
}

#[test]
fn a_query_in_the_description_comes_first() {
    let mut with = operation("/a", vec![parameter("q", Place::Query, Style::Form, true)]);
    with.query = vec![("action".to_owned(), "list all".to_owned())];
    assert_eq!(tail(&with, json!({"q": 1})), "/a?action=list%20all&q=1");
}

#[test]
fn values_that_would_change_the_path_are_refused() {
    let plain = operation(
        "/a/{id}/b",
        vec![parameter("id", Place::Path, Style::Simple, false)],
    );
    for (wrong, needle) in [
        ("", "empty"),
        (".", "`.` or `..`"),
        ("..", "`.` or `..`"),
        ("..;x", "`.` or `..`"),
        ("a/b", "`/`"),
        ("..\\b", "`/`"),
        ("%2e%2e", "hexadecimal"),
        ("a%2Fb", "hexadecimal"),
        ("a\nb", "control"),
    ] {
        let why = refused(&plain, json!({"id": wrong}));
        assert!(
            why.contains("`id`") && why.contains(needle),
            "{wrong:?}: {why}"
        );
    }
    assert!(refused(&plain, json!({"id": []})).contains("empty"));
    assert_eq!(tail(&plain, json!({"id": "..."})), "/a/.../b");
    assert_eq!(tail(&plain, json!({"id": "100%"})), "/a/100%25/b");
}

#[test]
fn values_that_make_dots_together_are_refused() {
    let two = operation(
        "/a/{x}{y}/b",
        vec![
            parameter("x", Place::Path, Style::Label, false),
            parameter("y", Place::Path, Style::Simple, false),
        ],
    );
    assert_eq!(tail(&two, json!({"x": "v", "y": "1"})), "/a/.v1/b");
    let dots = operation(
        "/a/.{x}",
        vec![parameter("x", Place::Path, Style::Simple, false)],
    );
    assert!(refused(&dots, json!({"x": "."})).contains("`.` or `..`"));
    let label = operation(
        "/a/{x}",
        vec![parameter("x", Place::Path, Style::Label, false)],
    );
    assert!(refused(&label, json!({"x": ""})).contains("empty"));
}

#[test]
fn several_segments_where_the_plan_allows_them() {
    let mut many = operation(
        "/a/{path}",
        vec![parameter("path", Place::Path, Style::Simple, false)],
    );
    many.parameters[0].allow_reserved = true;
    assert_eq!(
        tail(&many, json!({"path": "src/main file.rs"})),
        "/a/src/main%20file.rs"
    );
    for wrong in ["a/../b", "/a", "a/", "a//b", "..", "a/./b"] {
        assert!(
            refused(&many, json!({"path": wrong})).contains("`path`"),
            "{wrong}"
        );
    }
}

#[test]
fn an_exploded_object_cannot_speak_for_another_argument() {
    let two = operation(
        "/a",
        vec![
            parameter("project", Place::Query, Style::Form, true),
            parameter("more", Place::Query, Style::Form, true),
        ],
    );
    assert!(refused(&two, json!({"project": "A", "more": {"project": "B"}})).contains("`project`"));
    assert_eq!(tail(&two, json!({"more": {"x&y": "1"}})), "/a?x%26y=1");
}

#[test]
fn addresses_have_a_length_and_headers_one_line() {
    let form = operation("/a", vec![parameter("q", Place::Query, Style::Form, true)]);
    assert!(refused(&form, json!({"q": "x".repeat(20_000)})).contains("too long"));
    let header = operation(
        "/a",
        vec![parameter("X-Trace", Place::Header, Style::Simple, false)],
    );
    for wrong in ["a\r\nHost: b", "é", "a\u{0}"] {
        assert!(refused(&header, json!({"X-Trace": wrong})).contains("`X-Trace`"));
    }
}

#[test]
fn headers_and_cookies_are_sent() {
    let mut operation = operation(
        "/a",
        vec![
            parameter("X-Trace", Place::Header, Style::Simple, false),
            parameter("X-Map", Place::Header, Style::Simple, true),
            parameter("session", Place::Cookie, Style::Form, false),
            parameter("more", Place::Cookie, Style::Form, false),
        ],
    );
    operation.accept = Some("application/json".to_owned());
    let given =
        json!({"X-Trace": ["a b", 2], "X-Map": {"k": "v"}, "session": "x;y", "more": [1, 2]});
    let headers = built(&operation, given).unwrap().headers;
    let wanted = [
        ("accept", "application/json"),
        ("x-trace", "a b,2"),
        ("x-map", "k=v"),
        ("cookie", "session=x%3By; more=1,2"),
    ];
    assert_eq!(
        headers,
        wanted.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn only_reads_follow_redirects() {
    let mut any = operation("/a", vec![]);
    assert_eq!(built(&any, json!({})).unwrap().follow_redirects, REDIRECTS);
    any.method = "DELETE".to_owned();
    assert_eq!(built(&any, json!({})).unwrap().follow_redirects, 0);
}

/// As a server reads it.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn a_query_says_what_it_was_told(values in prop::collection::vec("\\PC{0,12}", 1..5), reserved in any::<bool>()) {
        let mut exploded = operation("/a", vec![parameter("q&=", Place::Query, Style::Form, true)]);
        exploded.parameters[0].allow_reserved = reserved;
        let tail = tail(&exploded, json!({"q&=": values}));
        let read: Vec<String> = tail["/a?".len()..]
            .split('&')
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap();
                assert_eq!(decoded(name), "q&=");
                assert!(!value.contains(['#', '+', '[', ' ']));
                decoded(value)
            })
            .collect();
        prop_assert_eq!(read, values);
    }

    #[test]
    fn a_path_value_is_one_segment_or_refused(value in "[\\PC\\x00-\\x1f./%;\\\\]{0,8}") {
        let plain = operation("/a/{id}/b", vec![parameter("id", Place::Path, Style::Simple, false)]);
        if let Ok(request) = built(&plain, json!({"id": value})) {
            let segments: Vec<&str> = request.url[BASE.len()..].split('/').collect();
            prop_assert_eq!(segments.len(), 4);
            prop_assert!(request.url.is_ascii() && !request.url.contains(['?', '#', ' ']));
            prop_assert_eq!(decoded(segments[2]), value);
            prop_assert!(!matches!(segments[2], "" | "." | ".."));
        }
    }
}
