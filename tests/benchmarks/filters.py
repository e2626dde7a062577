"""Filters beside OpenCV, and points beside whole images."""

import importlib.util
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from scipy import ndimage, signal

from geometry import convolve, convolve_at, morphology, pool, structuring_element, threads
from tests.benchmarks import chains, expressions, smoothing
from tests.benchmarks.inputs import noise, photo
from tests.benchmarks.paired import Row

SIZE = (3840, 2160)


def rows() -> Iterator[Row]:
    """The filter rows, 3840×2160, dense kernels without structure."""
    colour = photo(SIZE)
    floats = colour[:, :, 1].astype(np.float32)
    rng = np.random.default_rng(4)
    border = cv2.BORDER_CONSTANT
    for side, target in ((3, 1.0), (7, 1.5), (15, 2.0), (31, 1.0)):
        kernel = rng.normal(size=(side, side)).astype(np.float32)
        yield Row(
            "filters",
            f"convolve f32×1, {side}×{side}",
            lambda kernel=kernel: convolve(floats, kernel, mode="correlation"),
            {"OpenCV filter2D": lambda kernel=kernel: cv2.filter2D(floats, -1, kernel, borderType=border)},
            {"OpenCV filter2D": target},
        )
    for side, target in ((3, 1.2), (7, 1.5), (15, 3.0)):
        kernel = rng.random((side, side)).astype(np.float32)
        kernel /= kernel.sum()
        yield Row(
            "filters",
            f"convolve u8×3, {side}×{side}",
            lambda kernel=kernel: convolve(colour, kernel, mode="correlation"),
            {"OpenCV filter2D": lambda kernel=kernel: cv2.filter2D(colour, -1, kernel, borderType=border)},
            {"OpenCV filter2D": target},
        )
    widest = rng.normal(size=(301, 301)).astype(np.float32)
    yield Row(
        "filters",
        "convolve f32×1, 301×301",
        lambda: convolve(floats, widest, mode="correlation"),
        {
            "scipy fftconvolve": lambda: signal.fftconvolve(floats, widest[::-1, ::-1], mode="same"),
            "OpenCV filter2D": lambda: cv2.filter2D(floats, -1, widest, borderType=border),
        },
        {"scipy fftconvolve": 1.3, "OpenCV filter2D": 1.3},
        rounds=5,
    )
    gauss = cv2.getGaussianKernel(15, 2.5)
    smooth = (gauss @ gauss.T).astype(np.float32)
    yield Row(
        "filters",
        "convolve f32×1, 15×15 of rank 1",
        lambda: convolve(floats, smooth, mode="correlation"),
        {
            "OpenCV filter2D": lambda: cv2.filter2D(floats, -1, smooth, borderType=border),
            "OpenCV sepFilter2D": lambda: cv2.sepFilter2D(floats, -1, gauss, gauss, borderType=border),
        },
        {},
    )
    yield from _windows(colour, floats)
    yield from expressions.rows(np.ascontiguousarray(colour[:, :, 1]), floats)
    yield from smoothing.rows(colour)
    yield from chains.rows(colour)
    large = noise((10_000, 10_000), np.float32)
    wide = rng.normal(size=(101, 101))
    points = rng.integers(0, 10_000, (1000, 2))
    yield Row(
        "filters",
        "convolve-at, 1000 points, 101×101, image 10 000×10 000",
        lambda: convolve_at(large, wide, points, mode="correlation"),
        {
            "the same in an image of 1000×1000": lambda: convolve_at(
                large[:1000, :1000], wide, points % 1000, mode="correlation"
            ),
            "numpy slices, a loop": lambda: [_slice(large, wide, x, y) for x, y in np.clip(points, 50, 9949)],
        },
        {},
    )
    yield from _channels()


