from service.jobs.runner.pace import Pace


def test_the_first_task_is_as_large_as_the_plan_says() -> None:
    assert Pace(12).batch(1000, 2) == 12


def test_quick_tiles_are_taken_by_the_hundred_and_not_all_at_once() -> None:
    pace, batches = Pace(1), []
    for _ in range(6):
        batches.append(pace.batch(100_000, 2))
        pace.note(batches[-1], batches[-1] * 0.0005)
    assert batches == [1, 8, 64, 512, 1000, 1000]


def test_tiles_of_seconds_are_taken_one_by_one() -> None:
    pace = Pace(64)
    pace.note(64, 64 * 3.0)
    assert pace.batch(1000, 2) == 1


def test_tasks_take_about_half_a_second() -> None:
    pace = Pace(4)
    for _ in range(20):
        pace.note(pace.batch(10_000, 2), pace.batch(10_000, 2) * 0.05)
    assert pace.batch(10_000, 2) == 10


def test_the_last_tiles_are_shared_among_the_slots() -> None:
    assert Pace(100).batch(30, 4) == 8
    assert Pace(100).batch(1, 4) == 1
