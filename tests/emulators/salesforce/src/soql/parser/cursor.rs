//! Looking at tokens and taking them.

use super::{Parser, Result};
use crate::soql::error::SoqlError;
use crate::soql::lexer::{Token, TokenKind};

impl Parser {
    /// The token that comes next.
    #[must_use]
    pub fn peek(&self) -> &Token {
        // The last token is End and is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    pub(super) fn peek_at(&self, ahead: usize) -> &TokenKind {
        self.tokens
            .get(self.next + ahead)
            .map_or(&TokenKind::End, |token| &token.kind)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.peek().kind, TokenKind::Word(next) if next.eq_ignore_ascii_case(word))
    }

    /// Take the next token if it is this keyword.
    pub fn accept_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.next += usize::from(found);
        found
    }

    pub(super) fn accept_words(&mut self, first: &str, second: &str) -> bool {
        let found = self.is_word(first)
            && matches!(self.peek_at(1), TokenKind::Word(next) if next.eq_ignore_ascii_case(second));
        self.next += 2 * usize::from(found);
        found
    }

    /// Take the next token if it is this symbol.
    pub fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek().kind, TokenKind::Symbol(next) if next == symbol);
        self.next += usize::from(found);
        found
    }

    /// Take this keyword.
    ///
    /// # Errors
    /// `MALFORMED_QUERY` when it is something else.
    pub fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.accept_word(word) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Take this symbol.
    ///
    /// # Errors
    /// `MALFORMED_QUERY` when it is something else.
    pub fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        if self.accept_symbol(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The error of the next token being out of place.
    #[must_use]
    pub fn unexpected(&self) -> SoqlError {
        let token = self.peek();
        SoqlError::malformed(
            token.at,
            format!("unexpected token: '{}'", token.kind.show()),
        )
    }
}