def _channels() -> Iterator[Row]:
    """Kernels that mix channels."""
    rng = np.random.default_rng(5)
    for size, inputs, outputs, side, target in (
        ((256, 256), 64, 64, 3, 0.7),
        ((56, 56), 128, 128, 3, None),
        ((256, 256), 3, 64, 7, None),
    ):
        deep = noise((*size, inputs), np.float32)
        weights = rng.normal(size=(side, side, inputs, outputs)).astype(np.float32)
        peers = _torch_convolution(deep, weights)
        pair = {"scipy, a channel pair × all": lambda d=deep, w=weights: ndimage.correlate(d[:, :, 0], w[:, :, 0, 0])}
        yield Row(
            "filters",
            f"convolve {inputs}→{outputs} channels, {side}×{side}, {size[1]}×{size[0]}",
            lambda deep=deep, weights=weights: convolve(deep, weights, mode="correlation"),
            {**peers, **pair},
            {"torch conv2d": target} if peers and target is not None else {},
            peer_scales=dict.fromkeys(pair, inputs * outputs * 1000.0),
            rounds=7,
        )


def _torch_convolution(image: np.ndarray, weights: np.ndarray) -> dict[str, Callable[[], object]]:
    """The same by torch, where it is installed, in the layout that it likes best."""
    if importlib.util.find_spec("torch") is None:
        return {}
    import torch

    torch.set_num_threads(threads())
    channels_last = torch.from_numpy(image).permute(2, 0, 1)[None]
    factors = torch.from_numpy(np.ascontiguousarray(weights.transpose(3, 2, 0, 1)))
    factors = factors.to(memory_format=torch.channels_last)
    side = weights.shape[0] // 2
    return {"torch conv2d": lambda: torch.nn.functional.conv2d(channels_last, factors, padding=side)}


def _windows(colour: np.ndarray, floats: np.ndarray) -> Iterator[Row]:
    """Maxima over windows and structuring elements."""
    grey = np.ascontiguousarray(colour[:, :, 1])
    ellipse = structuring_element("ellipse", 15)
    for work, image, element, target in (
        ("dilate u8×3, 5×5", colour, np.ones((5, 5), np.uint8), 1.0),
        ("dilate u8×1, 31×31", grey, np.ones((31, 31), np.uint8), 1.0),
        ("dilate u8×1, ellipse 15", grey, ellipse, 1.5),
    ):
        yield Row(
            "filters",
            work,
            lambda image=image, element=element: morphology(image, element, operation="dilate"),
            {"OpenCV dilate": lambda image=image, element=element: cv2.dilate(image, element)},
            {"OpenCV dilate": target},
        )
    peers = _torch_pools(floats)
    for work, options, target in (
        ("max-pool f32×1, 2×2 stride 2, indices", {"window": 2, "indices": True}, 5.0),
        ("max window f32×1, 5×5 stride 1", {"window": 5, "stride": 1, "padding": "same"}, 40.0),
        ("max window f32×1, 31×31 stride 1", {"window": 31, "stride": 1, "padding": "same"}, None),
    ):
        named = {name: peer for name, peer in (("torch max_pool2d", peers.get(work)),) if peer is not None}
        yield Row(
            "filters",
            work,
            lambda options=options: pool(floats, **options),
            {**named, "numpy copy of the image": floats.copy},
            {"torch max_pool2d": target} if named and target is not None else {},
            rounds=7,
        )


def _torch_pools(floats: np.ndarray) -> dict[str, Callable[[], object]]:
    """The same by torch, where it is installed."""
    if importlib.util.find_spec("torch") is None:
        return {}
    import torch

    torch.set_num_threads(threads())
    tensor = torch.from_numpy(floats)[None, None]
    max_pool = torch.nn.functional.max_pool2d
    return {
        "max-pool f32×1, 2×2 stride 2, indices": lambda: max_pool(tensor, 2, return_indices=True),
        "max window f32×1, 5×5 stride 1": lambda: max_pool(tensor, 5, stride=1, padding=2),
    }


def _slice(image: np.ndarray, kernel: np.ndarray, x: int, y: int) -> float:
    return float((image[y - 50 : y + 51, x - 50 : x + 51] * kernel).sum())
