"""Random expressions that mean something, and random images for them."""

from hypothesis import strategies as st

FUNCTIONS_OF_ONE = ("abs({})", "floor({})", "(-{})", "({} ** 2)", "({} ** 3)", "clip({}, 1, 4)", "(not {})")
OPERATORS = ("+", "-", "*", "<", "<=", ">", ">=", "==", "!=", "and", "or")
REDUCTIONS = ("sum", "min", "max", "median", "any", "all", "count", "argmin", "argmax")


def _combined(terms, other):
    """Terms of one kind, window or scalar, joined with terms that may be of the other."""
    return st.one_of(
        st.tuples(st.sampled_from(FUNCTIONS_OF_ONE), terms).map(lambda t: t[0].format(f"({t[1]})")),
        st.tuples(terms, st.sampled_from(OPERATORS), other).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(other, st.sampled_from(OPERATORS), terms).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(other, terms, other).map(lambda t: f"where({t[0]}, {t[1]}, {t[2]})"),
        st.tuples(st.sampled_from(("minimum", "maximum", "min", "max")), terms, other).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        ),
    )


def expressions(window):
    """Expressions of one value for each pixel, exact in float64 for pixels from -3 to 5, with `v` and `element`."""
    top, left = (window[0] - 1) // 2, (window[1] - 1) // 2
    places = st.tuples(
        st.sampled_from("wv"), st.integers(-top, window[0] - 1 - top), st.integers(-left, window[1] - 1 - left)
    ).map(lambda t: f"{t[0]}[{t[1]}, {t[2]}]")
    numbers = st.sampled_from(("0", "1", "2", "0.5", "3"))
    plain = st.one_of(places, numbers)
    windows = st.sampled_from(("w", "w", "v", "element", "dy", "dx"))
    windows = st.one_of(windows, _combined(windows, st.one_of(windows, plain)))
    windows = st.one_of(windows, _combined(windows, st.one_of(windows, plain)))
    reduced = st.tuples(st.sampled_from(REDUCTIONS), windows).map(lambda t: f"{t[0]}({t[1]})")
    scalars = st.one_of(reduced, reduced, places)
    scalars = st.one_of(scalars, _combined(scalars, st.one_of(scalars, numbers)))
    # A window that meets a reduced one, such as w - median(w), and is reduced again.
    again = st.tuples(st.sampled_from(REDUCTIONS), _combined(windows, reduced)).map(lambda t: f"{t[0]}({t[1]})")
    return st.one_of(scalars, again)
