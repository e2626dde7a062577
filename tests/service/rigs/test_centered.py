"""Bundler and NVM count pixels from the centre of the image, y up and y down."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from geometry import distort_points
from service.rigs.formats import read_rig, recognised, write_rig
from service.rigs.rig import RigCameras, RigLens, UnreadableRig, UnwritableRig
from tests.service.rigs.rigs import rigs, rotation, same

SIZE = (641, 480)


def bundle(cameras, points="0"):
    rows = [" ".join(repr(float(value)) for value in np.ravel(camera)) for camera in cameras]
    return "\n".join(["# Bundle file v0.3", f"{len(cameras)} {points}", *rows]) + "\n"


def camera(f=500.0, k1=0.0, k2=0.0, *, R=None, t=(0.0, 0.0, -5.0)):
    return np.concatenate([[f, k1, k2], np.ravel(np.eye(3) if R is None else R), t])


def seen(rig, n, X):
    """Pixels of points by the rig that was read."""
    x = X @ rig.rotations[n].T + rig.translations[n]
    assert (x[:, 2] > 0).all()
    pixels = (x / x[:, 2:]) @ rig.intrinsics[n, :2].T
    lens = rig.lenses[n]
    if lens.model == "none":
        return pixels
    return distort_points(pixels, rig.intrinsics[n], lens.coefficients, model=lens.model).points


def test_bundler_cameras_see_points_where_its_manual_says(tmp_path):
    rng = np.random.default_rng(1)
    R = rotation([1, 0.2, -0.1, 0.15])
    f, k1, k2, t = 700.0, -0.1, 0.02, np.array([0.3, -0.2, -6.0])
    (tmp_path / "bundle.out").write_text(bundle([camera(f, k1, k2, R=R, t=t)]))
    rig = read_rig(tmp_path / "bundle.out", size=SIZE)
    X = rng.uniform(-1, 1, (20, 3))
    P = X @ R.T + t
    p = -P[:, :2] / P[:, 2:]
    s = (p**2).sum(axis=1, keepdims=True)
    q = f * (1 + k1 * s + k2 * s**2) * p  # from the centre, y up
    expected = np.stack([320 + q[:, 0], 239.5 - q[:, 1]], axis=1)
    np.testing.assert_allclose(seen(rig, 0, X), expected, atol=1e-9)  # roundings of a few hundred pixels


def test_nvm_cameras_see_points_from_their_centres_with_y_down(tmp_path):
    rng = np.random.default_rng(2)
    q, C = np.array([0.9, 0.1, -0.2, 0.05]), np.array([1.0, 2.0, -7.0])
    line = " ".join(map(repr, [600.0, *q.tolist(), *C.tolist()]))
    (tmp_path / "a.nvm").write_text(f'NVM_V3\n\n1\nmy"photo.jpg {line} 0 0\n\n0\n0\n#comment\n')
    rig = read_rig(tmp_path / "a.nvm", size=SIZE)
    assert rig.names == ("my photo.jpg",)
    X = rng.uniform(-1, 1, (20, 3))
    x = (X - C) @ rotation(q).T
    expected = 600 * x[:, :2] / x[:, 2:] + [320, 239.5]
    np.testing.assert_allclose(seen(rig, 0, X), expected, atol=1e-9)  # roundings of a few hundred pixels


@given(rigs(lens=st.tuples(st.floats(-1, 1), st.floats(-1, 1)).map(lambda k: RigLens("brown", (*k, 0.0, 0.0)))))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", ["bundler", "nvm"])
def test_what_is_written_is_read_again(tmp_path_factory, name, rig):
    titles = tuple(f"{n}_{title.replace(' ', '_')}" for n, title in enumerate(rig.names))
    plain = rig.lenses if name == "bundler" else (RigLens(),) * len(titles)
    sizes, K = np.broadcast_to(rig.sizes[:1], rig.sizes.shape), rig.intrinsics.copy()
    K[:, 1, 1] = K[:, 0, 0]
    K[:, :2, 2] = (sizes - 1) / 2
    rig = replace(rig, names=titles, intrinsics=K, sizes=sizes, lenses=plain)
    path = tmp_path_factory.mktemp("rig") / ("rig.out" if name == "bundler" else "rig.nvm")
    write_rig(rig, path, name)
    assert recognised(path) == name
    width, height = rig.sizes[0].tolist()
    # quaternions, and centres that were subtracted and turned back
    same(read_rig(path, size=(width, height)), rig, atol=1e-9 if name == "nvm" else 1e-12)


def test_sizes_come_from_the_images_beside_the_file(tmp_path):
    (tmp_path / "bundle.out").write_text(bundle([camera(), camera()]))
    (tmp_path / "list.txt").write_text("a.png\nb.png 0 498.5\n")
    for name, size in (("a.png", (30, 20)), ("b.png", (7, 9))):
        Image.new("L", size).save(tmp_path / name)
    rig = read_rig(tmp_path / "bundle.out")
    assert rig.names == ("a.png", "b.png")
    assert rig.sizes.tolist() == [[30, 20], [7, 9]]
    assert rig.intrinsics[:, :2, 2].tolist() == [[14.5, 9.5], [3, 4]]


def test_images_that_were_not_registered_are_named(tmp_path):
    (tmp_path / "bundle.out").write_text(bundle([camera(), camera(0.0), camera()]))
    (tmp_path / "list.txt").write_text("a.jpg\nb.jpg\nc.jpg\n")
    rig = read_rig(tmp_path / "bundle.out", size=SIZE)
    assert rig.names == ("a.jpg", "c.jpg")
    assert rig.left_out == ("b.jpg",)


def test_cameras_of_a_second_model_are_named(tmp_path):
    line = "500 1 0 0 0 0 0 0 0 0"
    (tmp_path / "a.nvm").write_text(f"NVM_V3\n\n1\na {line}\n\n1\n0 0 0 1 2 3 0\n\n1\nb {line}\n\n0\n\n0\n")
    rig = read_rig(tmp_path / "a.nvm", size=SIZE)
    assert (rig.names, rig.left_out) == (("a",), ("b",))


def test_a_radial_term_of_nvm_is_left_out_only_when_told(tmp_path):
    (tmp_path / "a.nvm").write_text("NVM_V3\n1\na 500 1 0 0 0 0 0 0 0.1 0\n0\n")
    with pytest.raises(UnreadableRig, match="'a' has a radial term"):
        read_rig(tmp_path / "a.nvm", size=SIZE)
    assert read_rig(tmp_path / "a.nvm", size=SIZE, drop_distortion=True).lenses == (RigLens(),)


GOOD = RigCameras(
    ("a",),
    np.array([[[500.0, 0, 320], [0, 500, 239.5], [0, 0, 1]]]),
    np.eye(3)[np.newaxis],
    np.zeros((1, 3)),
    np.array([SIZE]),
    (RigLens(),),
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sizes": np.zeros((1, 2), np.int64)}, "whose size is not known"),
        ({"intrinsics": GOOD.intrinsics + np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]])}, "'a' has two focal lengths"),
        ({"intrinsics": GOOD.intrinsics + np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])}, "'a' has two focal lengths"),
        ({"intrinsics": GOOD.intrinsics + np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]])}, "'a' has two focal lengths"),
        ({"names": ("a b",)}, "'a b' cannot be the name"),
    ],
)
@pytest.mark.parametrize("name", ["bundler", "nvm"])
def test_what_has_no_place_is_refused(tmp_path, name, change, words):
    write_rig(GOOD, tmp_path / "good", name)
    with pytest.raises(UnwritableRig, match=words):
        write_rig(replace(GOOD, **change), tmp_path / "bad", name)
    assert not (tmp_path / "bad").exists()


@pytest.mark.parametrize("lens", [RigLens("fisheye", (0.1, 0, 0, 0)), RigLens("brown", (0.1, 0, 0.01, 0))])
def test_bundler_holds_two_radial_coefficients_only(tmp_path, lens):
    with pytest.raises(UnwritableRig, match="more than the k1 and k2"):
        write_rig(replace(GOOD, lenses=(lens,)), tmp_path / "rig.out", "bundler")


HEAD = "# Bundle file v0.3\n"
ONE = " ".join(map(str, camera()))
BROKEN = {
    "no header": ("a.out", "1 0\n", "a.out:1: '# Bundle file v0.3' is expected"),
    "nothing": ("a.out", "", "a.out: '# Bundle file v0.3' is expected"),
    "no counts": ("a.out", HEAD + "3\n", "a.out:2: the numbers of cameras and of points"),
    "an absurd count": ("a.out", HEAD + "4000000000 0\n" + ONE, "ends before its 4000000000 cameras do"),
    "a word": ("a.out", HEAD + "1 0\n" + ONE.replace("500.0", "wide"), "a.out:3: 'wide' is not a finite number"),
    "a negative focal length": ("a.out", HEAD + "1 0\n-" + ONE, "focal length of '0000' is below 0"),
    "a mirror": ("a.out", HEAD + "1 0\n" + ONE.replace("1.0 0.0", "-1.0 0.0", 1), "'0000' must be a rotation"),
    "no NVM": ("a.nvm", "NVM\n", "a.nvm:1: 'NVM_V3' is expected"),
    "a fixed calibration": ("a.nvm", "NVM_V3 FixedK 1 2 3 4\n", "a fixed calibration is not understood"),
    "no cameras": ("a.nvm", "NVM_V3\n\n", "a.nvm: '' is not a whole number"),
    "too few words": ("a.nvm", "NVM_V3\n1\na 500 1 0 0 0\n", "a.nvm:3: a name and 10 numbers"),
    "an end too early": ("a.nvm", "NVM_V3\n4000000000\n", "a.nvm: a name and 10 numbers"),
    "no rotation": ("a.nvm", "NVM_V3\n1\na 500 0 0 0 0 0 0 0 0 0\n", "the quaternion of 'a' is 0"),
    "a name twice": ("a.nvm", "NVM_V3\n2\n" + 2 * "a 500 1 0 0 0 0 0 0 0 0\n", "two cameras have the name 'a'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_named_with_its_place(tmp_path, name):
    title, content, words = BROKEN[name]
    (tmp_path / title).write_text(content)
    with pytest.raises(UnreadableRig, match=words):
        read_rig(tmp_path / title, size=SIZE)


def test_a_file_that_promises_points_without_end_is_read_to_its_end(tmp_path):
    (tmp_path / "a.nvm").write_text("NVM_V3\n1\na 500 1 0 0 0 0 0 0 0 0\n4000000000\n0 0 0\n")
    assert read_rig(tmp_path / "a.nvm", size=SIZE).names == ("a",)


def test_a_list_of_other_images_is_refused(tmp_path):
    (tmp_path / "a.out").write_text(bundle([camera()]))
    (tmp_path / "list.txt").write_text("a\nb\n")
    with pytest.raises(UnreadableRig, match=r"names 2 images, a\.out has 1 cameras"):
        read_rig(tmp_path / "a.out", size=SIZE)


def test_without_a_size_the_reader_says_what_to_do(tmp_path):
    (tmp_path / "a.out").write_text(bundle([camera()]))
    with pytest.raises(UnreadableRig, match="--size WIDTH HEIGHT"):
        read_rig(tmp_path / "a.out")
