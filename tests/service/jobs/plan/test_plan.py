from service.jobs.plan import Plan, Task
from service.jobs.records import Job
from service.jobs.results.arrays import ArrayLayout

LAYOUT = ArrayLayout("image", (10, 4), "uint8", (2, 4), (4, 4), ("item", "x"))


def test_tasks_take_whole_groups() -> None:
    plan = Plan(10, batch=4, group=4)
    assert list(plan.tasks(())) == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]
    assert list(plan.tasks((), 5)) == [(0, 1, 2, 3, 4, 5, 6, 7), (8, 9)]


def test_tasks_leave_out_what_is_recorded() -> None:
    plan = Plan(10, batch=4, group=2)
    assert list(plan.tasks({0, 4, 5, 6, 7})) == [(1, 2, 3), (8, 9)]


def test_a_plan_survives_being_written_down() -> None:
    plan = Plan(10, (LAYOUT,), 8, 4, {"files": "png"})
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.layout("image") == LAYOUT


def test_a_task_leaves_the_document_behind() -> None:
    job = Job("id", "owner", "gaussian", "items", "running", "large" * 1000, 0, 0.0, plan="{}")
    assert Task.of(job) == Task("id", "owner", "gaussian", "items", "{}")
