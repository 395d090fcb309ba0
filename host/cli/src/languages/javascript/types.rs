//! TypeScript declarations of a world: what an editor completes, and `tsc` checks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wit_parser::{
    Docs, Function, FunctionKind, Handle, InterfaceId, Type, TypeDef, TypeDefKind, TypeId,
    TypeOwner,
};

use super::Engine;
use super::entry::{camel, pascal};
use crate::languages::world::{Export, World};

/// Words that cannot name a declaration.
const RESERVED: &[&str] = &[
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "new",
    "null",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// The declarations of every import, and of the world itself as the module `metier:world`.
pub fn declarations(world: &World, engine: Engine) -> String {
    let writer = Writer { world, engine };
    let mut text =
        String::from("// Written by `metier build` from the folder `wit`. Do not edit.\n");
    let mut interfaces: BTreeSet<(String, InterfaceId)> = world.own_imports().collect();
    // Types come from interfaces that are named by others only.
    for (id, _) in world.resolve.interfaces.iter() {
        if let Some(name) = world.resolve.id_of(id)
            && !world.resolve.interfaces[id].types.is_empty()
            && writer.is_used(id)
        {
            interfaces.insert((name, id));
        }
    }
    for (name, id) in &interfaces {
        writer.interface(&mut text, name, *id);
    }
    writer.world(&mut text);
    text
}

struct Writer<'a> {
    world: &'a World,
    engine: Engine,
}

