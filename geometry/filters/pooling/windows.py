"""Which windows a pooling has."""

from collections.abc import Sequence

from geometry.errors import InvalidInput
from geometry.filters.window import Axis, Padding, Pair, pair, window_axes


def pooling_axes(
    size: Sequence[int], window: Pair, *, stride: Pair | None, dilation: Pair, padding: Padding, ceil_mode: bool
) -> tuple[Axis, Axis]:
    """The vertical and the horizontal axis of the windows over a frame of size (H, W); `stride` None is the window.

    With `ceil_mode`, a last window may reach beyond the padding as long as it begins inside the frame or before it.

    Raises
    ------
    InvalidInput
        `window`, `stride`, `dilation` or `padding` is malformed; the window is larger than the frame and its padding;
        `ceil_mode` with the padding `same`, which has windows everywhere already.
    """
    taps = pair(window, "window")
    steps = taps if stride is None else pair(stride, "stride")
    if ceil_mode and isinstance(padding, str) and padding == "same":
        raise InvalidInput("ceil_mode", "adds nothing to the padding `same`")
    wider = _rounded_up(padding, steps) if ceil_mode else padding
    try:
        rows, columns = window_axes(size, taps, stride=steps, dilation=dilation, padding=wider)
    except InvalidInput as error:
        raise InvalidInput("window" if error.argument == "kernel" else error.argument, error.detail) from None
    if not ceil_mode:
        return rows, columns
    after = (0, 0) if isinstance(padding, str) else (padding[0][1], padding[1][1])
    return _begun(rows, after[0]), _begun(columns, after[1])


def _rounded_up(padding: Padding, steps: tuple[int, int]) -> Padding:
    """So much padding that as many windows fit in whole as begin without it; what is malformed stays as it is."""
    if isinstance(padding, str):
        return [[0, step - 1] for step in steps] if padding == "valid" else padding
    try:
        (top, bottom), (left, right) = padding
        return [[top, bottom + steps[0] - 1], [left, right + steps[1] - 1]]
    except (TypeError, ValueError):
        return padding


def _begun(axis: Axis, after: int) -> Axis:
    """The axis without a last window that neither fits in whole nor begins before the end of the frame."""
    begin = (axis.places - 1) * axis.stride - axis.before
    fits = begin + (axis.taps - 1) * axis.dilation < axis.length + after
    return axis if fits or begin < axis.length else axis._replace(places=axis.places - 1)
