import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidParams, TooLarge
from service.roots import Roots


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a file, beside a secret and links to it."""
    top = tmp_path_factory.mktemp("roots")
    root = top / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a b.npy").write_bytes(b"inside")
    (root / "large").write_bytes(bytes(1001))
    (top / "secret").write_bytes(b"secret")
    (top / "root-beside").mkdir()
    (top / "root-beside" / "secret").write_bytes(b"secret")
    (root / "link").symlink_to(top / "secret")
    (root / "up").symlink_to(top)
    (root / "loop").symlink_to(root / "loop")
    (root / "within").symlink_to(root / "sub" / "a b.npy")
    os.mkfifo(root / "pipe")
    return root


def roots(folder: Path) -> Roots:
    return Roots({"data": str(folder)}, 1000)


@pytest.mark.parametrize(
    "uri",
    ["data://sub/a b.npy", "data://sub/a%20b.npy", "data:///sub/a b.npy", "data://sub/../sub/a b.npy", "data://within"],
)
def test_files_under_a_root_are_read(folder: Path, uri: str) -> None:
    assert bytes(roots(folder).open(uri)) == b"inside"


def test_an_absolute_path_is_read_where_it_lies_under_a_root(folder: Path) -> None:
    assert bytes(roots(folder).open(f"file://{folder}/sub/a%20b.npy")) == b"inside"


@pytest.mark.parametrize(
    "uri",
    [
        "data://../secret",
        "data://%2e%2e/secret",
        "data://sub/../../secret",
        "data://..%2fsecret",
        "data://link",
        "data://up/secret",
        "data://up/root-beside/secret",
        "data://../root-beside/secret",
        "data://loop",
        "data://pipe",
        "data://sub",
        "data://",
        "data://absent",
        "data://sub/a b.npy%00",
        "data://sub\0",
        "data://" + "a" * 5000,
        "data://" + "a/" * 5000,
        "file:///etc/passwd",
        "file://../secret",
        "file://",
        "other://sub/a b.npy",
        "http://127.0.0.1/secret",
        "data:sub",
        "",
        "://",
    ],
)
def test_everything_else_is_refused_alike(folder: Path, uri: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        roots(folder).open(uri)
    (fault,) = refused.value.faults
    assert fault.pointer == "/uri"
    assert "secret" not in fault.detail
    assert str(folder) not in fault.detail


def test_without_roots_uris_are_off() -> None:
    with pytest.raises(InvalidParams, match="EPIPOLE_ROOTS"):
        Roots({}, 1000).open("file:///etc/hostname")


def test_large_files_are_refused(folder: Path) -> None:
    with pytest.raises(TooLarge, match="EPIPOLE_MAX_BODY_BYTES"):
        roots(folder).open("data://large")


steps = st.sampled_from(
    ["..", ".", "%2e%2e", "%2E.", "..%2f", "up", "link", "sub", "secret", "root-beside", "~", "\\..", "%00"]
)


@given(
    st.lists(steps | st.text(max_size=5), max_size=8), st.sampled_from(["data://", "data:///", "file://", "file:///"])
)
@settings(derandomize=True, max_examples=500, deadline=None)
def test_no_path_leads_out_of_the_root(folder: Path, path: list[str], scheme: str) -> None:
    try:
        data = roots(folder).open(scheme + "/".join(path))
    except (InvalidParams, TooLarge):
        return
    assert bytes(data) == b"inside"
