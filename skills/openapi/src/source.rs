//! The plan as a packed file: one operation of many is found by reading its line only.

use std::cell::RefCell;

use metier_openapi_plan::document::{Head, MAX_PLAN_BYTES};
use metier_openapi_plan::{BaseUrlConfig, Operation, Plan, RESOURCE};

use crate::answer::widened;
use crate::bindings::exports::metier::skill::tools::{Error, Tool};

/// How much is read first, in bytes: the head and every operation of a plan with a dozen of them.
const FIRST_READ: u32 = 16 << 10;

/// How much is read at a time after that, in bytes: as much as the host gives.
const NEXT_READ: u32 = 1 << 20;

/// What a call needs of the plan.
pub struct Found {
    /// The operation, without what only a model reads.
    pub operation: Operation,
    /// See [`Plan::base_url`].
    pub base_url: String,
    /// See [`Plan::base_url_config`].
    pub base_url_config: BaseUrlConfig,
}

/// The packed file, read through `read`: up to so many bytes from an offset.
pub struct Source<R> {
    read: R,
    /// The beginning of the file, as far as it has been read.
    beginning: RefCell<Vec<u8>>,
}

impl<R: Fn(u64, u32) -> Option<Vec<u8>>> Source<R> {
    /// Nothing is read yet.
    pub fn new(read: R) -> Self {
        Self {
            read,
            beginning: RefCell::default(),
        }
    }

    /// Every tool, in the plan's order.
    pub fn tools(&self) -> Result<Vec<Tool>, Error> {
        let tool = |operation: Operation| Tool {
            name: operation.tool,
            description: operation.description,
            input_schema: operation.input_schema.to_string(),
            output_schema: operation
                .output_schema
                .map(|schema| widened(schema).to_string()),
        };
        Ok(self.plan()?.operations.into_iter().map(tool).collect())
    }

    /// The operation of a tool.
    pub fn operation(&self, tool: &str) -> Result<Found, Error> {
        match self.shortcut(tool) {
            Some(found) => Ok(found),
            None => self.search(tool),
        }
    }

    /// By the head's index; `None` whenever it leads astray.
    fn shortcut(&self, tool: &str) -> Option<Found> {
        let head = self.head()?;
        let (start, length) = head.find(tool)?;
        let line = self.slice(start, length)?;
        Some(Found {
            operation: head.operation(tool, &line)?,
            base_url: head.base_url,
            base_url_config: head.base_url_config,
        })
    }

    fn search(&self, tool: &str) -> Result<Found, Error> {
        let plan = self.plan()?;
        let mut operations = plan.operations.into_iter();
        let operation = operations
            .find(|operation| operation.tool == tool)
            .ok_or_else(|| Error::NotFound(format!("there is no tool `{tool}`")))?;
        Ok(Found {
            operation,
            base_url: plan.base_url,
            base_url_config: plan.base_url_config,
        })
    }

    fn head(&self) -> Option<Head> {
        let mut more = FIRST_READ;
        while self.extend(more)? > 0 {
            if let Some(head) = Head::read(&self.beginning.borrow()) {
                return Some(head);
            }
            // A first line that has ended and is no head will not become one.
            if self.beginning.borrow().contains(&b'\n') {
                return None;
            }
            more = NEXT_READ;
        }
        None
    }

    fn slice(&self, start: usize, length: usize) -> Option<Vec<u8>> {
        let end = start.checked_add(length)?;
        if let Some(line) = self.beginning.borrow().get(start..end) {
            return Some(line.to_vec());
        }
        let mut line = Vec::new();
        while line.len() < length {
            let at = start.checked_add(line.len())?;
            let wanted = u32::try_from(length - line.len()).ok()?;
            let piece = (self.read)(at as u64, wanted.min(NEXT_READ))?;
            if piece.is_empty() {
                return None;
            }
            line.extend_from_slice(&piece);
        }
        Some(line)
    }

    /// Reads up to `more` bytes behind the beginning; tells how many came.
    fn extend(&self, more: u32) -> Option<usize> {
        let mut beginning = self.beginning.borrow_mut();
        if beginning.len() > MAX_PLAN_BYTES {
            return None;
        }
        let piece = (self.read)(beginning.len() as u64, more)?;
        beginning.extend_from_slice(&piece);
        Some(piece.len())
    }

    fn plan(&self) -> Result<Plan, Error> {
        let damaged = |why: String| {
            Error::Internal(format!("{RESOURCE} of this skill cannot be used: {why}"))
        };
        loop {
            match self.extend(NEXT_READ) {
                Some(0) => break,
                Some(_) => {}
                None => return Err(damaged("it is missing or too large".to_owned())),
            }
        }
        let bytes = self.beginning.borrow();
        let text = std::str::from_utf8(&bytes).map_err(|error| damaged(error.to_string()))?;
        Plan::from_json(text).map_err(|error| damaged(error.to_string()))
    }
}

#[cfg(test)]
mod tests;
