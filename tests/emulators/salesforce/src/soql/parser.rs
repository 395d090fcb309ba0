//! Tokens to a query. Recursive descent, one function per clause.

mod cursor;

use super::ast::{
    Expr, Function, Item, Literal, LiteralKind, Name, Operand, Operator, Order, Query,
};
use super::error::SoqlError;
use super::lexer::{Token, TokenKind, lex};
use super::period::Period;

/// How deeply conditions may nest; Salesforce gives up around here too, and the stack is finite.
const MAX_DEPTH: usize = 50;

/// Words that end a name's place: they are never an alias.
const KEYWORDS: &[&str] = &[
    "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "AND", "OR", "NOT", "IN",
    "LIKE",
];

type Result<T> = std::result::Result<T, SoqlError>;

/// Parse a whole SOQL statement.
///
/// # Errors
/// `MALFORMED_QUERY`, with the place.
pub fn parse(text: &str) -> Result<Query> {
    let mut parser = Parser::new(text)?;
    parser.expect_word("SELECT")?;
    let select = parser.list(Parser::item)?;
    parser.expect_word("FROM")?;
    let from = parser.name()?;
    let query = parser.clauses(select, from)?;
    match parser.peek().kind {
        TokenKind::End => Ok(query),
        _ => Err(parser.unexpected()),
    }
}

