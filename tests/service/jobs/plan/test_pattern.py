import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidParams, TooLarge
from service.jobs.plan.listing import list_items
from service.jobs.plan.pattern import Pattern
from service.roots import Roots

NAMES = [
    "cam01/frame_000001.jpg",
    "cam01/frame_1234567.jpg",
    "cam01/frame_0000002.jpg",
    "cam01/frame_3.jpg",
    "cam10/frame_000004.jpg",
    "cam1/frame_000005.jpg",
    "cam001/frame_000006.jpg",
    "a b%/x.jpg",
    "left/left_7.jpg",
    "left/right_8.jpg",
    "left/left_09.jpg",
]


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Roots:
    folder = tmp_path_factory.mktemp("footage")
    for name in NAMES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return Roots({"footage": str(folder)}, 1000)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("footage://cam{camera:02d}/frame_{frame:06d}.jpg", [(1, 1), (1, 1234567), (10, 4)]),
        ("footage://cam01/frame_{frame:d}.jpg", [(3,), (1234567,)]),
        ("footage://cam{camera:d}/frame_{frame:06d}.jpg", [(1, 5), (10, 4)]),
        ("footage://{side}/{side}_{number:d}.jpg", [("left", 7)]),
        ("footage://{name}/x.jpg", [("a b%",)]),
        ("footage:///cam10/frame_000004.jpg", [()]),
    ],
)
def test_files_are_found_by_their_fields_and_named_again(roots: Roots, text: str, found: list[tuple[int, ...]]) -> None:
    pattern = Pattern(text, "/items")
    rows = sorted(pattern.find(roots))
    assert rows == found
    for row in rows:
        uri = pattern.uri(dict(zip(pattern.names, row, strict=True)))
        assert bytes(roots.open(uri)).decode() in NAMES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain.jpg",
        "file:///x/{a}.jpg",
        "{a}://x",
        "r://{a:3d}",
        "r://{A}",
        "r://{a",
        "r://a}",
        "r://{}",
        "r://{a:x}",
        "r://{a}{b}{c}{d}",
        "r://" + "{a:d}" * 9,
    ],
)
def test_patterns_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        Pattern(text, "/here")
    assert refused.value.faults[0].pointer == "/here"


def test_names_that_are_no_text_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "good_1.png").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff_1.png")).touch()
    assert list(Pattern("r://{name}_{n:d}.png", "").find(Roots({"r": str(tmp_path)}, 9))) == [("good", 1)]


def test_too_many_items_are_refused(roots: Roots) -> None:
    pattern = Pattern("footage://cam{camera:02d}/frame_{frame:06d}.jpg", "/items")
    with pytest.raises(TooLarge, match="EPIPOLE_MAX_JOB_ITEMS"):
        list_items([pattern], {}, roots, most=2)


def test_patterns_without_a_field_in_common_are_paired_with_each_other(roots: Roots) -> None:
    patterns = [Pattern("footage://cam{camera:d}/frame_{frame:06d}.jpg", "/a"), Pattern("footage://{side}/x.jpg", "/b")]
    found = list_items(patterns, {}, roots, most=10)
    assert (found.names, list(found.rows)) == (("camera", "frame", "side"), [(1, 5, "a b%"), (10, 4, "a b%")])


def test_a_field_is_a_number_everywhere_or_nowhere(roots: Roots) -> None:
    patterns = [Pattern("footage://cam{camera:d}/frame_000005.jpg", "/a"), Pattern("footage://{camera}/x.jpg", "/b")]
    with pytest.raises(InvalidParams, match="/b"):
        list_items(patterns, {}, roots, most=10)


def test_patterns_that_have_no_item_in_common_are_refused(roots: Roots) -> None:
    patterns = [
        Pattern("footage://cam{camera:d}/frame_000005.jpg", "/a"),
        Pattern("footage://cam{camera:d}/frame_000004.jpg", "/b"),
    ]
    with pytest.raises(InvalidParams, match="in common"):
        list_items(patterns, {}, roots, most=10)


@given(st.lists(st.sampled_from(["{a}", "{b:d}", "{c:03d}", "/", "x", ".", "..", "%", "(", "*", "[0-9]+", "\\"])))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_no_pattern_finds_what_it_does_not_name(roots: Roots, pieces: list[str]) -> None:
    try:
        pattern = Pattern("footage://" + "".join(pieces), "")
    except InvalidParams:
        return
    for row in pattern.find(roots):
        data = roots.open(pattern.uri(dict(zip(pattern.names, row, strict=True))))
        assert bytes(data).decode() in NAMES