impl Writer<'_> {
    /// Whether some import or export is made of types of this interface.
    fn is_used(&self, id: InterfaceId) -> bool {
        let mut left: Vec<InterfaceId> = self.world.own_imports().map(|(_, id)| id).collect();
        left.extend(self.world.exported_interfaces());
        left.extend(
            self.world
                .types()
                .filter_map(|(_, ty)| self.home(self.world.defined(ty))),
        );
        let mut seen = BTreeSet::new();
        while let Some(next) = left.pop() {
            if seen.insert(next) {
                left.extend(self.world.resolve.interface_direct_deps(next));
            }
        }
        seen.contains(&id)
    }

    fn home(&self, id: TypeId) -> Option<InterfaceId> {
        match self.world.resolve.types[id].owner {
            TypeOwner::Interface(interface) => Some(interface),
            _ => None,
        }
    }

    fn interface(&self, text: &mut String, name: &str, id: InterfaceId) {
        let interface = &self.world.resolve.interfaces[id];
        comment(text, "", &interface.docs);
        _ = writeln!(text, "declare module {name:?} {{");
        for (name, ty) in &interface.types {
            self.type_definition(text, name, *ty);
        }
        for function in interface.functions.values() {
            if matches!(
                function.kind,
                FunctionKind::Freestanding | FunctionKind::AsyncFreestanding
            ) {
                self.function(text, function);
            }
        }
        text.push_str("  export {};\n}\n\n");
    }

    fn function(&self, text: &mut String, function: &Function) {
        let name = camel(&function.name);
        let signature = format!(
            "({}): {}",
            self.parameters(function),
            self.returned(function)
        );
        comment(text, "  ", &function.docs);
        _ = match RESERVED.contains(&name.as_str()) {
            true => writeln!(
                text,
                "  function _{name}{signature};\n  export {{ _{name} as {name} }};"
            ),
            false => writeln!(text, "  export function {name}{signature};"),
        };
    }

    fn world(&self, text: &mut String) {
        text.push_str("declare module \"metier:world\" {\n");
        for (name, ty) in self.world.types() {
            self.type_definition(text, name, ty);
        }
        text.push_str(
            "  /** The functions the skill's module exports. */\n  export interface World {\n",
        );
        for export in self.world.exports() {
            match export {
                Export::Function(function) => self.tool(text, "    ", function),
                Export::Interface(name, functions) => {
                    _ = writeln!(text, "    {}: {{", camel(&name));
                    for function in functions {
                        if !function.name.starts_with('[') {
                            self.tool(text, "      ", function);
                        }
                    }
                    text.push_str("    };\n");
                }
            }
        }
        text.push_str("  }\n}\n");
    }

    fn tool(&self, text: &mut String, indent: &str, function: &Function) {
        comment(text, indent, &function.docs);
        let answer = self.returned(function);
        let name = camel(&function.name);
        let parameters = self.parameters(function);
        _ = writeln!(
            text,
            "{indent}{name}({parameters}): {answer} | Promise<{answer}>;"
        );
    }

    fn parameters(&self, function: &Function) -> String {
        let is_self = |index: usize| {
            index == 0
                && matches!(
                    function.kind,
                    FunctionKind::Method(_) | FunctionKind::AsyncMethod(_)
                )
        };
        let named = function
            .params
            .iter()
            .enumerate()
            .filter(|(index, _)| !is_self(*index))
            .map(|(_, param)| {
                let name = camel(&param.name);
                let name = if RESERVED.contains(&name.as_str()) {
                    format!("{name}_")
                } else {
                    name
                };
                format!("{name}: {}", self.ty(&param.ty))
            });
        named.collect::<Vec<_>>().join(", ")
    }

    /// A `result` at the top is what is returned, or thrown.
    fn returned(&self, function: &Function) -> String {
        let Some(ty) = function.result else {
            return "void".to_owned();
        };
        if let Type::Id(id) = ty
            && let TypeDefKind::Result(result) =
                &self.world.resolve.types[self.world.defined(id)].kind
        {
            return result.ok.map_or("void".to_owned(), |ok| self.ty(&ok));
        }
        self.ty(&ty)
    }

    fn type_definition(&self, text: &mut String, name: &str, id: TypeId) {
        let ty = &self.world.resolve.types[id];
        comment(text, "  ", &ty.docs);
        let name = pascal(name);
        _ = match &ty.kind {
            TypeDefKind::Resource => return self.resource(text, &name, id),
            TypeDefKind::Record(record) => {
                _ = writeln!(text, "  export interface {name} {{");
                for field in &record.fields {
                    comment(text, "    ", &field.docs);
                    let optional = if self.is_option(&field.ty) { "?" } else { "" };
                    _ = writeln!(
                        text,
                        "    {}{optional}: {};",
                        camel(&field.name),
                        self.ty(&field.ty)
                    );
                }
                writeln!(text, "  }}")
            }
            TypeDefKind::Type(Type::Id(_)) if self.is_resource(id) => {
                writeln!(
                    text,
                    "  export type {name} = {};",
                    self.reference(self.world.defined(id))
                )
            }
            kind => writeln!(text, "  export type {name} = {};", self.kind(ty, kind)),
        };
    }

    fn is_resource(&self, id: TypeId) -> bool {
        matches!(
            self.world.resolve.types[self.world.defined(id)].kind,
            TypeDefKind::Resource
        )
    }

    fn is_option(&self, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return false };
        matches!(
            self.world.resolve.types[self.world.defined(*id)].kind,
            TypeDefKind::Option(_)
        )
    }

    fn resource(&self, text: &mut String, name: &str, id: TypeId) {
        _ = writeln!(text, "  export class {name} {{");
        let home = self
            .home(id)
            .map(|home| &self.world.resolve.interfaces[home]);
        let mut has_constructor = false;
        for function in home.into_iter().flat_map(|home| home.functions.values()) {
            if function.kind.resource() != Some(id) {
                continue;
            }
            comment(text, "    ", &function.docs);
            let parameters = self.parameters(function);
            let method = camel(function.item_name());
            let answer = self.returned(function);
            _ = match function.kind {
                FunctionKind::Constructor(_) => {
                    has_constructor = true;
                    writeln!(text, "    constructor({parameters});")
                }
                FunctionKind::Static(_) | FunctionKind::AsyncStatic(_) => {
                    writeln!(text, "    static {method}({parameters}): {answer};")
                }
                _ => writeln!(text, "    {method}({parameters}): {answer};"),
            };
        }
        if !has_constructor {
            text.push_str("    private constructor();\n");
        }
        text.push_str("  }\n");
    }

    fn ty(&self, ty: &Type) -> String {
        let wide = match self.engine {
            Engine::QuickJs => "number",
            Engine::StarlingMonkey => "bigint",
        };
        match ty {
            Type::Bool => "boolean".to_owned(),
            Type::U64 | Type::S64 => wide.to_owned(),
            Type::Char | Type::String => "string".to_owned(),
            Type::ErrorContext => "unknown".to_owned(),
            Type::Id(id) => match &self.world.resolve.types[*id] {
                named if named.name.is_some() => self.reference(*id),
                plain => self.kind(plain, &plain.kind),
            },
            _ => "number".to_owned(),
        }
    }

    /// A type by its name, wherever it is defined.
    fn reference(&self, id: TypeId) -> String {
        let id = self.world.defined(id);
        let ty = &self.world.resolve.types[id];
        let name = pascal(ty.name.as_deref().unwrap_or_default());
        match self
            .home(id)
            .and_then(|home| self.world.resolve.id_of(home))
        {
            Some(module) => format!("import({module:?}).{name}"),
            None => name,
        }
    }

    fn kind(&self, ty: &TypeDef, kind: &TypeDefKind) -> String {
        match kind {
            TypeDefKind::Type(inner) => self.ty(inner),
            TypeDefKind::Option(inner) if self.is_option(inner) => {
                format!(
                    "{{ tag: \"some\"; val: {} }} | {{ tag: \"none\" }}",
                    self.ty(inner)
                )
            }
            TypeDefKind::Option(inner) => format!("{} | null | undefined", self.ty(inner)),
            TypeDefKind::List(inner) | TypeDefKind::FixedLengthList(inner, _) => self.list(inner),
            TypeDefKind::Tuple(tuple) => {
                let parts: Vec<String> = tuple.types.iter().map(|ty| self.ty(ty)).collect();
                format!("[{}]", parts.join(", "))
            }
            TypeDefKind::Flags(flags) => {
                let parts: Vec<String> = flags
                    .flags
                    .iter()
                    .map(|flag| format!("{}?: boolean", camel(&flag.name)))
                    .collect();
                format!("{{ {} }}", parts.join("; "))
            }
            TypeDefKind::Enum(all) => {
                union(all.cases.iter().map(|case| format!("{:?}", case.name)))
            }
            TypeDefKind::Variant(variant) => union(
                variant
                    .cases
                    .iter()
                    .map(|case| self.case(&case.name, case.ty.as_ref())),
            ),
            TypeDefKind::Result(result) => union(
                [("ok", result.ok), ("err", result.err)]
                    .iter()
                    .map(|(name, ty)| self.case(name, ty.as_ref())),
            ),
            TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => self.reference(*id),
            TypeDefKind::Map(key, value) => format!("Map<{}, {}>", self.ty(key), self.ty(value)),
            _ => ty.name.as_deref().map_or("unknown".to_owned(), pascal),
        }
    }

    fn list(&self, inner: &Type) -> String {
        let array = match inner {
            Type::U8 => "Uint8Array",
            Type::S8 => "Int8Array",
            Type::U16 => "Uint16Array",
            Type::S16 => "Int16Array",
            Type::U32 => "Uint32Array",
            Type::S32 => "Int32Array",
            Type::U64 => "BigUint64Array",
            Type::S64 => "BigInt64Array",
            Type::F32 => "Float32Array",
            Type::F64 => "Float64Array",
            _ => return format!("Array<{}>", self.ty(inner)),
        };
        array.to_owned()
    }

    fn case(&self, name: &str, ty: Option<&Type>) -> String {
        match ty {
            Some(ty) => format!("{{ tag: {name:?}; val: {} }}", self.ty(ty)),
            None => format!("{{ tag: {name:?} }}"),
        }
    }
}

fn union(cases: impl Iterator<Item = String>) -> String {
    cases.collect::<Vec<_>>().join(" | ")
}

fn comment(text: &mut String, indent: &str, docs: &Docs) {
    let Some(docs) = docs
        .contents
        .as_deref()
        .map(str::trim)
        .filter(|docs| !docs.is_empty())
    else {
        return;
    };
    _ = writeln!(text, "{indent}/**");
    for line in docs.lines() {
        let line = line.replace("*/", "* /");
        _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
    }
    _ = writeln!(text, "{indent} */");
}
