//! Shapes of real component types, and values a real guest takes and gives back.

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Linker, Val};
use wasmtime::{Config, Engine, Store};

use super::super::{
    DEFAULT_VALUE_MEMORY, FunctionShape, MAX_NAME_BYTES, MAX_NODES, ResultShape, Returned, Shape,
    ShapeBudget, ShapeError, SkillError,
};
use super::ROOM;

fn engine() -> Engine {
    let mut config = Config::new();
    config
        .wasm_component_model_map(true)
        .wasm_component_model_fixed_length_lists(true);
    config.wasm_component_model_async(true);
    Engine::new(&config).unwrap()
}

/// The function a component imports as `f`: its type is what matters, nobody calls it.
fn imported(engine: &Engine, types: &str, signature: &str) -> ComponentFunc {
    let wat = format!("(component {types} (import \"f\" (func {signature})))");
    let component = Component::new(engine, wat).unwrap();
    let item = component
        .component_type()
        .get_import(engine, "f")
        .map(|item| item.ty);
    match item {
        Some(ComponentItem::ComponentFunc(function)) => function,
        other => panic!("{other:?}"),
    }
}

fn shape(types: &str, signature: &str) -> Result<FunctionShape, ShapeError> {
    FunctionShape::of(
        &imported(&engine(), types, signature),
        &mut ShapeBudget::default(),
    )
}

fn refusal(types: &str, signature: &str) -> String {
    shape(types, signature).unwrap_err().to_string()
}

