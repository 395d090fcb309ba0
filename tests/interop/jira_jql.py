"""As much of JQL as the tests speak: comparisons joined by AND and OR, parentheses, and ORDER BY."""

import re

TOKEN = re.compile(r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<op>!=|!~|>=|<=|=|~|>|<|\(|\)|,)|(?P<word>[^\s()=!~<>,"']+))""")
FIELDS = {"project", "status", "assignee", "summary", "description", "text", "key", "issuekey", "type", "issuetype", "labels", "created", "updated"}


class JqlError(Exception):
    """The query cannot be read."""


class Query:
    """A parsed query."""

    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise JqlError(f"unexpected character '{text[at]}' at {at}.")
            kind = match.lastgroup
            value = match[kind]
            self.tokens.append((kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "string" else value))
            at = match.end()
        self.at = 0
        ends = not self.tokens or self.word("order")
        self.keeps = (lambda _: True) if ends else self.either()
        self.order = self.ordering()
        if self.at < len(self.tokens):
            raise JqlError(f"Expecting either 'OR' or 'AND' but got '{self.tokens[self.at][1]}'.")

    def of(self, issues, facts):
        """The issues it means, in its order."""
        found = [issue for issue in issues if self.keeps(facts(issue))]
        for field, backwards in reversed(self.order):
            found.sort(key=lambda issue: str(facts(issue).get(field) or ""), reverse=backwards)
        return found

    def word(self, wanted):
        kind, value = self.tokens[self.at] if self.at < len(self.tokens) else (None, "")
        return kind == "word" and value.lower() == wanted

    def next(self):
        if self.at == len(self.tokens):
            raise JqlError("unexpected end of the query.")
        self.at += 1
        return self.tokens[self.at - 1]

    def either(self):
        terms = [self.both()]
        while self.word("or"):
            self.at += 1
            terms.append(self.both())
        return lambda issue: any(term(issue) for term in terms)

    def both(self):
        terms = [self.one()]
        while self.word("and"):
            self.at += 1
            terms.append(self.one())
        return lambda issue: all(term(issue) for term in terms)

    def one(self):
        if self.word("not"):
            self.at += 1
            inner = self.one()
            return lambda issue: not inner(issue)
        kind, value = self.next()
        if value == "(" and kind == "op":
            inner = self.either()
            if self.next()[1] != ")":
                raise JqlError("a closing parenthesis is missing.")
            return inner
        return self.clause(self.field(value))

    def field(self, name):
        name = name.lower()
        if name not in FIELDS:
            raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
        return {"issuekey": "key", "issuetype": "type"}.get(name, name)

    def clause(self, field):
        _, op = self.next()
        op = op.lower()
        if op == "is":
            negated = self.word("not")
            self.at += negated
            if self.next()[1].lower() not in ("empty", "null"):
                raise JqlError("'is' takes EMPTY.")
            return lambda issue: (not issue.get(field)) != negated
        if op in ("in", "not"):
            if op == "not" and self.next()[1].lower() != "in":
                raise JqlError("'not' takes 'in' here.")
            values = self.values()
            return lambda issue: self.same(issue, field, values) != (op == "not")
        if op not in ("=", "!=", "~", "!~", ">", "<", ">=", "<="):
            raise JqlError(f"'{op}' is no operator.")
        _, value = self.next()
        if op in ("=", "!="):
            return lambda issue: self.same(issue, field, [value]) == (op == "=")
        if op in ("~", "!~"):
            return lambda issue: self.contains(issue, field, value) == (op == "~")
        compare = {">": str.__gt__, "<": str.__lt__, ">=": str.__ge__, "<=": str.__le__}[op]
        return lambda issue: compare(str(issue.get(field) or ""), value)

    def values(self):
        if self.next()[1] != "(":
            raise JqlError("'in' takes a list.")
        values = [self.next()[1]]
        while (token := self.next()[1]) == ",":
            values.append(self.next()[1])
        if token != ")":
            raise JqlError("a closing parenthesis is missing.")
        return values

    @staticmethod
    def same(issue, field, values):
        there = issue.get(field)
        there = there if isinstance(there, list) else [there]
        return bool({str(v).lower() for v in there} & {v.lower() for v in values})

    @staticmethod
    def contains(issue, field, value):
        texts = [issue.get("summary"), issue.get("description")] if field == "text" else [issue.get(field)]
        return any(value.lower() in (text or "").lower() for text in texts)

    def ordering(self):
        if not self.word("order"):
            return []
        self.at += 1
        if self.next()[1].lower() != "by":
            raise JqlError("'ORDER' takes 'BY'.")
        order = []
        while True:
            field = self.field(self.next()[1])
            backwards = self.word("desc")
            self.at += backwards or self.word("asc")
            order.append((field, backwards))
            if self.at == len(self.tokens) or self.next()[1] != ",":
                return order
