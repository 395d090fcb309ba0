//! As much of JQL as clients of the tests speak: comparisons joined by AND, OR and NOT, parentheses, and ORDER BY.

mod lexer;

use crate::site::{Issue, PEOPLE};
use lexer::{Token, tokens};

/// Deepest parentheses.
const MAX_DEPTH: usize = 50;

/// What a query may ask about.
const FIELDS: [&str; 13] = [
    "project",
    "status",
    "assignee",
    "summary",
    "description",
    "text",
    "key",
    "issuekey",
    "type",
    "issuetype",
    "labels",
    "created",
    "updated",
];

/// A parsed query.
#[derive(Debug)]
pub(crate) struct Query {
    keeps: Option<Test>,
    order: Vec<(&'static str, bool)>,
}

#[derive(Debug)]
enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Empty(&'static str),
    Same(&'static str, Vec<String>),
    Contains(&'static str, String),
    Less(&'static str, String),
    Greater(&'static str, String),
}

impl Query {
    /// # Errors
    /// What Jira would say of it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
        };
        let bare = parser.tokens.is_empty() || parser.is_word("order");
        let keeps = if bare {
            None
        } else {
            Some(parser.either(MAX_DEPTH)?)
        };
        let order = parser.ordering()?;
        match parser.tokens.get(parser.at) {
            None => Ok(Self { keeps, order }),
            Some(token) => Err(format!(
                "Expecting either 'OR' or 'AND' but got '{}'.",
                token.text
            )),
        }
    }

    /// The issues it means, in its order.
    pub(crate) fn of<'s>(&self, issues: &'s [Issue]) -> Vec<&'s Issue> {
        let keeps = |issue: &&Issue| self.keeps.as_ref().is_none_or(|test| test.holds(issue));
        let mut found: Vec<&Issue> = issues.iter().filter(keeps).collect();
        for (field, backwards) in self.order.iter().rev() {
            let value =
                |issue: &&Issue| values(issue, field).into_iter().next().unwrap_or_default();
            found.sort_by_key(value);
            if *backwards {
                found.reverse();
            }
        }
        found
    }
}

impl Test {
    fn holds(&self, issue: &Issue) -> bool {
        match self {
            Test::All(tests) => tests.iter().all(|test| test.holds(issue)),
            Test::Any(tests) => tests.iter().any(|test| test.holds(issue)),
            Test::Not(test) => !test.holds(issue),
            Test::Empty(field) => values(issue, field).is_empty(),
            Test::Same(field, wanted) => {
                let there = values(issue, field);
                let same =
                    |value: &String| wanted.iter().any(|one| one.eq_ignore_ascii_case(value));
                there.iter().any(same)
            }
            Test::Contains(field, wanted) => {
                let fields: &[&str] = if *field == "text" {
                    &["summary", "description"]
                } else {
                    &[field]
                };
                let mut there = fields.iter().flat_map(|field| values(issue, field));
                there.any(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
            }
            Test::Less(field, wanted) => values(issue, field).iter().any(|value| value < wanted),
            Test::Greater(field, wanted) => values(issue, field).iter().any(|value| value > wanted),
        }
    }
}

/// What an issue has in a field.
fn values(issue: &Issue, field: &str) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match field {
        "project" => one("ABC"),
        "status" => one(issue.status),
        "key" => one(&issue.key),
        "type" => one(&issue.kind),
        "summary" => one(&issue.summary),
        "created" => one(&issue.created),
        "updated" => one(&issue.updated),
        "description" => issue.description.iter().cloned().collect(),
        "labels" => issue.labels.clone(),
        "assignee" => {
            let person = PEOPLE
                .iter()
                .find(|(id, ..)| Some(*id) == issue.assignee.as_deref());
            person.map_or_else(Vec::new, |(_, name, _)| one(name))
        }
        _ => Vec::new(),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn is_word(&self, wanted: &str) -> bool {
        let token = self.tokens.get(self.at);
        token.is_some_and(|token| !token.quoted && token.text.eq_ignore_ascii_case(wanted))
    }

    fn accept(&mut self, wanted: &str) -> bool {
        let there = self.is_word(wanted);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, wanted: &str, otherwise: &str) -> Result<(), String> {
        match self.accept(wanted) {
            true => Ok(()),
            false => Err(otherwise.to_owned()),
        }
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| "unexpected end of the query.".to_owned())
    }

