"""Expressions that would like to be programs: refused before anything runs, with the place and the reason."""

import time

import numpy as np
import pytest
from fastapi.testclient import TestClient

from geometry import InvalidInput, neighbourhood

IMAGE = np.ones((3, 3), np.uint8)

ATTRIBUTES = [
    "w.shape", "w.__class__", "w.T", "().__class__.__bases__[0].__subclasses__()", "w.__array_interface__",
    "max.__call__(w)", "(1).real", "w.dtype", "pi.__doc__", "sum(w).item()", "w[0,0].real", "dy.base", "w . shape",
    "w.tofile(inf)", "1..real",
]  # fmt: skip
NAMES = [
    "x", "self", "os", "numpy", "np", "__import__", "__builtins__", "eval", "exec", "open", "print", "W", "wx",
    "w1", "max2", "globals", "locals", "vars", "type", "object", "import", "lambda", "yield", "await", "async",
    "del", "assert", "return", "raise", "class", "def", "if", "else", "for", "while", "with", "try", "is", "in",
    "None", "Ellipsis", "w_", "_w", "_", "__w__", "breakpoint", "getattr", "compile", "input", "exit",
]  # fmt: skip
CALLS = [
    "__import__('os').system('id')", "eval('1')", "open('/etc/passwd')", "max(*w)", "max(**w)", "max(w, key=1)",
    "sum(w for w in w)", "w(0)", "(max)(w)(w)", "max()", "sum()", "sum(w, w)", "where(w, w)", "where(1, 2, 3, 4)",
    "abs()", "exp(1, 2)", "clip(w, 1)", "median(w, 1)", "max[w]", "pi(w)", "1(2)", "(w)(w)", "sum (w, axis=0)",
    "minimum(w)", "max", "sum + 1", "w[0,0](1)", "(max(w))(1)",
]  # fmt: skip
SYNTAX = [
    "[w for w in w]", "{w for w in w}", "{1: 2}", "{1}", "[1, 2]", "(1, 2)", "lambda: 1", "lambda w: w", "(x := 1)",
    "w = 1", "w; w", "w if w else w", "f'{w}'", "'w'", '"w"', "b'w'", "r'w'", "`w`", "w @ w", "w ^ 2", "w << 1",
    "w >> 1", "w <> w", "!w", "w != = 1", "w === w", "w && w", "w || w", "w ? 1 : 2", "w -> 1", "w\nw", "w\tw",
    "w\\\nw", "#", "w # 1", "$w", "w\x00", "\x00", "", " ", "   ", "(", ")", "[", "]", "()", "[]", "w[", "w]",
    "(w]", "[w)", "w[0,0", "w0,0]", "1 +", "* 1", "w w", "1 2", "w, w", "max(w", "max w)", "1 < < 2", "not", "and",
    "or w", "w and", "+", "~", "w[0,0]]", ",", "max(,)", "max(w,,w)", "...", "...[0]", "1 in w", "w is w", "not in",
    "w[0,0] := 1", "1) + (2", "1] + [2", "max(w))",
]  # fmt: skip
NUMBERS = [
    "0x10", "0b1", "0o7", "1_000", "1j", "1e5j", "1e", "1e+", "1.2.3", "12abc", "1L", "0777", "1e999", "9" * 33,
    "1." + "0" * 40, "1e" + "9" * 40, "9**9**9", "2**1000", "w**w", "w**17", "w**-17", "w**0.3", "w**inf", "w**nan",
    "2**w[0,0]", "1e400 - 1e400",
]  # fmt: skip
PLACES = [
    "w[0]", "w[0,0,0]", "w[()]", "w[]", "w[2,0]", "w[0,-2]", "w[10**9,0]", "w[1000000000,0]", "w[0.5,0]",
    "w[0,1e0]", "w[0:1]", "w[:,0]", "w[::2,0]", "w[...]", "w[0,...]", "w[w,0]", "w[0,w[0,0]]", "w[dy,dx]",
    "w[1+1,0]", "w[--1,0]", "w[True,0]", "w[pi,0]", "w[inf,0]", "w['a',0]", "dy[0,0]", "pi[0,0]", "(w)[0,0][0,0]",
    "(w+1)[0,0]", "max(w)[0,0]", "1[0,0]", "w[*w]", "w[(0,0),0]", "w[0,0][0,0]",
    "w[9999999999999999999999999999,0]", "v[0,0]", "element[0,0]", "v", "element + 1",
]  # fmt: skip
MEANINGS = [
    "w", "w + 1", "w > 1", "dy", "abs(w)", "where(w, 1, 2)", "max(1)", "sum(w[0,0])", "median(pi)", "max(max(w))",
    "w > 1 & w < 3", "w & 1", "1 | 2", "~w", "~1", "w | (w > 1)", "all(1)", "not w", "max(w, w)", "-w",
]  # fmt: skip
UNICODE = [
    "ｗ[0,0]",
    "w[０,0]",
    "max(ｗ)",
    "w\u200b",
    "\ufeffw",
    "w\u00a0+ 1",
    "ƒ(w)",
    "max（w）",
    "w × 2",
    "w − 1",
    "π",
    "\u202ew",
    "е(w)",
]
SIZES = [
    "(" * 100_000 + "w" + ")" * 100_000, "(" * 65 + "1" + ")" * 65, "[" * 1000, "-" * 1000 + "1", "not " * 400 + "1",
    "~" * 300 + "(1 < 2)", "+".join(["w[0,0]"] * 200), "1" + "+1" * 255, "a" * 100_000, "max(" * 100 + "w" + ")" * 100,
    " " * 2001 + "1", "w[" * 64 + "0,0" + "]" * 64, "**".join(["2"] * 200), "1" + " < 2" * 300,
]  # fmt: skip

