import re
from pathlib import Path

import pytest

from service.errors import InvalidParams
from service.folder import Folder
from service.roots import Roots


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Two cameras with frames; a link to a secret outside, a link within, and a folder named as a frame."""
    root = tmp_path / "root"
    for camera in ("cam01", "cam02"):
        (root / camera).mkdir(parents=True)
        (root / camera / "frame_1.png").touch()
    (root / "cam01" / "frame_2.png").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "frame_9.png").touch()
    (root / "cam03").symlink_to(tmp_path / "secret")
    (root / "cam04").symlink_to(root / "cam02")
    (root / "cam05").touch()
    return Folder(str(root))


CAMERA, FRAME = re.compile("cam[0-9]{2}"), re.compile("frame_[0-9]+[.]png")


def test_files_are_found_segment_by_segment(folder: Folder) -> None:
    found = sorted(folder.names([CAMERA, FRAME]))
    assert found == ["cam01/frame_1.png", "cam02/frame_1.png", "cam04/frame_1.png"]


def test_names_without_fields_are_found_where_they_exist(folder: Folder) -> None:
    assert list(folder.names(["cam01", "frame_1.png"])) == ["cam01/frame_1.png"]
    assert list(folder.names(["cam01", "frame_2.png"])) == []
    assert list(folder.names(["cam09", FRAME])) == []


def test_listing_does_not_leave_the_folder(folder: Folder) -> None:
    assert list(folder.names(["cam03", FRAME])) == []
    assert list(folder.names(["..", "secret", FRAME])) == []
    assert list(folder.names([".", "cam01", FRAME])) == []
    assert list(folder.names(["", "cam01", FRAME])) == []


def test_names_of_an_unknown_root_are_refused(folder: Folder) -> None:
    with pytest.raises(InvalidParams, match="there are: data"):
        Roots({"data": str(folder.path)}, 10).names("other", [FRAME])
    with pytest.raises(InvalidParams, match="EPIPOLE_ROOTS"):
        Roots({}, 10).names("data", [FRAME])