    fn either(&mut self, left: usize) -> Result<Test, String> {
        let mut tests = vec![self.both(left)?];
        while self.accept("or") {
            tests.push(self.both(left)?);
        }
        Ok(Test::Any(tests))
    }

    fn both(&mut self, left: usize) -> Result<Test, String> {
        let mut tests = vec![self.one(left)?];
        while self.accept("and") {
            tests.push(self.one(left)?);
        }
        Ok(Test::All(tests))
    }

    fn one(&mut self, left: usize) -> Result<Test, String> {
        let left = left.checked_sub(1).ok_or("the query is nested too deep.")?;
        if self.accept("not") {
            return Ok(Test::Not(Box::new(self.one(left)?)));
        }
        if self.accept("(") {
            let inner = self.either(left)?;
            self.expect(")", "a closing parenthesis is missing.")?;
            return Ok(inner);
        }
        let field = self.field()?;
        self.clause(field)
    }

    fn field(&mut self) -> Result<&'static str, String> {
        let name = self.next()?.text;
        let known = FIELDS
            .into_iter()
            .find(|field| field.eq_ignore_ascii_case(&name));
        match known {
            Some("issuekey") => Ok("key"),
            Some("issuetype") => Ok("type"),
            Some(field) => Ok(field),
            None => Err(format!(
                "Field '{name}' does not exist or you do not have permission to view it."
            )),
        }
    }

    fn clause(&mut self, field: &'static str) -> Result<Test, String> {
        let not = |test: Test| Test::Not(Box::new(test));
        let op = self.next()?.text.to_ascii_lowercase();
        match op.as_str() {
            "is" => {
                let negated = self.accept("not");
                let empty = self.next()?.text.to_ascii_lowercase();
                if !matches!(empty.as_str(), "empty" | "null") {
                    return Err("'is' takes EMPTY.".to_owned());
                }
                let test = Test::Empty(field);
                Ok(if negated { not(test) } else { test })
            }
            "in" => Ok(Test::Same(field, self.list()?)),
            "not" => {
                self.expect("in", "'not' takes 'in' here.")?;
                Ok(not(Test::Same(field, self.list()?)))
            }
            "=" => Ok(Test::Same(field, vec![self.next()?.text])),
            "!=" => Ok(not(Test::Same(field, vec![self.next()?.text]))),
            "~" => Ok(Test::Contains(field, self.next()?.text)),
            "!~" => Ok(not(Test::Contains(field, self.next()?.text))),
            "<" => Ok(Test::Less(field, self.next()?.text)),
            ">" => Ok(Test::Greater(field, self.next()?.text)),
            "<=" => Ok(not(Test::Greater(field, self.next()?.text))),
            ">=" => Ok(not(Test::Less(field, self.next()?.text))),
            _ => Err(format!("'{op}' is no operator.")),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        self.expect("(", "'in' takes a list.")?;
        let mut values = vec![self.next()?.text];
        while self.accept(",") {
            values.push(self.next()?.text);
        }
        self.expect(")", "a closing parenthesis is missing.")?;
        Ok(values)
    }

    fn ordering(&mut self) -> Result<Vec<(&'static str, bool)>, String> {
        if !self.accept("order") {
            return Ok(Vec::new());
        }
        self.expect("by", "'ORDER' takes 'BY'.")?;
        let mut order = Vec::new();
        loop {
            let field = self.field()?;
            let backwards = self.accept("desc");
            if !backwards {
                self.accept("asc");
            }
            order.push((field, backwards));
            if !self.accept(",") {
                return Ok(order);
            }
        }
    }
}

#[cfg(test)]
mod tests;
