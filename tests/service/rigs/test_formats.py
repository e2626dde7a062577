import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry import projections_from_poses
from service.errors import StorageFailed
from service.rigs.formats import FORMATS, read_rig, recognised, with_size, write_rig
from service.rigs.rig import RigCameras, RigLens, UnreadableRig, UnwritableRig, numbered
from tests.service.rigs.rigs import rigs, rotation, same

PLAIN = {"lens": st.just(RigLens())}
# Text holds every digit. A half pixel that is added and taken off again, and rotations that go through quaternions,
# cost a few roundings (2^-53) of numbers up to 1e6; centres of 1e6 are turned by them twice.
ROUNDINGS = 32 * 2.0**-53


def one(name="a", **changes):
    K, R = np.array([[[800.0, 0, 320], [0, 810, 240], [0, 0, 1]]]), rotation([0.9, 0.1, -0.2, 0.3])[np.newaxis]
    rig = RigCameras((name,), K, R, np.array([[1.0, 2, 3]]), np.array([[640, 480]]), (RigLens(),))
    return replace(rig, **changes)


@given(rigs(skew=True))
@settings(max_examples=25, deadline=None)
def test_json_keeps_everything_to_the_last_bit(tmp_path_factory, rig):
    path = tmp_path_factory.mktemp("rig") / "rig.json"
    write_rig(rig, path, "json")
    found = read_rig(path)
    same(found, rig, atol=0)
    assert found.lenses == rig.lenses


@given(rigs())
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", ["colmap-text", "colmap-binary"])
def test_colmap_keeps_everything_within_roundings(tmp_path_factory, name, rig):
    folder = tmp_path_factory.mktemp("rig")
    if name == "colmap-text":
        rig = replace(rig, names=tuple(name.replace(" ", "_") for name in rig.names))
    write_rig(rig, folder, name)
    assert recognised(folder) == name
    found = read_rig(folder)
    same(found, rig, atol=ROUNDINGS)
    again = tmp_path_factory.mktemp("again")
    write_rig(found, again, name)
    np.testing.assert_array_equal(read_rig(again).intrinsics, found.intrinsics)


@given(rigs(skew=True, **PLAIN))
@settings(max_examples=25, deadline=None)
def test_strecha_keeps_everything_but_distortion(tmp_path_factory, rig):
    folder = tmp_path_factory.mktemp("rig")
    write_rig(rig, folder, "strecha")
    found = read_rig(folder)
    order = np.argsort(rig.names)
    same(
        found,
        RigCameras(
            tuple(sorted(rig.names)),
            *(values[order] for values in (rig.intrinsics, rig.rotations, rig.translations, rig.sizes)),
            rig.lenses,
        ),
        atol=ROUNDINGS,
    )


@given(rigs(skew=True, **PLAIN))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", ["vgg", "npy"])
def test_projections_are_kept_up_to_scale(tmp_path_factory, name, rig):
    path = tmp_path_factory.mktemp("rig") / ("rig.npy" if name == "npy" else "rig")
    write_rig(rig, path, name)
    assert recognised(path) == name
    order = np.argsort(rig.names) if name == "vgg" else np.arange(len(rig.names))
    expected, found = rig.to_projections()[order], read_rig(path).to_projections()
    for wanted, have in zip(expected, found, strict=True):
        # K and R are taken apart and multiplied again: roundings of the largest products in every row
        size = np.abs(wanted).max(axis=1, keepdims=True)
        np.testing.assert_allclose(have / size, wanted / size, atol=1e-10)
    assert not read_rig(path).sizes.any()


def test_strecha_and_vgg_files_may_be_read_alone_and_in_folders_of_folders(tmp_path):
    rig = replace(one("left/0001.jpg"), names=("left/0001.jpg",))
    write_rig(rig, tmp_path, "strecha")
    assert (tmp_path / "left" / "0001.jpg.camera").is_file()
    assert read_rig(tmp_path).names == ("left/0001.jpg",)
    assert read_rig(tmp_path / "left" / "0001.jpg.camera").names == ("0001.jpg",)


