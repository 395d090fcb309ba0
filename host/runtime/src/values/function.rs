//! A whole exported function: its arguments as one JSON object, its result unwrapped.

use std::sync::Arc;

use wasmtime::component::Val;
use wasmtime::component::types::ComponentFunc;

use super::encode::EncodeError;
use super::error::ValueError;
use super::load::{ShapeBudget, ShapeError};
use super::shape::{Field, RecordShape, Shape};
use super::skill_error::SkillError;
use super::{decode, encode};

/// The compiled signature of a tool. Cloning it copies two pointers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionShape {
    pub(super) params: Arc<RecordShape>,
    pub(super) result: ResultShape,
}

/// What a function gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultShape {
    /// Nothing: JSON null.
    None,
    /// A value that is no `result`.
    Plain(Shape),
    /// A `result` at the top: its two sides are told apart before any JSON is written.
    Fallible {
        /// What `ok` carries; JSON null when it carries nothing.
        ok: Option<Shape>,
        /// What `err` carries.
        err: ErrorShape,
    },
}

/// What the `err` side of a function's result carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// Nothing.
    None,
    /// The standard variant of `metier:skill/types`.
    Standard,
    /// A type of the skill's own.
    Other(Shape),
}

/// What a function gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// It succeeded; JSON.
    Ok(String),
    /// It failed, and said so in the standard words.
    StandardError(SkillError),
    /// It failed with an error type of its own; JSON.
    OtherError(String),
}

impl FunctionShape {
    /// From parameters in declaration order.
    pub fn new<N: Into<Box<str>>>(
        params: impl IntoIterator<Item = (N, Shape)>,
        result: ResultShape,
    ) -> Self {
        Self {
            params: Arc::new(RecordShape::new(params)),
            result,
        }
    }

    /// From an exported function's type. Pass the same budget for every function of a component.
    pub fn of(ty: &ComponentFunc, budget: &mut ShapeBudget) -> Result<Self, ShapeError> {
        let mut params = Vec::new();
        for (name, ty) in ty.params() {
            let shape = budget.name(name).and_then(|()| budget.shape(&ty, 0));
            params.push((
                name,
                shape.map_err(|problem| problem.into_error(Some(name)))?,
            ));
        }
        // The component model allows one result at most.
        let result = match ty.results().next() {
            None => ResultShape::None,
            Some(ty) => ResultShape::of(
                budget
                    .shape(&ty, 0)
                    .map_err(|problem| problem.into_error(None))?,
            ),
        };
        Ok(Self::new(params, result))
    }

    /// The parameters in declaration order.
    pub fn params(&self) -> &[Field] {
        self.params.fields()
    }

    /// What it gives back.
    pub fn result(&self) -> &ResultShape {
        &self.result
    }

    /// The values to call the function with, from the JSON object of its arguments.
    ///
    /// `max_memory` bounds the bytes the values take on the host ([`DEFAULT_VALUE_MEMORY`](super::DEFAULT_VALUE_MEMORY)).
    pub fn arguments(&self, json: &str, max_memory: usize) -> Result<Vec<Val>, ValueError> {
        decode::arguments(&self.params, json, max_memory)
    }

    /// Places for the results of a call, as wasmtime's `Func::call` wants them; what they hold before the call is not read.
    pub fn result_slots(&self) -> Vec<Val> {
        match self.result {
            ResultShape::None => Vec::new(),
            _ => vec![Val::Bool(false)],
        }
    }

    /// What the function gave back, from the values a call left in [`FunctionShape::result_slots`].
    ///
    /// JSON, and the message of a standard error, of more than `max_bytes` is an error.
    pub fn returned(&self, results: &[Val], max_bytes: usize) -> Result<Returned, EncodeError> {
        match (&self.result, results) {
            (ResultShape::None, []) => Ok(Returned::Ok("null".to_owned())),
            (ResultShape::Plain(shape), [value]) => {
                Ok(Returned::Ok(shape.encode(value, max_bytes)?))
            }
            (ResultShape::Fallible { ok, .. }, [Val::Result(Ok(value))]) => {
                payload(ok.as_ref(), value.as_deref(), max_bytes).map(Returned::Ok)
            }
            (ResultShape::Fallible { err, .. }, [Val::Result(Err(value))]) => {
                failure(err, value.as_deref(), max_bytes)
            }
            _ => Err(EncodeError::Mismatch {
                expected: "the function's results",
                found: "others",
            }),
        }
    }
}

impl ResultShape {
    /// From the type of a function's result.
    pub fn of(shape: Shape) -> Self {
        let Shape::Result(pair) = shape else {
            return Self::Plain(shape);
        };
        let err = match pair.err.clone() {
            None => ErrorShape::None,
            Some(err) if err == *SkillError::shape() => ErrorShape::Standard,
            Some(err) => ErrorShape::Other(err),
        };
        Self::Fallible {
            ok: pair.ok.clone(),
            err,
        }
    }
}

fn failure(
    shape: &ErrorShape,
    value: Option<&Val>,
    max_bytes: usize,
) -> Result<Returned, EncodeError> {
    match shape {
        ErrorShape::None => payload(None, value, max_bytes).map(Returned::OtherError),
        ErrorShape::Other(shape) => {
            payload(Some(shape), value, max_bytes).map(Returned::OtherError)
        }
        ErrorShape::Standard => {
            let mismatch = EncodeError::Mismatch {
                expected: "the standard error",
                found: "another value",
            };
            let error = value.and_then(SkillError::from_value).ok_or(mismatch)?;
            if error.message().len() > max_bytes {
                return Err(EncodeError::TooLarge { limit: max_bytes });
            }
            Ok(Returned::StandardError(error))
        }
    }
}

fn payload(
    shape: Option<&Shape>,
    value: Option<&Val>,
    max_bytes: usize,
) -> Result<String, EncodeError> {
    match (shape, value) {
        (None, None) => Ok("null".to_owned()),
        (Some(shape), Some(value)) => encode::encode(shape, value, max_bytes),
        _ => Err(EncodeError::Mismatch {
            expected: "a payload as declared",
            found: "another",
        }),
    }
}