/// A cursor over the tokens of a statement. SOSL uses it too, for its `RETURNING` clauses.
pub struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    /// Over the tokens of `text`.
    ///
    /// # Errors
    /// As [`lex`].
    pub fn new(text: &str) -> Result<Self> {
        Ok(Self {
            tokens: lex(text)?,
            next: 0,
            depth: 0,
        })
    }

    /// What comes after `FROM object`.
    ///
    /// # Errors
    /// `MALFORMED_QUERY`.
    pub fn clauses(&mut self, select: Vec<Item>, from: Name) -> Result<Query> {
        let filter = if self.accept_word("WHERE") {
            Some(self.expr()?)
        } else {
            None
        };
        let group_by = if self.accept_words("GROUP", "BY") {
            self.list(Self::name)?
        } else {
            Vec::new()
        };
        let having = if self.accept_word("HAVING") {
            Some(self.expr()?)
        } else {
            None
        };
        let order_by = if self.accept_words("ORDER", "BY") {
            self.list(Self::order)?
        } else {
            Vec::new()
        };
        let limit = if self.accept_word("LIMIT") {
            Some(self.count()?)
        } else {
            None
        };
        let offset = if self.accept_word("OFFSET") {
            Some(self.count()?)
        } else {
            None
        };
        Ok(Query {
            select,
            from,
            filter,
            group_by,
            having,
            order_by,
            limit,
            offset,
        })
    }

    /// One or more of something, with commas between.
    ///
    /// # Errors
    /// Those of `one`.
    pub fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![one(self)?];
        while self.accept_symbol(",") {
            items.push(one(self)?);
        }
        Ok(items)
    }

    /// A dotted name.
    ///
    /// # Errors
    /// `MALFORMED_QUERY` when the next token is no name.
    pub fn name(&mut self) -> Result<Name> {
        let at = self.peek().at;
        match &self.peek().kind {
            TokenKind::Word(word)
                if !is_keyword(word) && !word.ends_with('.') && !word.contains("..") =>
            {
                let name = Name {
                    text: word.clone(),
                    at,
                };
                self.next += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A field or an aggregate.
    fn operand(&mut self) -> Result<Operand> {
        let name = self.name()?;
        if !self.accept_symbol("(") {
            return Ok(Operand::Field(name));
        }
        let function = Function::find(&name.text).ok_or_else(|| {
            SoqlError::malformed(name.at, format!("unexpected token: '{}'", name.text))
        })?;
        let field = match self.peek().kind {
            TokenKind::Symbol(")") if function == Function::Count => None,
            _ => Some(self.name()?),
        };
        self.expect_symbol(")")?;
        Ok(Operand::Aggregate(function, field, name.at))
    }

    fn item(&mut self) -> Result<Item> {
        let operand = self.operand()?;
        let alias = match &self.peek().kind {
            TokenKind::Word(word) if !is_keyword(word) => Some(word.clone()),
            _ => None,
        };
        self.next += usize::from(alias.is_some());
        Ok(Item { operand, alias })
    }

    fn order(&mut self) -> Result<Order> {
        let operand = self.operand()?;
        let descending = self.accept_word("DESC");
        if !descending {
            self.accept_word("ASC");
        }
        let nulls_last = if self.accept_word("NULLS") {
            let last = self.accept_word("LAST");
            if !last {
                self.expect_word("FIRST")?;
            }
            last
        } else {
            false
        };
        Ok(Order {
            operand,
            descending,
            nulls_last,
        })
    }

    /// Conditions joined by one kind of operator: mixing `AND` and `OR` needs parentheses.
    fn expr(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SoqlError::malformed(
                self.peek().at,
                "the conditions nest too deeply",
            ));
        }
        let first = self.condition()?;
        let expr = if self.is_word("AND") {
            Expr::And(self.joined("AND", first)?)
        } else if self.is_word("OR") {
            Expr::Or(self.joined("OR", first)?)
        } else {
            first
        };
        self.depth -= 1;
        if self.is_word("AND") || self.is_word("OR") {
            return Err(self.unexpected());
        }
        Ok(expr)
    }

    fn joined(&mut self, word: &str, first: Expr) -> Result<Vec<Expr>> {
        let mut all = vec![first];
        while self.accept_word(word) {
            all.push(self.condition()?);
        }
        Ok(all)
    }

    fn condition(&mut self) -> Result<Expr> {
        let mut negations = 0usize;
        while self.accept_word("NOT") {
            negations += 1;
        }
        let inner = if self.accept_symbol("(") {
            let inner = self.expr()?;
            self.expect_symbol(")")?;
            inner
        } else {
            self.comparison()?
        };
        Ok(if negations % 2 == 1 {
            Expr::Not(Box::new(inner))
        } else {
            inner
        })
    }

    fn comparison(&mut self) -> Result<Expr> {
        let operand = self.operand()?;
        if self.accept_words("NOT", "IN") {
            return Ok(Expr::In(operand, true, self.values()?));
        }
        if self.accept_word("IN") {
            return Ok(Expr::In(operand, false, self.values()?));
        }
        let operator = self.operator()?;
        Ok(Expr::Compare(operand, operator, self.literal()?))
    }

    fn values(&mut self) -> Result<Vec<Literal>> {
        self.expect_symbol("(")?;
        let values = self.list(Self::literal)?;
        self.expect_symbol(")")?;
        Ok(values)
    }

    fn operator(&mut self) -> Result<Operator> {
        let operator = match &self.peek().kind {
            TokenKind::Symbol("=") => Operator::Eq,
            TokenKind::Symbol("!=" | "<>") => Operator::Ne,
            TokenKind::Symbol("<") => Operator::Lt,
            TokenKind::Symbol("<=") => Operator::Le,
            TokenKind::Symbol(">") => Operator::Gt,
            TokenKind::Symbol(">=") => Operator::Ge,
            TokenKind::Word(word) if word.eq_ignore_ascii_case("LIKE") => Operator::Like,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(operator)
    }

    fn literal(&mut self) -> Result<Literal> {
        let Token { kind, at } = self.peek().clone();
        let kind = match kind {
            TokenKind::Text(text) => LiteralKind::Text(text),
            TokenKind::Number(number) => LiteralKind::Number(number),
            TokenKind::Date(day) => LiteralKind::Date(day),
            TokenKind::Instant(instant) => LiteralKind::Instant(instant),
            TokenKind::Word(word) => return self.word_literal(&word, at),
            TokenKind::Symbol(_) | TokenKind::End => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(Literal { kind, at })
    }

    fn word_literal(&mut self, word: &str, at: usize) -> Result<Literal> {
        let kind = match word.to_ascii_lowercase().as_str() {
            "null" => Some(LiteralKind::Null),
            "true" => Some(LiteralKind::Bool(true)),
            "false" => Some(LiteralKind::Bool(false)),
            _ => Period::plain(word).map(LiteralKind::Period),
        };
        if let Some(kind) = kind {
            self.next += 1;
            return Ok(Literal { kind, at });
        }
        let counted = match (self.peek_at(1), self.peek_at(2)) {
            (TokenKind::Symbol(":"), TokenKind::Number(n)) => Period::counted(word, *n),
            _ => None,
        };
        let period = counted.ok_or_else(|| self.unexpected())?;
        self.next += 3;
        Ok(Literal {
            kind: LiteralKind::Period(period),
            at,
        })
    }

    /// A whole number that is not negative.
    ///
    /// # Errors
    /// `MALFORMED_QUERY`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and small"
    )]
    pub fn count(&mut self) -> Result<usize> {
        match self.peek().kind {
            TokenKind::Number(number) if number.fract() == 0.0 && (0.0..1e9).contains(&number) => {
                self.next += 1;
                Ok(number as usize)
            }
            _ => Err(self.unexpected()),
        }
    }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS
        .iter()
        .any(|keyword| keyword.eq_ignore_ascii_case(word))
}
