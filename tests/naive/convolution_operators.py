"""Linear operators around convolution by their definitions, in plain loops over Python numbers."""

import numpy as np

from tests.naive.filters import placement, source


def reads(shape, window, stride, dilation, padding, border):
    """For each output place and tap: the pixel (y, x) that is read, None on a constant border."""
    margins = (padding, padding) if isinstance(padding, str) else padding
    top, height = placement(shape[0], window[0], stride[0], dilation[0], margins[0])
    left, width = placement(shape[1], window[1], stride[1], dilation[1], margins[1])
    found = {}
    for y in range(height):
        for x in range(width):
            for i in range(window[0]):
                for j in range(window[1]):
                    row = source(y * stride[0] + i * dilation[0] - top, shape[0], border)
                    column = source(x * stride[1] + j * dilation[1] - left, shape[1], border)
                    found[y, x, i, j] = None if row is None or column is None else (row, column)
    return found, (height, width)


def tensor(kernel, shape, *, mode, stride, dilation, groups, padding, border):
    """(h, w, Cout, H, W, C): one entry for each product of a convolution."""
    kernel = kernel[::-1, ::-1] if mode == "convolution" else kernel
    channels = shape[2]
    where, (height, width) = reads(shape, kernel.shape, stride, dilation, padding, border)
    outputs = channels if kernel.ndim == 2 else kernel.shape[3]
    full = np.zeros((height, width, outputs, *shape))
    for (y, x, i, j), pixel in where.items():
        if pixel is None:
            continue
        for c in range(outputs):
            if kernel.ndim == 2:
                full[y, x, c, pixel[0], pixel[1], c] += kernel[i, j]
                continue
            first = c // (outputs // groups) * kernel.shape[2]
            for k in range(kernel.shape[2]):
                full[y, x, c, pixel[0], pixel[1], first + k] += kernel[i, j, k, c]
    return full


def im2col(image, window, *, stride, dilation, padding, border, fill):
    """Rows (y, x) of columns (i, j, c) of an image (H, W, C)."""
    where, (height, width) = reads(image.shape, window, stride, dilation, padding, border)
    rows = []
    for y in range(height):
        for x in range(width):
            row = []
            for i in range(window[0]):
                for j in range(window[1]):
                    pixel = where[y, x, i, j]
                    row.extend([fill] * image.shape[2] if pixel is None else image[pixel].tolist())
            rows.append(row)
    return np.array(rows)
