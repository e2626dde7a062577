from service.jobs.plan.plan import Plan
from service.jobs.runner.remaining import Remaining


def test_every_tile_without_a_row_is_taken_once_in_order() -> None:
    remaining = Remaining(Plan(tiles=10), {2, 3, 7})
    assert remaining.count == 7
    assert [remaining.take(3), remaining.take(3), remaining.take(3), remaining.take(3)] == [
        (0, 1, 4),
        (5, 6, 8),
        (9,),
        (),
    ]
    assert remaining.count == 0


def test_groups_are_never_parted() -> None:
    remaining = Remaining(Plan(tiles=10, group=4), {1})
    assert [remaining.take(1), remaining.take(6), remaining.take(1)] == [(0, 2, 3), (4, 5, 6, 7, 8, 9), ()]
