"""What a job does: its document read, planned, computed tile by tile, and closed."""

from service.jobs.plan.finish import finish_job
from service.jobs.plan.plan import Plan, Task, TaskSpec
from service.jobs.plan.planning import make_plan
from service.jobs.plan.submission import submission_of
from service.jobs.plan.tiles import run_tiles

__all__ = ["Plan", "Task", "TaskSpec", "finish_job", "make_plan", "run_tiles", "submission_of"]
