"""Pooling by its definition, in plain loops over Python numbers."""

import math


def placement(length, taps, stride, dilation, padding, ceil_mode=False):
    """Padding before the axis and number of windows on it; padding is a name or (before, after)."""
    span = (taps - 1) * dilation + 1
    if padding == "same":
        places = (length + stride - 1) // stride
        return max((places - 1) * stride + span - length, 0) // 2, places
    before, after = (0, 0) if padding == "valid" else padding
    places = 0
    while True:
        begin = places * stride - before
        fits = begin + span <= length + after
        begins = begin < length and begin + span < length + after + stride
        if not (fits or (ceil_mode and begins)):
            return before, places
        places += 1


def windows(frame, window, stride, dilation, padding, ceil_mode=False):
    """For each place its taps (number, y, x), in or outside of the frame, row by row."""
    margins = (padding, padding) if isinstance(padding, str) else padding
    top, height = placement(frame.shape[0], window[0], stride[0], dilation[0], margins[0], ceil_mode)
    left, width = placement(frame.shape[1], window[1], stride[1], dilation[1], margins[1], ceil_mode)
    return [
        [
            [
                (i * window[1] + j, y * stride[0] + i * dilation[0] - top, x * stride[1] + j * dilation[1] - left)
                for i in range(window[0])
                for j in range(window[1])
            ]
            for x in range(width)
        ]
        for y in range(height)
    ]


def inside(frame, taps):
    """The taps that see a pixel."""
    return [(n, y, x) for n, y, x in taps if 0 <= y < frame.shape[0] and 0 <= x < frame.shape[1]]


def extreme(frame, taps, lowest):
    """(pixel, tap, y, x) of the first extreme pixel of a plane (H, W); NaN wins; none if there is no pixel."""
    best = None
    for n, y, x in inside(frame, taps):
        pixel = frame[y, x].item()
        wins = best is None or (pixel < best[0] if lowest else pixel > best[0])
        if best is not None and math.isnan(best[0]):
            wins = False
        elif math.isnan(pixel):
            wins = True
        if wins:
            best = (pixel, n, y, x)
    return best


def mean(frame, taps, padding, *, count_padding):
    """Mean of a window of a plane; padding is ((top, bottom), (left, right)) and counts where asked to."""
    seen = inside(frame, taps)
    number = len(seen)
    if count_padding:
        number = sum(
            -padding[0][0] <= y < frame.shape[0] + padding[0][1]
            and -padding[1][0] <= x < frame.shape[1] + padding[1][1]
            for _, y, x in taps
        )
    total = math.fsum(frame[y, x].item() for _, y, x in seen)
    return total / number if number else math.nan


def norm(frame, taps, p):
    """(Σ |pixel|^p)^(1/p) of a window of a plane."""
    return math.fsum(abs(frame[y, x].item()) ** p for _, y, x in inside(frame, taps)) ** (1 / p)