HOSTILE = [*ATTRIBUTES, *NAMES, *CALLS, *SYNTAX, *NUMBERS, *PLACES, *MEANINGS, *UNICODE, *SIZES]


def test_there_are_more_than_two_hundred() -> None:
    assert len(set(HOSTILE)) >= 250


@pytest.mark.parametrize("expression", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_expressions_are_refused_at_once(expression: str) -> None:
    started = time.perf_counter()
    with pytest.raises(InvalidInput) as raised:
        neighbourhood(IMAGE, expression)
    assert time.perf_counter() - started < 1
    assert raised.value.argument == "expression"
    assert raised.value.detail.startswith("column ") or len(expression) > 2000


@pytest.mark.parametrize(
    ("expression", "detail"),
    [
        ("max(w).T", "column 7: attributes are not part of the language"),
        ("1 + lambda", "column 5: 'lambda' is not a word of the language"),
        ("w[0,0] + w[0,2]", "column 12: [0, 2] is outside of the window, which has rows -1 to 1 and columns -1 to 1"),
        (
            "max(w) > 1 & w[0,0] < 3",
            "column 10: & and | stand between comparisons in parentheses; otherwise write and, or",
        ),
        ("max(w) + w", "column 1: gives a whole window for each pixel: reduce it, or take one place of it"),
        ("sum(w", "column 4: '(' is not closed"),
        ("2 * * 3", "column 5: this is not an expression"),
        ("v[0,0]", "column 1: 'v' needs the argument second"),
    ],
)
def test_refusals_name_the_column_and_the_reason(expression: str, detail: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        neighbourhood(IMAGE, expression)
    assert raised.value.detail == detail


def test_work_is_bounded_before_it_begins() -> None:
    started = time.perf_counter()
    with pytest.raises(InvalidInput, match="8192 instructions"):
        neighbourhood(IMAGE, "sum(abs(w - w[0,0]))", window=255)
    with pytest.raises(InvalidInput, match="median is taken of at most 225"):
        neighbourhood(IMAGE, "median(w)", window=17)
    with pytest.raises(InvalidInput, match="one by one"):
        neighbourhood(IMAGE, "sum(" + "+".join(["dy*dx"] * 60) + ")", window=255)
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("expression", [7, None, ["w"], {"w": 1}, b"max(w)", float("nan"), True])
def test_an_expression_is_text(expression: object) -> None:
    with pytest.raises(InvalidInput, match="must be text"):
        neighbourhood(IMAGE, expression)


@pytest.mark.parametrize("expression", ["w.__class__", "9**9**9", "(" * 1999, "max(w", "", "w" * 5000, 7, None, ["w"]])
def test_hostile_expressions_are_invalid_params_over_http(client: TestClient, expression: object) -> None:
    answer = client.post("/v1/neighbourhood", json={"image": [[1, 2]], "expression": expression})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/invalid-params")
    assert answer.json()["errors"][0]["pointer"] == "/expression"
