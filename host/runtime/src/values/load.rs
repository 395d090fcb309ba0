//! From a component's types to shapes, once, at load: refuses what is not plain data and what is too large.

use wasmtime::component::Type;

use super::names::Names;
use super::shape::{RecordShape, Shape, VariantShape};

/// Parts (types, fields, cases, names) all tools of one component may have together.
///
/// A tuple of two equal tuples of two … doubles at every level: a few hundred bytes of component would make a schema
/// of gigabytes. The largest real tool sets have some ten thousand parts; this many make about 10 MB of schema.
pub const MAX_NODES: usize = 65_536;

/// Bytes all names in one component's tool types may have together, counted wherever they appear. A type with long
/// names that is mentioned often multiplies just like a nested one.
pub const MAX_NAME_BYTES: usize = 2 * 1024 * 1024;

/// Levels of nesting. A level takes at most two of JSON's (a map of pairs), the arguments' own object takes one, and
/// the JSON parser stops at 128: whatever has a shape can be parsed. It also bounds every recursion in this module.
pub const MAX_DEPTH: usize = 64;

/// Why a component's function cannot be a tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A handle: it means something only inside the component.
    #[error("{place} is {kind}; tools take and return plain data")]
    NotData {
        /// ``parameter `conn` ``, ``parameter `filter.owner` ``, `the result`.
        place: String,
        /// `a resource`, `a stream` …
        kind: &'static str,
    },
    /// More than [`MAX_NODES`] or [`MAX_NAME_BYTES`].
    #[error(
        "{place} is too large a type: all tools of a component together may have {limit} {unit}"
    )]
    TooLarge {
        /// Where the limit was reached.
        place: String,
        /// The limit.
        limit: usize,
        /// What it counts.
        unit: &'static str,
    },
    /// More than [`MAX_DEPTH`].
    #[error("{place} is nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Where the limit was reached.
        place: String,
    },
}

/// What the tools of one component may still use up. Make one per component and pass it to every conversion.
#[derive(Debug)]
pub struct ShapeBudget {
    nodes: usize,
    name_bytes: usize,
}

impl Default for ShapeBudget {
    fn default() -> Self {
        Self {
            nodes: MAX_NODES,
            name_bytes: MAX_NAME_BYTES,
        }
    }
}

/// A problem and the way to it, innermost step first.
pub(super) struct Problem {
    kind: Kind,
    steps: Vec<String>,
}

enum Kind {
    NotData(&'static str),
    TooLarge(usize, &'static str),
    TooDeep,
}

impl Problem {
    fn inside(mut self, step: &str) -> Self {
        self.steps.push(step.to_owned());
        self
    }

    /// The error, for the parameter called `parameter` or for the result.
    pub(super) fn into_error(self, parameter: Option<&str>) -> ShapeError {
        let inner = self
            .steps
            .iter()
            .rev()
            .map(|step| format!(".{step}"))
            .collect::<String>();
        let place = match parameter {
            Some(name) => format!("parameter `{name}{inner}`"),
            None if inner.is_empty() => "the result".to_owned(),
            None => format!("`{}` of the result", &inner[1..]),
        };
        match self.kind {
            Kind::NotData(kind) => ShapeError::NotData { place, kind },
            Kind::TooLarge(limit, unit) => ShapeError::TooLarge { place, limit, unit },
            Kind::TooDeep => ShapeError::TooDeep { place },
        }
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            steps: Vec::new(),
        }
    }
}

impl ShapeBudget {
    fn node(&mut self) -> Result<(), Problem> {
        let left = self
            .nodes
            .checked_sub(1)
            .ok_or(Kind::TooLarge(MAX_NODES, "parts"))?;
        self.nodes = left;
        Ok(())
    }

    /// A field, a case or a name in a list of names.
    pub(super) fn name(&mut self, name: &str) -> Result<(), Problem> {
        self.node()?;
        let left = self.name_bytes.checked_sub(name.len());
        self.name_bytes = left.ok_or(Kind::TooLarge(MAX_NAME_BYTES, "bytes of names"))?;
        Ok(())
    }

