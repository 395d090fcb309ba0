//! A WIT type as a plain tree, with everything a conversion needs worked out beforehand.
//!
//! Shapes are cheap to clone (shared by reference) and can be built by hand, so that conversions are testable
//! without a component. Two shapes are equal when the WIT types are structurally equal, names included.

use std::sync::Arc;

use super::names::Names;

/// A WIT type that is plain data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `bool`
    Bool,
    /// `s8`
    S8,
    /// `u8`
    U8,
    /// `s16`
    S16,
    /// `u16`
    U16,
    /// `s32`
    S32,
    /// `u32`
    U32,
    /// `s64`
    S64,
    /// `u64`
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `char`
    Char,
    /// `string`
    String,
    /// `list<u8>`
    Bytes,
    /// `list<T>` of anything but `u8`; build it with [`Shape::list`].
    List(Arc<Shape>),
    /// `list<T, N>`
    FixedList(Arc<Shape>, u32),
    /// `map<K, V>`
    Map(Arc<MapShape>),
    /// `record`
    Record(Arc<RecordShape>),
    /// `tuple<…>`
    Tuple(Arc<[Shape]>),
    /// `variant`
    Variant(Arc<VariantShape>),
    /// `enum`
    Enum(Arc<Names>),
    /// `option<T>`
    Option(Arc<Shape>),
    /// `result<T, E>`
    Result(Arc<ResultPair>),
    /// `flags`
    Flags(Arc<Names>),
}

/// Key and value of a `map`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapShape {
    /// The key's type. String keys make a JSON object, all others an array of pairs.
    pub key: Shape,
    /// The value's type.
    pub value: Shape,
}

/// The fields of a `record`, or the parameters of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordShape {
    fields: Box<[Field]>,
    names: Names,
}

/// One field of a `record`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its WIT name.
    pub name: Box<str>,
    /// Its type. A field whose type is an `option` may be left out.
    pub shape: Shape,
}

/// The cases of a `variant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantShape {
    cases: Box<[Case]>,
    names: Names,
}

/// One case of a `variant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its WIT name.
    pub name: Box<str>,
    /// What it carries, if anything.
    pub payload: Option<Shape>,
}

/// The two sides of a `result`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultPair {
    /// The payload of `ok`.
    pub ok: Option<Shape>,
    /// The payload of `err`.
    pub err: Option<Shape>,
}

impl RecordShape {
    /// Fields in declaration order.
    pub fn new<N: Into<Box<str>>>(fields: impl IntoIterator<Item = (N, Shape)>) -> Self {
        let field = |(name, shape): (N, Shape)| Field {
            name: name.into(),
            shape,
        };
        let fields: Box<[Field]> = fields.into_iter().map(field).collect();
        let names = Names::new(fields.iter().map(|field| field.name.clone()));
        Self { fields, names }
    }

    /// The fields in declaration order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }
}

impl VariantShape {
    /// Cases in declaration order.
    pub fn new<N: Into<Box<str>>>(cases: impl IntoIterator<Item = (N, Option<Shape>)>) -> Self {
        let case = |(name, payload): (N, Option<Shape>)| Case {
            name: name.into(),
            payload,
        };
        let cases: Box<[Case]> = cases.into_iter().map(case).collect();
        let names = Names::new(cases.iter().map(|case| case.name.clone()));
        Self { cases, names }
    }

    /// The cases in declaration order.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// The case called `name`.
    pub(crate) fn case(&self, name: &str) -> Option<&Case> {
        self.cases.get(self.names.position(name, 0)?)
    }
}

impl Shape {
    /// `list<T>`; `list<u8>` becomes [`Shape::Bytes`].
    pub fn list(item: Self) -> Self {
        if item == Self::U8 {
            Self::Bytes
        } else {
            Self::List(Arc::new(item))
        }
    }

    /// `list<T, N>`
    pub fn fixed_list(item: Self, length: u32) -> Self {
        Self::FixedList(Arc::new(item), length)
    }

    /// `map<K, V>`
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(MapShape { key, value }))
    }

    /// `record`
    pub fn record<N: Into<Box<str>>>(fields: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Record(Arc::new(RecordShape::new(fields)))
    }

    /// `tuple<…>`
    pub fn tuple(items: impl IntoIterator<Item = Self>) -> Self {
        Self::Tuple(items.into_iter().collect())
    }

    /// `variant`
    pub fn variant<N: Into<Box<str>>>(cases: impl IntoIterator<Item = (N, Option<Self>)>) -> Self {
        Self::Variant(Arc::new(VariantShape::new(cases)))
    }

    /// `enum`
    pub fn enumeration<N: Into<Box<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        Self::Enum(Arc::new(Names::new(names)))
    }

    /// `flags`
    pub fn flags<N: Into<Box<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        Self::Flags(Arc::new(Names::new(names)))
    }

    /// `option<T>`
    pub fn option(inner: Self) -> Self {
        Self::Option(Arc::new(inner))
    }

    /// `result<T, E>`
    pub fn result(ok: Option<Self>, err: Option<Self>) -> Self {
        Self::Result(Arc::new(ResultPair { ok, err }))
    }

    /// The WIT keyword of the type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::String => "string",
            Self::Bytes | Self::List(_) | Self::FixedList(..) => "list",
            Self::Map(_) => "map",
            Self::Record(_) => "record",
            Self::Tuple(_) => "tuple",
            Self::Variant(_) => "variant",
            Self::Enum(_) => "enum",
            Self::Option(_) => "option",
            Self::Result(_) => "result",
            Self::Flags(_) => "flags",
        }
    }

    /// Whether null is one of its JSON values. An `option` around such a type needs `{"some": …}` to stay unambiguous.
    pub(crate) fn is_option(&self) -> bool {
        matches!(self, Self::Option(_))
    }
}
