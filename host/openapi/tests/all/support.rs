//! Descriptions made for tests, and what must hold of whatever is made of one.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use metier_openapi::skill::{self, About, Files};
use metier_openapi::{Conversion, Document, Listing, Selection};
use serde_json::{Value, json};

/// A description with these paths, at a server.
pub fn document(paths: Value) -> Document {
    described(json!({"paths": paths}))
}

/// A description with these members beside the usual ones.
pub fn described(more: Value) -> Document {
    let mut root = json!({
        "openapi": "3.0.3",
        "info": {"title": "Test", "version": "1"},
        "servers": [{"url": "https://api.test.example/v1"}],
    });
    root.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    Document::from_value(root).unwrap()
}

/// Every operation of it.
pub fn converted(document: &Document) -> Conversion {
    let conversion = Selection::default()
        .convert(document, &Listing::of(document))
        .unwrap();
    for made in &conversion.operations {
        valid(&made.operation.input_schema);
        made.operation.output_schema.iter().for_each(valid);
    }
    conversion
}

/// The only operation's input schema.
pub fn input(document: &Document) -> Value {
    let conversion = converted(document);
    assert_eq!(conversion.left_out, [], "nothing is left out");
    conversion.operations[0].operation.input_schema.clone()
}

/// Whether it is a schema, by the meta-schema and by a validator that compiles it.
pub fn valid(schema: &Value) {
    if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
        panic!("{error} in {schema:#}");
    }
    if let Err(error) = jsonschema::draft202012::new(schema) {
        panic!("{error} in {schema:#}");
    }
}

/// The skill of a description.
pub fn written(document: &Document, selection: &Selection) -> Files {
    let conversion = selection.convert(document, &Listing::of(document)).unwrap();
    let about = About {
        name: "com.example/test".parse().unwrap(),
        version: "0.1.0".parse().unwrap(),
    };
    skill::write(document, &about, &conversion).unwrap()
}

/// The description of a file below `tests/corpus/openapi`.
pub fn corpus(name: &str) -> Document {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/openapi");
    Document::parse(&std::fs::read(format!("{folder}/{name}")).unwrap()).unwrap()
}
