"""Erosion and dilation by their definitions, in plain loops; the element a list of ((dy, dx), height)."""

import math

from tests.naive.filters import source


def offsets(mask, anchor, heights=None):
    """Pixels of an element relative to its anchor, with their heights."""
    return [
        ((i - anchor[0], j - anchor[1]), 0 if heights is None else heights[i, j].item())
        for i in range(mask.shape[0])
        for j in range(mask.shape[1])
        if mask[i, j]
    ]


def seen(image, y, x, border, fill, channel):
    """The pixel that a place shows; none for what never wins."""
    row = source(y, image.shape[0], "constant" if border == "ignore" else border)
    column = source(x, image.shape[1], "constant" if border == "ignore" else border)
    if row is None or column is None:
        return fill if border == "constant" else None
    return image[row, column, channel].item()


def filtered(image, element, *, erode, border="ignore", fill=0):
    """Extremes as nested lists (H, W, C); ±inf where the element meets nothing."""
    sign = 1 if erode else -1
    out = []
    for y in range(image.shape[0]):
        out.append([])
        for x in range(image.shape[1]):
            out[-1].append([])
            for c in range(image.shape[2]):
                values = []
                for (dy, dx), height in element:
                    pixel = seen(image, y + sign * dy, x + sign * dx, border, fill, c)
                    if pixel is not None:
                        values.append(pixel - sign * height)
                if any(math.isnan(value) for value in values):
                    out[-1][-1].append(math.nan)
                else:
                    out[-1][-1].append(min(values, default=math.inf) if erode else max(values, default=-math.inf))
    return out
