"""A parser of CommonMark, tables and strikethrough that counts its work against a budget."""

from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from playground.rendering import budget


class _StateBlock(StateBlock):
    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        budget.of(self.env).token()
        return super().push(ttype, tag, nesting)


class _StateInline(StateInline):
    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        budget.of(self.env).token()
        return super().push(ttype, tag, nesting)


class _ParserBlock(ParserBlock):
    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803 -- as below
        # The library would leave out what is nested more deeply.
        if state.level >= state.md.options.maxNesting:
            raise budget.OverBudgetError
        super().tokenize(state, startLine, endLine)

    def parse(self, src: str, md: MarkdownIt, env: Any, outTokens: list[Token]) -> list[Token] | None:  # noqa: N803 -- the parser's own name
        if not src:
            return None
        state = _StateBlock(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


class _ParserInline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        state = _StateInline(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def within_budget(kind: type[MarkdownIt], **options: Any) -> MarkdownIt:
    """Return a parser of this kind; each parse needs `env["budget"]`, and can raise `OverBudgetError`."""
    made = kind("zero")
    made.block, made.inline = _ParserBlock(), _ParserInline()
    made.configure("commonmark", options).enable(["table", "strikethrough"])
    made.block.ruler.before("table", "budget", _block_step)
    made.inline.ruler.before("text", "budget", _inline_step)
    return made


def _block_step(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    del line, end_line, silent
    budget.of(state.env).step()
    return False


def _inline_step(state: StateInline, silent: bool) -> bool:
    del silent
    budget.of(state.env).step()
    return False
