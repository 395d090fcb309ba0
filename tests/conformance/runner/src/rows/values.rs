//! Every WIT type goes in as JSON and comes back the same.

use metier_core::{Blame, Code};
use serde_json::{Value, json};

use super::{Checked, Row, expect, row};
use crate::scene::Scene;

pub(super) const ROWS: &[Row] = &[
    row!("bool", "both truth values", bools),
    row!("integers", "every integer type at both ends", integers),
    row!("floats", "edges, infinities, NaN and -0", floats),
    row!("char", "any Unicode scalar value", chars),
    row!("string", "empty, U+0000 and beyond the BMP", strings),
    row!("list<u8>", "bytes, none of them and all of them", bytes),
    row!("list", "lists of lists, empty ones too", lists),
    row!("tuple", "places keep their types", tuples),
    row!("record", "fields, optional and nested ones", records),
    row!("variant", "cases with and without a payload", variants),
    row!("enum", "each case", enums),
    row!("flags", "none, some, all", flags),
    row!("option", "something and nothing", options),
    row!("option<option>", "three different values", options_twice),
    row!("result", "each of the four forms, both ways", results),
    row!("nested", "all of them inside each other", nested),
    row!("many-parameters", "more than a core function takes", many),
    row!("nothing", "no arguments, no answer", nothing),
    row!("give-result", "a tool's own result is unwrapped", given),
];

/// Each value comes back as it went in.
async fn echo(
    scene: &Scene,
    tool: &str,
    values: impl IntoIterator<Item = Value> + Send,
) -> Checked {
    let values: Vec<_> = values.into_iter().collect();
    for value in values {
        let tool = format!("values.{tool}");
        let ended = scene.call(&tool, json!({"value": value})).await;
        expect::answers(&ended, &value)?;
    }
    Ok(())
}

async fn bools(scene: &Scene) -> Checked {
    echo(scene, "echo-bool", [json!(true), json!(false)]).await
}

async fn integers(scene: &Scene) -> Checked {
    let least = json!({
        "int8": i8::MIN, "uint8": 0, "int16": i16::MIN, "uint16": 0,
        "int32": i32::MIN, "uint32": 0, "int64": i64::MIN.to_string(), "uint64": 0,
    });
    let most = json!({
        "int8": i8::MAX, "uint8": u8::MAX, "int16": i16::MAX, "uint16": u16::MAX,
        "int32": i32::MAX, "uint32": u32::MAX, "int64": i64::MAX.to_string(), "uint64": u64::MAX.to_string(),
    });
    let exact = json!({
        "int8": -1, "uint8": 128, "int16": -1, "uint16": 32_768,
        "int32": -1, "uint32": 2_147_483_648_u32, "int64": -9_007_199_254_740_991_i64, "uint64": "9007199254740993",
    });
    echo(scene, "echo-integers", [least, most, exact]).await
}

async fn floats(scene: &Scene) -> Checked {
    let edge = |narrow: Value, wide: Value| json!({"narrow": narrow, "wide": wide});
    let values = [
        edge(json!(0.0), json!(-0.0)),
        edge(json!(1.5), json!(0.1)),
        edge(json!(3.402_823_5e38), json!(f64::MAX)),
        edge(json!(-1e-45), json!(5e-324)),
        edge(json!("Infinity"), json!("-Infinity")),
        edge(json!("NaN"), json!("NaN")),
    ];
    echo(scene, "echo-floats", values).await
}

async fn chars(scene: &Scene) -> Checked {
    let letters = [
        "a",
        "ß",
        "\u{0}",
        "\u{d7ff}",
        "\u{e000}",
        "😀",
        "\u{10ffff}",
    ];
    echo(scene, "echo-char", letters.map(Value::from)).await
}

async fn strings(scene: &Scene) -> Checked {
    let long = "é".repeat(100_000);
    let texts = [
        "",
        "a",
        "line\nline\r\n\t\u{0}\u{202e}",
        "Ù 漢 😀 👩‍👩‍👧",
        &long,
    ];
    echo(scene, "echo-string", texts.map(Value::from)).await
}

async fn bytes(scene: &Scene) -> Checked {
    let all = "AAECAwQFBgcICQoLDA0ODw==";
    echo(scene, "echo-bytes", ["", "AP+A", all].map(Value::from)).await
}

