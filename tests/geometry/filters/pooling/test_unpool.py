import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.filters import pool, unpool


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
def test_pooling_again_gives_the_same_where_windows_do_not_overlap(dtype: str) -> None:
    image = np.random.default_rng(1).integers(1, 200, (2, 9, 8, 3)).astype(dtype)
    pooled = pool(image, (3, 2), indices=True)
    back = unpool(pooled.image, pooled.indices, shape=(9, 8))
    assert back.dtype == image.dtype
    assert np.array_equal(pool(back, (3, 2)).image, pooled.image)
    assert np.array_equal(back[back > 0], image[back > 0])
    assert (back > 0).sum() == pooled.image.size


@pytest.mark.parametrize("layout", ["plane", "plane_channels", "window"])
@pytest.mark.parametrize("shape", [(7, 6), (7, 6, 3), (2, 7, 6, 2)])
def test_every_layout_leads_back_to_the_same_places(layout: str, shape) -> None:
    image = np.random.default_rng(2).normal(size=shape)
    options = {"stride": (1, 2), "dilation": (2, 1), "padding": [[1, 0], [2, 1]]}
    pooled = pool(image, (2, 3), indices=layout, **options)
    windows = {"window": (2, 3), **options} if layout == "window" else {}
    size = shape[1:3] if len(shape) == 4 else shape[:2]
    back = unpool(pooled.image, pooled.indices, shape=size, layout=layout, **windows)
    assert back.shape == shape
    chosen = back != 0
    assert np.array_equal(back[chosen], image[chosen])
    assert set(back[chosen].tolist()) == set(pooled.image[pooled.indices >= 0].tolist())


@pytest.mark.parametrize(("duplicates", "expected"), [("last", 2), ("first", 7), ("max", 8), ("sum", 17), ("mean", 6)])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_duplicates_follow_the_rule_that_is_named(dtype: str, duplicates: str, expected: float) -> None:
    pooled = np.array([[7, 8, 2, 5]], dtype)
    out = unpool(pooled, np.array([[1, 1, 1, -1]]), shape=(1, 3), duplicates=duplicates)
    # the mean 17 / 3 is rounded where the image is whole
    assert out[0, 1] == (17 / 3 if duplicates == "mean" and dtype == "float64" else expected)
    assert out[0, [0, 2]].tolist() == [0, 0]


def test_sums_saturate_and_means_round_half_to_even() -> None:
    pooled = np.array([[200, 101, 4, 5]], np.uint8)
    indices = np.array([[0, 0, 1, 1]])
    assert unpool(pooled, indices, shape=(1, 2), duplicates="sum").tolist() == [[255, 9]]
    assert unpool(pooled, indices, shape=(1, 2), duplicates="mean").tolist() == [[150, 4]]


def test_nan_wins_among_duplicates() -> None:
    out = unpool(np.array([[1.0, np.nan, 3.0]]), np.array([[0, 0, 0]]), shape=(1, 1), duplicates="max")
    assert np.isnan(out[0, 0])


def test_unpool_of_torch_is_reproduced() -> None:
    torch = pytest.importorskip("torch")
    image = np.random.default_rng(3).normal(size=(2, 8, 6, 3)).astype(np.float32)
    tensor = torch.from_numpy(image.transpose(0, 3, 1, 2).copy())
    values, places = torch.nn.functional.max_pool2d(tensor, 2, return_indices=True)
    expected = torch.nn.functional.max_unpool2d(values, places, 2).numpy().transpose(0, 2, 3, 1)
    pooled = pool(image, 2, indices=True)
    assert np.array_equal(unpool(pooled.image, pooled.indices, shape=(8, 6)), expected)


@pytest.mark.parametrize(
    ("argument", "changed"),
    [
        ("pooled", {"pooled": np.zeros(2)}),
        ("indices", {"indices": np.zeros((2, 2))}),
        ("indices", {"indices": np.zeros((2, 1), int)}),
        ("indices", {"indices": np.array([[0, 1], [2, -2]])}),
        ("indices", {"indices": np.array([[0, 1], [2, 2**63]], np.uint64)}),
        ("indices/1/0", {"indices": np.array([[0, 1], [12, 3]])}),
        ("indices/1/1", {"indices": np.array([[0, 1], [2, 4]]), "layout": "window", "window": 2, "shape": (4, 4)}),
        ("shape", {"shape": (3, 4, 5)}),
        ("shape", {"shape": (3, 0)}),
        ("shape", {"shape": "ab"}),
        ("layout", {"layout": "flat"}),
        ("duplicates", {"duplicates": "median"}),
        ("window", {"window": 2}),
        ("window", {"layout": "window"}),
        ("window", {"layout": "window", "window": 1}),
    ],
)
def test_errors_name_the_argument(argument: str, changed) -> None:
    call = {"pooled": np.ones((2, 2)), "indices": np.array([[0, 1], [2, 3]]), "shape": (3, 4)} | changed
    with pytest.raises(InvalidInput) as caught:
        unpool(call.pop("pooled"), call.pop("indices"), **call)
    assert caught.value.argument == argument
