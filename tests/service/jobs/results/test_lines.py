from collections.abc import Iterator

import pytest

from service.errors import StorageFailed
from service.jobs.results.lines import Lines
from service.jobs.results.objects import ObjectStore

NAMES = [f"k{number:06d} {number}" for number in range(0, 20_000, 2)]
PATTERN = "job/lines-%05d.txt"


@pytest.fixture
def lines(local: ObjectStore) -> Lines:
    return Lines.write(local, PATTERN, iter(NAMES))


def test_lines_come_back_one_by_one_in_slices_and_all(lines: Lines, local: ObjectStore) -> None:
    again = Lines.from_json(local, PATTERN, lines.to_json())
    for there in (lines, again):
        assert len(there) == 10_000
        assert list(there) == NAMES
        assert there[0] == NAMES[0]
        assert there[-1] == NAMES[-1]
        assert there[4090:4100] == NAMES[4090:4100]
        assert there[9_999:20_000] == NAMES[9_999:]
        assert there[::-3000] == NAMES[::-3000]
        with pytest.raises(IndexError):
            there[10_000]


def test_sorted_lines_are_found_by_their_start(lines: Lines) -> None:
    for number in (0, 1, 2, 8190, 8191, 8192, 8193, 16_383, 16_384, 19_998, 19_999):
        assert lines.find(f"k{number:06d}") == (number + 1) // 2
    assert lines.find("") == 0
    assert lines.find("z") == 10_000


def test_a_look_reads_one_part(lines: Lines, local: ObjectStore) -> None:
    assert len(lines.written()) == 3
    local.delete("job/lines-00000.txt")
    local.delete("job/lines-00002.txt")
    again = Lines.from_json(local, PATTERN, lines.to_json())
    assert again[5000] == NAMES[5000]
    assert again.find("k010000") == 5000
    with pytest.raises(StorageFailed, match="gone"):
        again[0]


def test_a_damaged_part_is_noticed(lines: Lines, local: ObjectStore) -> None:
    key, _, _ = lines.written()[1]
    local.put(key, local.get(key).replace(b"k010000", b"k010001"))
    with pytest.raises(StorageFailed, match="damaged"):
        Lines.from_json(local, PATTERN, lines.to_json())[5000]


def test_no_lines_are_no_parts(local: ObjectStore) -> None:
    none: Iterator[str] = iter(())
    lines = Lines.write(local, PATTERN, none)
    assert len(lines) == len(lines.written()) == lines.find("a") == 0
    assert list(lines) == lines[:5] == []
