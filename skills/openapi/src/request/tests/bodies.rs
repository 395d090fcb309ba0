//! Bodies of every kind.

use metier_openapi_plan::{Body, BodyKind, Field};

use super::*;

fn field(name: &str) -> Field {
    Field {
        argument: name.to_owned(),
        name: name.to_owned(),
        style: Style::Form,
        explode: true,
        ..Field::default()
    }
}

fn sending(kind: BodyKind, media_type: &str, whole: bool, fields: Vec<Field>) -> Operation {
    let mut operation = operation("/a", vec![]);
    operation.method = "POST".to_owned();
    operation.body = Some(Body {
        kind,
        media_type: media_type.to_owned(),
        whole: whole.then(|| "body".to_owned()),
        fields,
        ..Body::default()
    });
    operation
}

/// The body as text and its content type.
#[track_caller]
fn sent(operation: &Operation, arguments: Json) -> (String, String) {
    let request = built(operation, arguments).unwrap();
    let media_type = request
        .headers
        .iter()
        .find(|(name, _)| name == "content-type")
        .unwrap();
    (
        String::from_utf8(request.body.unwrap()).unwrap(),
        media_type.1.clone(),
    )
}

#[test]
fn json_bodies_are_whole_or_made_of_fields() {
    let whole = sending(BodyKind::Json, "application/json", true, vec![]);
    assert_eq!(
        sent(&whole, json!({"body": [1, {"b": null}]})).0,
        "[1,{\"b\":null}]"
    );
    assert_eq!(sent(&whole, json!({"body": null})).0, "null");
    let mut renamed = field("summary_2");
    renamed.name = "summary".to_owned();
    let mut parts = sending(
        BodyKind::Json,
        "application/merge-patch+json",
        false,
        vec![field("z"), renamed],
    );
    let (body, media_type) = sent(&parts, json!({"summary_2": "s", "z": 1.50}));
    assert_eq!(
        (body.as_str(), media_type.as_str()),
        (
            "{\"z\":1.5,\"summary\":\"s\"}",
            "application/merge-patch+json"
        )
    );
    let none = built(&parts, json!({})).unwrap();
    assert_eq!((none.body, none.headers.len()), (None, 1));
    parts.body.as_mut().unwrap().required = true;
    assert_eq!(sent(&parts, json!({})).0, "{}");
}

#[test]
fn forms_are_encoded_by_field() {
    let deep = Field {
        style: Style::DeepObject,
        ..field("address")
    };
    let json = Field {
        content_type: Some("application/json".to_owned()),
        ..field("config")
    };
    let joined = Field {
        explode: false,
        ..field("ids")
    };
    let form = sending(
        BodyKind::Form,
        "application/x-www-form-urlencoded",
        false,
        vec![field("a"), deep, json, joined],
    );
    let (body, media_type) = sent(
        &form,
        json!({"a": ["x y", "1&2"], "address": {"city": "Köln"}, "config": {"b": [1]}, "ids": [1, 2]}),
    );
    assert_eq!(
        body,
        "a=x+y&a=1%262&address%5Bcity%5D=K%C3%B6ln&config=%7B%22b%22%3A%5B1%5D%7D&ids=1,2"
    );
    assert_eq!(media_type, "application/x-www-form-urlencoded");
    let whole = sending(
        BodyKind::Form,
        "application/x-www-form-urlencoded",
        true,
        vec![field("a")],
    );
    assert_eq!(
        sent(
            &whole,
            json!({"body": {"a": 1, "other": {"x": 1}, "l": [1, 2]}})
        )
        .0,
        "a=1&other=%7B%22x%22%3A1%7D&l=1&l=2"
    );
    assert!(refused(&whole, json!({"body": {"a": {"other": 1}, "other": 2}})).contains("`other`"));
    assert!(refused(&whole, json!({"body": "a=1"})).contains("must be an object"));
}

#[test]
fn multipart_has_a_part_for_each_field_file_and_element() {
    let file = Field {
        file: true,
        ..field("file")
    };
    let form = sending(
        BodyKind::Multipart,
        "multipart/form-data",
        false,
        vec![field("title"), file, field("meta")],
    );
    let (body, media_type) = sent(
        &form,
        json!({
            "title": "a\r\n--metier-0",
            "file": [{"name": "a\".txt", "media_type": "text/plain", "text": "hi"}, {"base64": "aGk"}, {"artifact": "sha256:1"}],
            "meta": {"k": 1},
        }),
    );
    assert_eq!(media_type, "multipart/form-data; boundary=metier-1");
    let wanted = "--metier-1\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\na\r\n--metier-0\r\n\
        --metier-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n\
        --metier-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\nhi\r\n\
        --metier-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\nkept\r\n\
        --metier-1\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{\"k\":1}\r\n\
        --metier-1--\r\n";
    assert_eq!(body, wanted);
}

#[test]
fn text_and_bytes_are_sent_as_they_are() {
    let text = sending(BodyKind::Text, "application/xml", true, vec![]);
    assert_eq!(
        sent(&text, json!({"body": "<a/>"})),
        ("<a/>".to_owned(), "application/xml".to_owned())
    );
    let bytes = sending(BodyKind::Binary, "image/*", true, vec![]);
    assert_eq!(
        sent(
            &bytes,
            json!({"body": {"text": "x", "media_type": "image/svg+xml"}})
        )
        .1,
        "image/svg+xml"
    );
    assert_eq!(
        sent(&bytes, json!({"body": {"base64": "aG k=\n"}})),
        ("hi".to_owned(), "application/octet-stream".to_owned())
    );
    let definite = sending(BodyKind::Binary, "application/jwt", true, vec![]);
    let given = json!({"body": {"text": "x", "media_type": "text/plain"}});
    assert_eq!(sent(&definite, given).1, "application/jwt");
    for wrong in [
        json!("raw"),
        json!({}),
        json!({"text": "a", "base64": "aGk"}),
        json!({"base64": "?"}),
        json!({"text": "a", "nome": "b"}),
        json!({"text": "a", "media_type": "a\r\nb/c"}),
        json!({"text": 1}),
        json!({"text": "a", "name": "../a"}),
    ] {
        assert!(
            refused(&bytes, json!({"body": wrong})).contains("`body` is a file"),
            "{wrong}"
        );
    }
    assert!(
        refused(&bytes, json!({"body": {"artifact": "sha256:2"}})).contains("no such artifact")
    );
}

proptest! {
    #[test]
    fn no_part_contains_its_boundary(text in "(metier-[0-3]|-|\\PC){0,16}") {
        let form = sending(BodyKind::Multipart, "multipart/form-data", false, vec![field("a")]);
        let (body, media_type) = sent(&form, json!({"a": text}));
        let boundary = media_type.split_once("boundary=").unwrap().1;
        prop_assert_eq!(body.matches(boundary).count(), 2);
    }
}