def test_formats_that_do_not_say_where_pixel_centres_lie_are_told(tmp_path):
    rig = one()
    for name in ("npy", "vgg"):
        path = tmp_path / ("rig.npy" if name == "npy" else "vgg")
        write_rig(rig, path, name, pixel_center="half")
        assert read_rig(path).intrinsics[0, 0, 2] == pytest.approx(320.5, abs=1e-9)  # taken apart again
        assert read_rig(path, pixel_center="half").intrinsics[0, 0, 2] == pytest.approx(320, abs=1e-9)


def test_formats_that_say_it_do_not_listen(tmp_path):
    write_rig(one(), tmp_path / "rig.json", "json", pixel_center="half")
    assert read_rig(tmp_path / "rig.json", pixel_center="half").intrinsics[0, 0, 2] == 320
    document = json.loads((tmp_path / "rig.json").read_text()) | {"pixel_center": "half"}
    (tmp_path / "half.json").write_text(json.dumps(document))
    assert read_rig(tmp_path / "half.json").intrinsics[0, 0, 2] == 319.5


def test_the_json_document_holds_what_projections_from_poses_takes(tmp_path):
    write_rig(one(), tmp_path / "rig.json", "json")
    document = json.loads((tmp_path / "rig.json").read_text())
    projections = projections_from_poses(
        document["intrinsics"], document["translations"], rotations=document["rotations"]
    )
    np.testing.assert_array_equal(projections, one().to_projections())


@pytest.mark.parametrize("name", ["strecha", "vgg", "npy"])
@pytest.mark.parametrize("lens", [RigLens("brown", (0.1, 0, 0, 0)), RigLens("fisheye", (0.0, 0, 0, 0))])
def test_distortion_is_not_dropped_in_silence(tmp_path, name, lens):
    rig = one(lenses=(lens,))
    with pytest.raises(UnwritableRig, match=r"no place for distortion.*'a'"):
        write_rig(rig, tmp_path / "rig", name)
    assert not (tmp_path / "rig").exists()
    write_rig(rig, tmp_path / "rig", name, drop_distortion=True)
    assert read_rig(tmp_path / "rig", format_name=name).lenses == (RigLens(),)


@pytest.mark.parametrize("name", ["strecha", "colmap-text", "colmap-binary"])
def test_sizes_that_are_not_known_must_be_given(tmp_path, name):
    rig = one(sizes=np.zeros((1, 2), np.int64))
    with pytest.raises(UnwritableRig, match="--size"):
        write_rig(rig, tmp_path, name)
    write_rig(with_size(rig, (30, 20)), tmp_path, name)
    assert read_rig(tmp_path).sizes.tolist() == [[30, 20]]
    assert with_size(one(), (30, 20)).sizes.tolist() == [[640, 480]]


@pytest.mark.parametrize("name", ["strecha", "vgg"])
@pytest.mark.parametrize("title", ["../a", "/a", "a//b", "", "a\nb", "a\0b", "x" * 300])
def test_names_that_are_no_file_names_are_refused(tmp_path, name, title):
    with pytest.raises(UnwritableRig, match="cannot be the name of a file"):
        write_rig(one(title), tmp_path, name)


@pytest.mark.parametrize("title", ["", " a", "a\nb"])
def test_names_that_colmap_cannot_read_back_are_refused(tmp_path, title):
    with pytest.raises(UnwritableRig, match="cannot be the name of an image"):
        write_rig(one(title), tmp_path, "colmap-text")


def test_names_with_spaces_are_refused_in_text_because_colmap_cuts_them(tmp_path):
    with pytest.raises(UnwritableRig, match="first space"):
        write_rig(one("a b"), tmp_path, "colmap-text")
    write_rig(one("a b"), tmp_path, "colmap-binary")
    assert read_rig(tmp_path).names == ("a b",)


def test_names_that_are_not_utf_8_survive_colmap_and_are_refused_by_json(tmp_path):
    rig = one("a\udcff")
    write_rig(rig, tmp_path, "colmap-text")
    assert read_rig(tmp_path).names == rig.names
    with pytest.raises(UnwritableRig, match="UTF-8"):
        write_rig(rig, tmp_path / "rig.json", "json")


