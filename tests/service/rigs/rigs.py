"""Rigs for tests, and what must agree after a round trip."""

import numpy as np
from hypothesis import strategies as st

from service.rigs.rig import RigCameras, RigLens

finite = st.floats(-1e6, 1e6)
names = st.text("abcXYZ019.- äß", min_size=1, max_size=12).filter(lambda name: name == name.strip() and name.strip("."))
lenses = st.one_of(
    st.just(RigLens()),
    st.tuples(*[st.floats(-1, 1)] * 4).map(lambda values: RigLens("brown", values)),
    st.tuples(*[st.floats(-1, 1)] * 8).map(lambda values: RigLens("brown", values)),
    st.tuples(*[st.floats(-1, 1)] * 4).map(lambda values: RigLens("fisheye", values)),
)


def rotation(quaternion):
    w, x, y, z = np.array(quaternion) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


@st.composite
def rigs(draw, *, skew=False, lens=lenses):
    titles = draw(st.lists(names, min_size=1, max_size=4, unique_by=str.casefold))
    count = len(titles)
    K, R = np.zeros((count, 3, 3)), np.zeros((count, 3, 3))
    for n in range(count):
        quaternion = draw(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1))
        R[n] = rotation(quaternion)
        fx, fy = draw(st.floats(1, 1e5)), draw(st.floats(1, 1e5))
        K[n] = [[fx, draw(finite) if skew else 0, draw(finite)], [0, fy, draw(finite)], [0, 0, 1]]
    t = np.array([draw(st.tuples(finite, finite, finite)) for _ in range(count)]).reshape(-1, 3)
    size = np.array([draw(st.tuples(*[st.integers(1, 10_000)] * 2)) for _ in range(count)])
    return RigCameras(tuple(titles), K, R, t, size, tuple(draw(lens) for _ in range(count)))


def same(found, rig, *, atol):
    """Numbers agree within `atol` of their own size and of the size of what they come from."""
    assert found.names == rig.names
    np.testing.assert_array_equal(found.sizes, rig.sizes)
    for one, other in zip(found.lenses, rig.lenses, strict=True):
        assert one.model == other.model or not any(other.coefficients)
        length = max(len(one.coefficients), len(other.coefficients))
        padded = [[*lens.coefficients, *[0.0] * (length - len(lens.coefficients))] for lens in (one, other)]
        assert padded[0] == padded[1]
    np.testing.assert_allclose(found.intrinsics, rig.intrinsics, rtol=atol, atol=atol * 1e6)
    np.testing.assert_allclose(found.rotations, rig.rotations, atol=atol)
    np.testing.assert_allclose(found.translations, rig.translations, rtol=atol, atol=atol * 1e6)