    /// The shape of `ty`, found `depth` levels below a parameter or result.
    pub(super) fn shape(&mut self, ty: &Type, depth: usize) -> Result<Shape, Problem> {
        self.node()?;
        if depth >= MAX_DEPTH {
            return Err(Kind::TooDeep.into());
        }
        Ok(match ty {
            Type::Bool => Shape::Bool,
            Type::S8 => Shape::S8,
            Type::U8 => Shape::U8,
            Type::S16 => Shape::S16,
            Type::U16 => Shape::U16,
            Type::S32 => Shape::S32,
            Type::U32 => Shape::U32,
            Type::S64 => Shape::S64,
            Type::U64 => Shape::U64,
            Type::Float32 => Shape::F32,
            Type::Float64 => Shape::F64,
            Type::Char => Shape::Char,
            Type::String => Shape::String,
            Type::Own(_) | Type::Borrow(_) => return Err(Kind::NotData("a resource").into()),
            Type::Future(_) => return Err(Kind::NotData("a future").into()),
            Type::Stream(_) => return Err(Kind::NotData("a stream").into()),
            Type::ErrorContext => return Err(Kind::NotData("an error-context").into()),
            compound => self.compound(compound, depth + 1)?,
        })
    }

    fn compound(&mut self, ty: &Type, depth: usize) -> Result<Shape, Problem> {
        Ok(match ty {
            Type::List(list) => Shape::list(self.part("item", &list.ty(), depth)?),
            Type::FixedLengthList(list) => {
                Shape::fixed_list(self.part("item", &list.ty(), depth)?, list.len())
            }
            Type::Map(map) => Shape::map(
                self.part("key", &map.key(), depth)?,
                self.part("value", &map.value(), depth)?,
            ),
            Type::Record(record) => self.record(record, depth)?,
            Type::Tuple(tuple) => {
                let item = |(place, ty): (usize, Type)| self.part(&place.to_string(), &ty, depth);
                Shape::Tuple(
                    tuple
                        .types()
                        .enumerate()
                        .map(item)
                        .collect::<Result<_, _>>()?,
                )
            }
            Type::Variant(variant) => self.variant(variant, depth)?,
            Type::Enum(cases) => Shape::Enum(self.names(cases.names())?.into()),
            Type::Flags(flags) => Shape::Flags(self.names(flags.names())?.into()),
            Type::Option(option) => Shape::option(self.shape(&option.ty(), depth)?),
            Type::Result(result) => {
                let ok = result
                    .ok()
                    .map(|ty| self.part("ok", &ty, depth))
                    .transpose()?;
                Shape::result(
                    ok,
                    result
                        .err()
                        .map(|ty| self.part("err", &ty, depth))
                        .transpose()?,
                )
            }
            // Every simple type was taken out before.
            _ => return Err(Kind::NotData("of a kind this host does not know").into()),
        })
    }

    fn part(&mut self, step: &str, ty: &Type, depth: usize) -> Result<Shape, Problem> {
        self.shape(ty, depth)
            .map_err(|problem| problem.inside(step))
    }

    fn names<'a>(
        &mut self,
        names: impl ExactSizeIterator<Item = &'a str>,
    ) -> Result<Names, Problem> {
        let mut kept = Vec::new();
        for name in names {
            self.name(name)?;
            kept.push(name);
        }
        Ok(Names::new(kept))
    }

    fn record(
        &mut self,
        ty: &wasmtime::component::types::Record,
        depth: usize,
    ) -> Result<Shape, Problem> {
        let mut fields = Vec::new();
        for field in ty.fields() {
            self.name(field.name)?;
            let shape = self.part(field.name, &field.ty, depth)?;
            fields.push((field.name, shape));
        }
        Ok(Shape::Record(RecordShape::new(fields).into()))
    }

    fn variant(
        &mut self,
        ty: &wasmtime::component::types::Variant,
        depth: usize,
    ) -> Result<Shape, Problem> {
        let mut cases = Vec::new();
        for case in ty.cases() {
            self.name(case.name)?;
            let payload = case
                .ty
                .map(|ty| self.part(case.name, &ty, depth))
                .transpose()?;
            cases.push((case.name, payload));
        }
        Ok(Shape::Variant(VariantShape::new(cases).into()))
    }
}