def test_skew_has_no_place_in_colmap(tmp_path):
    K = one().intrinsics.copy()
    K[0, 0, 1] = 2
    with pytest.raises(UnwritableRig, match="'a' has skew 2"):
        write_rig(one(intrinsics=K), tmp_path, "colmap-text")


def test_rotations_printed_with_few_digits_become_exact_around_their_centre(tmp_path):
    rig = one(rotations=one().rotations.round(5))
    write_rig(rig, tmp_path, "colmap-binary")
    found = read_rig(tmp_path)
    # unit quaternions are orthonormal to roundings
    np.testing.assert_allclose(found.rotations @ found.rotations.transpose(0, 2, 1), [np.eye(3)], atol=1e-15)
    np.testing.assert_allclose(found.centers(), rig.centers(), atol=1e-14)
    np.testing.assert_allclose(found.rotations, rig.rotations, atol=2e-5)  # what rounding to 5 digits changed


def test_a_folder_must_hold_one_format(tmp_path):
    with pytest.raises(UnreadableRig, match="holds no rig"):
        read_rig(tmp_path)
    write_rig(one(), tmp_path, "colmap-text")
    write_rig(one(), tmp_path / "binary", "colmap-binary")
    for file in (tmp_path / "binary").iterdir():
        file.rename(tmp_path / file.name)
    with pytest.raises(UnreadableRig, match="several formats \\(colmap-text, colmap-binary\\)"):
        read_rig(tmp_path)
    assert read_rig(tmp_path, format_name="colmap-binary").names == ("a",)


@pytest.mark.parametrize("name", ["points3D.txt", "points3D.bin", "rigs.txt", "cameras.bin"])
def test_a_model_of_colmap_is_not_written_over(tmp_path, name):
    (tmp_path / name).write_text("points of hours")
    for form in ("colmap-text", "colmap-binary"):
        with pytest.raises(UnwritableRig, match="already"):
            write_rig(one(), tmp_path, form)
    assert (tmp_path / name).read_text() == "points of hours"


def test_cameras_of_other_rigs_do_not_join(tmp_path):
    write_rig(one("a"), tmp_path, "strecha")
    write_rig(one("a"), tmp_path, "strecha")
    with pytest.raises(UnwritableRig, match=r"holds a\.camera already"):
        write_rig(one("b"), tmp_path, "strecha")
    write_rig(one("b"), tmp_path, "vgg")


def test_what_is_not_there_or_not_a_rig_is_told(tmp_path):
    for path, words in (("none", "no such file or folder"), ("rig.txt", "no format has the suffix '.txt'")):
        if path == "rig.txt":
            (tmp_path / path).write_text("")
        with pytest.raises(UnreadableRig, match=words):
            read_rig(tmp_path / path)
    with pytest.raises(UnreadableRig, match="is a folder"):
        read_rig(tmp_path, format_name="npy")
    with pytest.raises(UnreadableRig, match=r"holds no \.P files"):
        read_rig(tmp_path, format_name="vgg")
    with pytest.raises(UnreadableRig, match="no such file"):
        read_rig(tmp_path, format_name="colmap-text")


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="cannot be written"):
        write_rig(one(), tmp_path / "file" / "rig.json", "json")


def test_empty_rigs(tmp_path):
    nobody = RigCameras((), np.empty((0, 3, 3)), np.empty((0, 3, 3)), np.empty((0, 3)), np.empty((0, 2), np.int64), ())
    for name in FORMATS:
        single = {"json": "rig.json", "npy": "rig.npy", "bundler": "rig.out", "nvm": "rig.nvm"}
        path = tmp_path / name / single.get(name, "")
        if name in ("strecha", "vgg"):
            with pytest.raises(UnwritableRig, match="without cameras"):
                write_rig(nobody, path, name)
            continue
        write_rig(nobody, path, name)
        assert read_rig(path).names == ()


def test_cameras_without_names_are_numbered():
    assert numbered(2) == ["0000", "0001"]
    assert numbered(20_000)[-1] == "19999"
