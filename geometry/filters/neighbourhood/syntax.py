"""Expressions as text: what may be in them is checked word by word before Python's parser sees them."""

import ast
import re
from typing import NoReturn

from geometry.errors import InvalidInput
from geometry.filters.neighbourhood.vocabulary import DEEPEST, LONGEST, MOST_TOKENS, WORDS

_TOKEN = re.compile(
    r"(?P<space> +)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)(?![A-Za-z0-9_.])"
    r"|(?P<name>[A-Za-z][A-Za-z0-9]*)(?!_)"
    r"|(?P<sign>\*\*|//|<=|>=|==|!=|[-+*/%<>&|~()\[\],])"
)
_LONGEST_NUMBER = 32
_CLOSING = {")": "(", "]": "["}
_REASONS = {
    ".": "attributes are not part of the language",
    ":": "slices, lambdas and assignments are not part of the language",
    "=": "assignments and named arguments are not part of the language; equality is ==",
    "'": "text is not part of the language",
    '"': "text is not part of the language",
    "_": "names have no underscores",
    "{": "braces are not part of the language",
    "}": "braces are not part of the language",
    "^": "powers are written **",
    "!": "negation is written not",
    "@": "sums of products are written sum(x * y)",
}
_NODES = (
    ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.Constant, ast.Name, ast.Subscript, ast.Tuple, ast.UnaryOp,
)  # fmt: skip


def refuse(column: int, reason: str) -> NoReturn:
    """Raise InvalidInput for what stands at a column, counted from 1."""
    raise InvalidInput("expression", f"column {column}: {reason}")


def syntax_tree(text: str) -> ast.expr:
    """The syntax of an expression, of allowed words and signs only; columns in it count from 1.

    Raises
    ------
    InvalidInput
        `expression` is not text, too long, nested too deeply, or holds what is not part of the language.
    """
    if not isinstance(text, str):
        raise InvalidInput("expression", f"must be text, came as {type(text).__name__}")
    if len(text) > LONGEST:
        raise InvalidInput("expression", f"has {len(text)} characters, {LONGEST} are allowed")
    _check_words(text)
    try:
        tree = ast.parse(f"({text})", mode="eval").body
    except SyntaxError as error:
        refuse(min(max(error.offset or 1, 2) - 1, len(text) + 1), "this is not an expression")
    except (ValueError, MemoryError, RecursionError):
        raise InvalidInput("expression", "cannot be read") from None
    _check_nodes(tree)
    return tree


def _check_words(text: str) -> None:
    at, tokens, brackets = 0, 0, list[tuple[str, int]]()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            _refuse_character(text, at)
        word, column = found.group(), at + 1
        tokens += found.lastgroup != "space"
        if tokens > MOST_TOKENS:
            refuse(column, f"more than {MOST_TOKENS} names, numbers and signs")
        if found.lastgroup == "name" and word not in WORDS:
            refuse(column, f"{word[:40]!r} is not a word of the language")
        if found.lastgroup == "number" and len(word) > _LONGEST_NUMBER:
            refuse(column, f"a number of more than {_LONGEST_NUMBER} characters")
        if word in "([" and found.lastgroup == "sign":
            brackets.append((word, column))
            if len(brackets) > DEEPEST:
                refuse(column, f"more than {DEEPEST} brackets are open")
        elif word in _CLOSING and (not brackets or brackets.pop()[0] != _CLOSING[word]):
            refuse(column, f"{word!r} closes nothing")
        at = found.end()
    if not tokens:
        refuse(1, "there is no expression")
    if brackets:
        refuse(brackets[-1][1], f"{brackets[-1][0]!r} is not closed")


def _refuse_character(text: str, at: int) -> NoReturn:
    character = text[at]
    number = re.compile(r"[0-9]*\.?[0-9]+[.A-Za-z0-9_]*").match(text, at)
    if number is not None:
        refuse(at + 1, f"{number.group()[:40]!r} is not a decimal number")
    name = re.compile(r"[A-Za-z][A-Za-z0-9_]*").match(text, at)
    if name is not None:
        refuse(at + 1, f"{name.group()[:40]!r} is not a word of the language")
    refuse(at + 1, _REASONS.get(character, f"the character {character!a} is not part of the language"))


def _check_nodes(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for depth in range(DEEPEST + 1):
        for node in level:
            if isinstance(node, ast.expr) and not isinstance(node, _NODES):
                refuse(node.col_offset, f"{type(node).__name__} is not part of the language")
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if not level:
            return
        if depth == DEEPEST:
            refuse(getattr(level[0], "col_offset", 1), f"nested more than {DEEPEST} levels deep")
