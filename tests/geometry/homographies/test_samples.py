import numpy as np

from geometry.homographies.samples import four_point_models
from tests.geometry.homographies.scenes import PERSPECTIVE, correspondences, mapped


def rows(source, target):
    return np.ascontiguousarray(np.concatenate([source.T, target.T]) / 1000)


def test_each_sample_has_the_homography_of_its_four_points():
    source, target = correspondences(60, noise=0.0)
    samples = np.random.default_rng(0).permutation(60).reshape(15, 4)
    models = four_point_models(rows(source, target), samples, 1e-8)
    assert len(models) == 15
    for model, sample in zip(models, samples, strict=True):
        h = model.reshape(3, 3)
        # Small triangles enlarge the rounding of coordinates of unit size by up to 1e5.
        np.testing.assert_allclose(mapped(h, source[sample] / 1000), target[sample] / 1000, atol=1e-9)
        assert (h[2] @ np.c_[source[sample] / 1000, np.ones(4)].T > 0).all()


def test_samples_across_the_horizon_and_thin_ones_have_none():
    source = np.array([[0, 0], [100, 0], [100, 100], [0, 100], [50, 0]], float)
    data = rows(source, mapped(PERSPECTIVE, source))
    assert len(four_point_models(data, np.array([[0, 1, 2, 4]]), 1e-8)) == 0
    crossed = data[:, [0, 1, 2, 3]].copy()
    crossed[2:, [1, 2]] = crossed[2:, [2, 1]]
    assert len(four_point_models(crossed, np.array([[0, 1, 2, 3]]), 1e-8)) == 0


def test_mirrored_samples_have_one():
    source, target = correspondences(4, noise=0.0)
    assert len(four_point_models(rows(source * [1, -1], target), np.array([[0, 1, 2, 3]]), 1e-12)) == 1