#[test]
fn every_type_is_read() {
    let types = r#"
        (type $record' (record (field "soql" string) (field "created-at" (option u64))))
        (import "record" (type $record (eq $record')))
        (type $variant' (variant (case "all") (case "only" (list string))))
        (import "variant" (type $variant (eq $variant')))
        (type $enum' (enum "asc" "desc")) (import "enum" (type $enum (eq $enum')))
        (type $flags' (flags "read" "write")) (import "flags" (type $flags (eq $flags')))
    "#;
    let signature = r#"
        (param "numbers" (tuple s8 u8 s16 u16 s32 u32 s64 u64 f32 f64)) (param "texts" (tuple bool char string))
        (param "bytes" (list u8)) (param "fixed" (list u8 4)) (param "map" (map string (option (option u8))))
        (param "record" $record) (param "variant" $variant) (param "enum" $enum) (param "flags" $flags)
        (result (result (error (result u8))))
    "#;
    let numbers = [
        Shape::S8,
        Shape::U8,
        Shape::S16,
        Shape::U16,
        Shape::S32,
        Shape::U32,
        Shape::S64,
        Shape::U64,
        Shape::F32,
        Shape::F64,
    ];
    let expected = FunctionShape::new(
        [
            ("numbers", Shape::tuple(numbers)),
            (
                "texts",
                Shape::tuple([Shape::Bool, Shape::Char, Shape::String]),
            ),
            ("bytes", Shape::Bytes),
            ("fixed", Shape::fixed_list(Shape::U8, 4)),
            (
                "map",
                Shape::map(Shape::String, Shape::option(Shape::option(Shape::U8))),
            ),
            (
                "record",
                Shape::record([
                    ("soql", Shape::String),
                    ("created-at", Shape::option(Shape::U64)),
                ]),
            ),
            (
                "variant",
                Shape::variant([("all", None), ("only", Some(Shape::list(Shape::String)))]),
            ),
            ("enum", Shape::enumeration(["asc", "desc"])),
            ("flags", Shape::flags(["read", "write"])),
        ],
        ResultShape::of(Shape::result(
            None,
            Some(Shape::result(Some(Shape::U8), None)),
        )),
    );
    assert_eq!(shape(types, signature).unwrap(), expected);
    assert_eq!(
        shape("", "").unwrap(),
        FunctionShape::new::<&str>([], ResultShape::None)
    );
}

#[test]
fn the_standard_error_is_the_one_in_the_contract() {
    // The same declaration as in wit/skill.wit, checked against it below.
    let types = r#"
        (type $limit' (record (field "message" string) (field "retry-after-seconds" (option u32))))
        (import "rate-limit" (type $limit (eq $limit')))
        (type $error' (variant (case "invalid-input" string) (case "unauthorized" string) (case "denied" string)
            (case "not-found" string) (case "conflict" string) (case "rate-limited" $limit)
            (case "unavailable" string) (case "internal" string)))
        (import "error" (type $error (eq $error')))
    "#;
    let function = shape(types, "(result (result string (error $error)))").unwrap();
    let standard = ResultShape::of(Shape::result(
        Some(Shape::String),
        Some(SkillError::shape().clone()),
    ));
    assert_eq!(*function.result(), standard);

    let contract = include_str!("../../../../../wit/skill.wit");
    let (_, variant) = contract.split_once("variant error {").unwrap();
    let (variant, _) = variant.split_once("\n    }").unwrap();
    let cases: Vec<&str> = variant
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with("),"))
        .collect();
    let Shape::Variant(shape) = SkillError::shape() else {
        panic!("no variant")
    };
    let named: Vec<String> = shape
        .cases()
        .iter()
        .map(|case| {
            let payload = if case.payload == Some(Shape::String) {
                "string"
            } else {
                "rate-limit"
            };
            format!("{}({payload}),", case.name)
        })
        .collect();
    assert_eq!(cases, named);
}

#[test]
fn handles_are_refused_by_name() {
    let resource = r#"(import "connection" (type $conn (sub resource)))"#;
    for (signature, sentence) in [
        (
            r#"(param "conn" (borrow $conn))"#,
            "parameter `conn` is a resource; tools take and return plain data",
        ),
        (
            r#"(param "conn" (own $conn))"#,
            "parameter `conn` is a resource; tools take and return plain data",
        ),
        (
            r#"(result (own $conn))"#,
            "the result is a resource; tools take and return plain data",
        ),
        (
            r#"(param "all" (list (tuple string (option (own $conn)))))"#,
            "parameter `all.item.1` is a resource; tools take and return plain data",
        ),
        (
            r#"(result (result (own $conn)))"#,
            "`ok` of the result is a resource; tools take and return plain data",
        ),
        (
            r#"(param "s" (stream u8))"#,
            "parameter `s` is a stream; tools take and return plain data",
        ),
        (
            r#"(param "s" (future string))"#,
            "parameter `s` is a future; tools take and return plain data",
        ),
    ] {
        assert_eq!(refusal(resource, signature), sentence);
    }
    let field = format!(
        "{resource} (type $r' (record (field \"name\" string) (field \"owner\" (own $conn)))) \
         (import \"r\" (type $r (eq $r')))"
    );
    assert_eq!(
        refusal(&field, "(param \"filter\" $r)"),
        "parameter `filter.owner` is a resource; tools take and return plain data",
    );
}

#[test]
fn a_type_that_doubles_at_every_level_is_refused() {
    let mut types = "(type $t0 (tuple u8 u8))".to_owned();
    for level in 1..17 {
        types += &format!("(type $t{level} (tuple $t{} $t{}))", level - 1, level - 1);
    }
    let error = shape(&types, "(param \"bomb\" $t16)").unwrap_err();
    assert!(
        matches!(&error, ShapeError::TooLarge { place, limit: MAX_NODES, .. } if place.starts_with("parameter `bomb.0.0")),
        "{error}",
    );
    shape(&types, "(param \"big\" $t10)").unwrap();
}

#[test]
fn long_names_that_are_repeated_are_refused() {
    let name = "n".repeat(90_000);
    let types =
        format!("(type $r' (record (field \"{name}\" u8))) (import \"r\" (type $r (eq $r')))");
    shape(
        &types,
        &format!("(param \"few\" (tuple {}))", "$r ".repeat(20)),
    )
    .unwrap();
    let error = shape(
        &types,
        &format!("(param \"many\" (tuple {}))", "$r ".repeat(30)),
    )
    .unwrap_err();
    assert!(
        matches!(
            error,
            ShapeError::TooLarge {
                limit: MAX_NAME_BYTES,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_type_nested_too_deep_is_refused() {
    let nested = |levels: usize| {
        format!(
            "(param \"deep\" {}u8{})",
            "(option ".repeat(levels),
            ")".repeat(levels)
        )
    };
    shape("", &nested(63)).unwrap();
    assert_eq!(
        refusal("", &nested(64)),
        "parameter `deep` is nested deeper than 64 levels"
    );
}

#[test]
fn the_budget_is_one_for_all_tools_of_a_component() {
    let engine = engine();
    let big = imported(
        &engine,
        "",
        &format!("(param \"big\" (tuple {}))", "u8 ".repeat(9_000)),
    );
    let mut budget = ShapeBudget::default();
    let fitting = (0..20)
        .take_while(|_| FunctionShape::of(&big, &mut budget).is_ok())
        .count();
    assert_eq!(fitting, MAX_NODES / 9_000);
}

/// A guest that gives back the list it was given, whatever the items are: it passes on the pointer and the length.
fn echo(engine: &Engine, types: &str, item: &str) -> Component {
    let wat = format!(
        r#"(component {types}
            (core module $m
                (memory (export "memory") 4)
                (global $next (mut i32) (i32.const 1024))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (global.set $next (i32.and
                        (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
                        (i32.sub (i32.const 0) (local.get 2))))
                    (global.get $next)
                    (global.set $next (i32.add (global.get $next) (local.get 3))))
                (func (export "echo") (param i32 i32) (result i32)
                    (i32.store (i32.const 16) (local.get 0))
                    (i32.store (i32.const 20) (local.get 1))
                    (i32.const 16)))
            (core instance $i (instantiate $m))
            (func (export "echo") (param "items" (list {item})) (result (list {item}))
                (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#
    );
    Component::new(engine, wat).unwrap()
}

/// What the guest makes of the arguments.
fn echoed(types: &str, item: &str, arguments: &str) -> Returned {
    let engine = engine();
    let component = echo(&engine, types, item);
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine)
        .instantiate(&mut store, &component)
        .unwrap();
    let function = instance.get_func(&mut store, "echo").unwrap();
    let shape = FunctionShape::of(&function.ty(&store), &mut ShapeBudget::default()).unwrap();
    let values: Vec<Val> = shape.arguments(arguments, DEFAULT_VALUE_MEMORY).unwrap();
    let mut results = shape.result_slots();
    function.call(&mut store, &values, &mut results).unwrap();
    shape.returned(&results, ROOM).unwrap()
}

#[test]
fn a_guest_takes_and_gives_back_every_type() {
    let types = r#"
        (type $record' (record (field "soql" string) (field "limit" (option u32))))
        (export $record "record" (type $record'))
        (type $variant' (variant (case "all") (case "only" (list string))))
        (export $variant "variant" (type $variant'))
        (type $enum' (enum "asc" "desc")) (export $enum "enum" (type $enum'))
        (type $flags' (flags "read" "write" "run")) (export $flags "flags" (type $flags'))
    "#;
    for (item, json) in [
        (
            "u64",
            r#"[0,9007199254740991,"9007199254740992","18446744073709551615"]"#,
        ),
        ("s64", r#"[-1,"-9223372036854775808"]"#),
        ("f32", r#"[0.1,-0.0,"NaN","Infinity"]"#),
        ("f64", r#"[0.1,-0.0,"-Infinity"]"#),
        (
            "(tuple bool s8 u8 s16 u16 s32 u32)",
            "[[true,-1,1,-2,2,-3,3]]",
        ),
        ("char", r#"["a","😀"]"#),
        ("string", r#"["","é\n"]"#),
        ("(list u8)", r#"["","AAH/"]"#),
        ("u8", r#""AAH/""#),
        ("(list u16 2)", "[[1,2],[3,4]]"),
        ("(map string u8)", r#"[{"b":1,"a":2},{}]"#),
        ("(map u32 string)", r#"[[[2,"x"],[1,"y"]]]"#),
        (
            "$record",
            r#"[{"soql":"x","limit":null},{"soql":"","limit":5}]"#,
        ),
        ("$variant", r#"["all",{"only":["x","y"]}]"#),
        ("$enum", r#"["asc","desc"]"#),
        ("$flags", r#"[[],["read","run"]]"#),
        ("(option (option u8))", r#"[null,{"some":null},{"some":1}]"#),
        ("(result (error string))", r#"[{"ok":null},{"err":"x"}]"#),
    ] {
        let arguments = format!("{{\"items\":{json}}}");
        assert_eq!(
            echoed(types, item, &arguments),
            Returned::Ok(json.to_owned()),
            "{item}"
        );
    }
}
