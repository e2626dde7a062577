from typing import Any

import numpy as np
import pytest

from service.arrays.reference import References
from service.catalogue import OPERATIONS, operation_named
from service.errors import NotAcceptable
from service.execution import compute, price, validate
from service.media import ply
from service.media.answer import Answer, choose_form, encode
from service.settings import Settings

K = [[2, 0, 1], [0, 2, 1], [0, 0, 1]]
DEPTH = [[1, 2, 3], [None, 4, 0]]
TYPES = {"float": "<f4", "double": "<f8", "uchar": "u1"}


def read(data: bytes) -> dict[str, np.ndarray]:
    """A reader of its own: columns by the name of their property."""
    header, body = data.split(b"end_header\n", 1)
    lines = header.decode("ascii").splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    assert [line for line in lines if line.startswith("element")] == [lines[2]]
    count = int(lines[2].removeprefix("element vertex "))
    vertex = np.dtype([(name, TYPES[kind]) for _, kind, name in (line.split() for line in lines[3:])])
    table = np.frombuffer(body, vertex)
    assert len(table) == count
    return {name: table[name] for name in vertex.names or ()}


def answer(name: str, params: dict[str, Any], array: str | None = None) -> Answer:
    call = price(operation_named(name), validate(operation_named(name), params, References()), Settings())
    return encode(compute(call), choose_form(call, [ply.MEDIA_TYPE], array, Settings()), Settings())


def whole(found: Answer) -> bytes:
    data = b"".join(bytes(chunk) for chunk in found.chunks())
    assert len(data) == found.length
    return data


def test_vertices_are_the_points_that_are_there() -> None:
    found = answer("depth-to-points", {"depth": DEPTH, "intrinsics": K})
    table = read(whole(found))
    assert list(table) == ["x", "y", "z"]
    assert table["x"].dtype == np.float64
    assert table["z"].tolist() == [1, 2, 3, 4]
    assert table["x"].tolist() == [-0.5, 0, 1.5, 0]
    assert table["y"].tolist() == [-0.5, -1, -1.5, 0]
    assert found.summary["vertices"] == 4
    assert found.summary["other_arrays"] == ["valid"]


@pytest.mark.parametrize("channels", [0, 1, 3, 4])
def test_colours_and_normals_go_along(channels: int) -> None:
    image = np.arange(6 * max(channels, 1)).reshape((2, 3) if channels == 0 else (2, 3, channels))
    params = {
        "depth": {"data": [[2, 2, 2], [2, 2, 0]], "dtype": "uint16"},
        "intrinsics": K,
        "image": {"data": image.tolist(), "dtype": "uint8"},
        "normals": True,
    }
    table = read(whole(answer("depth-to-points", params)))
    names = ["red", "green", "blue", "alpha"][: max(3, channels)]
    assert list(table) == ["x", "y", "z", "nx", "ny", "nz", *names]
    assert table["x"].dtype == np.float32
    wanted = np.repeat(image.reshape(6, 1), 3, axis=1) if channels < 3 else image.reshape(6, channels)
    assert np.array_equal(np.stack([table[name] for name in names], axis=1), wanted[:5])
    assert np.array_equal(table["nz"], [-1, -1, np.nan, -1, -1], equal_nan=True)


def test_blocks_have_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = whole(answer("depth-to-points", {"depth": DEPTH, "intrinsics": K}))
    monkeypatch.setattr(ply, "_BLOCK_POINTS", 2)
    found = answer("depth-to-points", {"depth": DEPTH, "intrinsics": K})
    assert whole(found) == expected
    assert found.parts[1].held >= 6 * 24  # type: ignore[union-attr]


def test_no_points_are_a_file_of_no_vertices() -> None:
    table = read(whole(answer("depth-to-points", {"depth": [[0]], "intrinsics": K})))
    assert table["x"].shape == (0,)


def test_triangulated_points_are_points_too() -> None:
    example = operation_named("triangulate").examples[0].params
    call = price(
        operation_named("triangulate"), validate(operation_named("triangulate"), example, References()), Settings()
    )
    points = compute(call).arrays()["points"]
    table = read(whole(answer("triangulate", example)))
    kept = points[np.isfinite(points).all(axis=1)]
    assert 0 < len(kept) < len(points)
    assert np.array_equal(np.stack([table[axis] for axis in "xyz"], axis=1), kept)


@pytest.mark.parametrize(
    ("name", "change", "array", "reason"),
    [
        ("fundamental", {}, None, "no points in space"),
        ("undistort-points", {}, None, "no points in space"),
        ("depth-to-points", {}, "valid", "not 'valid'"),
        ("depth-to-points", {"image": {"data": [[1, 2], [3, 4]], "dtype": "uint16"}}, None, "uint16"),
        ("depth-to-points", {"image": {"data": [[[1, 2], [1, 2]]] * 2, "dtype": "uint8"}}, None, "uint8 in 2;"),
    ],
)
def test_what_ply_cannot_hold_is_refused_with_the_reason(
    name: str, change: dict[str, Any], array: str | None, reason: str
) -> None:
    with pytest.raises(NotAcceptable, match=reason):
        answer(name, operation_named(name).examples[0].params | change, array)


def test_only_operations_with_points_offer_it() -> None:
    assert {o.name for o in OPERATIONS if ply.has_points(o.result)} == {"depth-to-points", "triangulate"}


def test_the_header_is_plain() -> None:
    header = answer("depth-to-points", {"depth": DEPTH, "intrinsics": K}).parts[0]
    assert header == (
        b"ply\nformat binary_little_endian 1.0\nelement vertex 4\n"
        b"property double x\nproperty double y\nproperty double z\nend_header\n"
    )