async fn lists(scene: &Scene) -> Checked {
    let many: Vec<Vec<String>> = vec![vec!["x".to_owned(); 50]; 50];
    let values = [
        json!([]),
        json!([[]]),
        json!([["a", ""], [], ["😀"]]),
        json!(many),
    ];
    echo(scene, "echo-list", values).await
}

async fn tuples(scene: &Scene) -> Checked {
    echo(
        scene,
        "echo-tuple",
        [json!(["x", 7, true]), json!(["", 0, false])],
    )
    .await
}

fn ada() -> Value {
    json!({
        "name": "Ada", "email": null, "tags": ["a", ""], "favourite": "blue",
        "address": {"street": "Rue Ù", "position": [48.85, -2.5]},
    })
}

fn bob() -> Value {
    json!({"name": "", "email": "bob@example.com", "tags": [], "favourite": "red", "address": null})
}

async fn records(scene: &Scene) -> Checked {
    echo(scene, "echo-record", [ada(), bob()]).await?;
    // An optional field may be left out.
    let short = json!({"name": "C", "tags": [], "favourite": "green"});
    let full =
        json!({"name": "C", "email": null, "tags": [], "favourite": "green", "address": null});
    let ended = scene.call("values.echo-record", json!({"value": short}));
    expect::answers(&ended.await, &full)
}

fn figures() -> Vec<Value> {
    vec![
        json!("nothing"),
        json!({"circle": 2.5}),
        json!({"polygon": []}),
        json!({"polygon": [[0.0, 1.0], [2.5, 3.5]]}),
        json!({"portrait": ada()}),
    ]
}

async fn variants(scene: &Scene) -> Checked {
    echo(scene, "echo-variant", figures()).await
}

async fn enums(scene: &Scene) -> Checked {
    echo(
        scene,
        "echo-enum",
        ["red", "green", "blue"].map(Value::from),
    )
    .await
}

async fn flags(scene: &Scene) -> Checked {
    let sets = [
        json!([]),
        json!(["write"]),
        json!(["read", "write", "delete"]),
    ];
    echo(scene, "echo-flags", sets).await
}

async fn options(scene: &Scene) -> Checked {
    echo(
        scene,
        "echo-option",
        [json!(null), json!(""), json!("here")],
    )
    .await
}

async fn options_twice(scene: &Scene) -> Checked {
    let values = [json!(null), json!({"some": null}), json!({"some": 3})];
    echo(scene, "echo-option-twice", values).await
}

async fn results(scene: &Scene) -> Checked {
    let well = json!({
        "both": {"ok": 7}, "ok-only": {"ok": 8}, "err-only": {"ok": null}, "neither": {"ok": null},
    });
    let badly = json!({
        "both": {"err": "no"}, "ok-only": {"err": null}, "err-only": {"err": ""}, "neither": {"err": null},
    });
    echo(scene, "echo-results", [well, badly]).await
}

async fn nested(scene: &Scene) -> Checked {
    let full = [
        json!(figures()),
        json!(["read", "delete"]),
        json!([ada(), bob()]),
    ];
    let empty = [json!([]), json!(null), json!([])];
    for [figures, rights, people] in [full, empty] {
        let expected = json!([figures, rights, people]);
        let arguments = json!({"figures": figures, "rights": rights, "people": people});
        let ended = scene.call("values.echo-nested", arguments).await;
        expect::answers(&ended, &expected)?;
    }
    Ok(())
}

async fn many(scene: &Scene) -> Checked {
    let arguments = json!({"first": ada(), "second": bob()});
    let ended = scene.call("values.swap-people", arguments).await;
    expect::answers(&ended, &json!([bob(), ada()]))
}

async fn nothing(scene: &Scene) -> Checked {
    let ended = scene.call("values.nothing", json!({})).await;
    expect::answers(&ended, &json!(null))
}

async fn given(scene: &Scene) -> Checked {
    let forms = [
        ("values.give-both", json!(7), "no"),
        ("values.give-ok-only", json!(7), "null"),
        ("values.give-err-only", json!(null), "no"),
        ("values.give-neither", json!(null), "null"),
    ];
    for (tool, ok, err) in forms {
        let ended = scene.call(tool, json!({"fail": false})).await;
        expect::answers(&ended, &ok)?;
        let ended = scene.call(tool, json!({"fail": true})).await;
        expect::blames(&ended, Code::SkillInternal, Blame::Skill, &[err])?;
    }
    Ok(())
}
