import numpy as np
import pytest

from geometry import view_graph
from service.rigs.formats import read_rig
from tests.geometry.relations.test_fountain import camera


@pytest.mark.realdata
def test_surveyed_cameras_are_those_of_the_epipolar_test(realdata):
    folder = realdata / "fountain-P11"
    rig = read_rig(folder)
    assert rig.names == tuple(f"{number:04d}" for number in range(11))
    assert (rig.sizes == [3072, 2048]).all()
    expected = np.array([camera(folder / f"{name}.camera") for name in rig.names])
    # the same formula, its products perhaps in another order
    np.testing.assert_allclose(rig.to_projections(), expected, rtol=1e-12, atol=1e-9)


@pytest.mark.realdata
def test_the_view_graph_of_a_walk_along_a_wall_is_the_walk(realdata):
    rig = read_rig(realdata / "fountain-P11")
    found = view_graph(rig.to_projections(), rig.sizes, (4, 14), neighbours=3)
    assert found.maximum_tree.tolist() == [[n, n + 1] for n in range(10)]
    assert found.components == 1
    centers = rig.centers()
    steps = np.linalg.norm(centers[1:] - centers[:-1], axis=1)
    along = view_graph(rig.to_projections(), rig.sizes, (4, 14), neighbours=10, tree_weight="distance")
    assert along.minimum_tree_weights.sum() == pytest.approx(steps.sum(), rel=1e-9)  # centres are solved for again
