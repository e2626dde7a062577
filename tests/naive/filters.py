"""Filters by their definitions, in plain loops over Python numbers: whole numbers stay exact."""

import numpy as np


def source(position, length, border):
    """Walk from outside to the pixel that a border shows; None for the constant."""
    if 0 <= position < length:
        return position
    if border == "constant":
        return None
    if border == "replicate":
        return 0 if position < 0 else length - 1
    if border == "wrap":
        while position < 0:
            position += length
        while position >= length:
            position -= length
        return position
    if length == 1:
        return 0
    while not 0 <= position < length:
        if border == "reflect":
            position = -1 - position if position < 0 else 2 * length - 1 - position
        else:
            position = -position if position < 0 else 2 * length - 2 - position
    return position


def placement(length, taps, stride, dilation, padding):
    """Padding before the axis and number of windows on it; padding is a name or (before, after)."""
    span = (taps - 1) * dilation + 1
    if padding == "same":
        places = (length + stride - 1) // stride
        return max((places - 1) * stride + span - length, 0) // 2, places
    before, after = (0, 0) if padding == "valid" else padding
    return before, (length + before + after - span) // stride + 1


def window_sum(image, kernel, top, left, dilation, border, fill, channel):
    """Sum over a window whose first tap lies at (top, left)."""
    total = 0
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            y = source(top + i * dilation[0], image.shape[0], border)
            x = source(left + j * dilation[1], image.shape[1], border)
            pixel = fill[channel] if y is None or x is None else image[y, x, channel].item()
            tap = kernel[i, j].item()
            total += tap * pixel
    return total


def convolve(
    image,
    kernel,
    *,
    mode="convolution",
    stride=(1, 1),
    dilation=(1, 1),
    groups=1,
    padding="same",
    border="constant",
    fill=0,
):
    """Sums of a convolution as Python numbers, (h, w, C) or (h, w, Cout), neither rounded nor saturated."""
    image = image if image.ndim == 3 else image[:, :, np.newaxis]
    kernel = kernel[::-1, ::-1] if mode == "convolution" else kernel
    channels = image.shape[2]
    fill = [fill] * channels if np.ndim(fill) == 0 else list(fill)
    margins = (padding, padding) if isinstance(padding, str) else padding
    top, height = placement(image.shape[0], kernel.shape[0], stride[0], dilation[0], margins[0])
    left, width = placement(image.shape[1], kernel.shape[1], stride[1], dilation[1], margins[1])
    out = np.empty((height, width, channels if kernel.ndim == 2 else kernel.shape[3]), object)
    for y in range(height):
        for x in range(width):
            corner = y * stride[0] - top, x * stride[1] - left
            for c in range(out.shape[2]):
                if kernel.ndim == 2:
                    out[y, x, c] = window_sum(image, kernel, *corner, dilation, border, fill, c)
                    continue
                group = c // (out.shape[2] // groups)
                first = group * kernel.shape[2]
                out[y, x, c] = sum(
                    window_sum(image, kernel[:, :, k, c], *corner, dilation, border, fill, first + k)
                    for k in range(kernel.shape[2])
                )
    return out


def stored(sums, dtype):
    """What an image of the given dtype keeps of a sum: rounded half to even and saturated where it is whole."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return sums.astype(dtype)
    info = np.iinfo(dtype)
    out = np.empty(sums.shape, dtype)
    for place, value in np.ndenumerate(sums):
        out[place] = min(max(round(value), info.min), info.max)
    return out
