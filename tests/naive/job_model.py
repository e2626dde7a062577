"""What the job database must do, as plain dictionaries: one process, no clock of its own, nothing durable."""

from dataclasses import dataclass, field


class Refused(Exception):
    """`str()` of it is the reason: invalid, limit, absent, conflict, gone, lost."""


@dataclass
class ModelJob:
    id: str
    owner: str
    document: str
    priority: int
    key: str | None
    state: str = "accepted"
    fence: int = 0
    lease_until: float = 0.0
    cancelling: bool = False
    total: int | None = None
    tiles: dict[int, str] = field(default_factory=dict)
    finished: float | None = None
    expire: float | None = None
    forgotten: bool = False

    @property
    def over(self) -> bool:
        return self.state in ("successful", "failed", "dismissed")

    def free(self, now: float) -> bool:
        return self.state == "accepted" or (self.state == "running" and self.lease_until <= now)


class JobModel:
    def __init__(self) -> None:
        self.jobs: dict[str, ModelJob] = {}
        self.served: dict[str, float] = {}

    def earlier(self, owner: str, key: str | None, document: str, most: int) -> ModelJob | None:
        """The job that a submission gives instead of a new one."""
        for job in self.jobs.values():
            if key is not None and (job.owner, job.key) == (owner, key):
                if job.document != document:
                    raise Refused("invalid")
                return job
        if sum(job.owner == owner and not job.over for job in self.jobs.values()) >= most:
            raise Refused("limit")
        return None

    def add(self, job: ModelJob) -> None:
        self.jobs[job.id] = job

    def claim(self, now: float, lease: float) -> ModelJob | None:
        for job in self.jobs.values():
            if job.cancelling and job.lease_until <= now:
                self._end(job, "dismissed", now, 0.0)
        free = [job for job in self.jobs.values() if job.free(now)]
        if not free:
            return None

        def turn(owner: str) -> tuple[int, float, str]:
            running = sum(j.owner == owner and j.state == "running" and not j.free(now) for j in self.jobs.values())
            return running, self.served.get(owner, 0.0), owner

        owner = min({job.owner for job in free}, key=turn)
        job = min((job for job in free if job.owner == owner), key=lambda job: (-job.priority, job.id))
        self.served[owner] = now
        job.state, job.fence, job.lease_until = "running", job.fence + 1, now + lease
        return job

    def held(self, name: str, fence: int) -> ModelJob:
        job = self.jobs.get(name)
        if job is None or job.state != "running" or job.fence != fence:
            raise Refused("lost")
        return job

    def renew(self, name: str, fence: int, now: float, lease: float) -> None:
        self.held(name, fence).lease_until = now + lease

    def release(self, name: str, fence: int, now: float) -> None:
        job = self.held(name, fence)
        if job.cancelling:
            self._end(job, "dismissed", now, 0.0)
        else:
            job.state = "accepted"

    def set_plan(self, name: str, fence: int, total: int) -> None:
        self.held(name, fence).total = total

    def record(self, name: str, fence: int, outcomes: dict[int, str]) -> None:
        job = self.held(name, fence)
        job.tiles = outcomes | job.tiles

    def finish(self, name: str, fence: int, state: str, now: float, keep: float) -> None:
        job = self.jobs.get(name)
        if job is not None and job.state == state != "dismissed" and job.fence == fence:
            return
        job = self.held(name, fence)
        if job.cancelling or state == "dismissed":
            state, keep = "dismissed", 0.0
        self._end(job, state, now, keep)

    def dismiss(self, name: str, owner: str, now: float) -> None:
        job = self._of(name, owner)
        if job.state == "running" and job.lease_until > now:
            job.cancelling = True
        elif job.state != "dismissed":
            self._end(job, "dismissed", now, 0.0)

    def retry(self, name: str, owner: str, now: float) -> None:
        job = self._of(name, owner)
        if job.state != "failed":
            raise Refused("conflict")
        assert job.expire is not None
        if job.forgotten or job.expire <= now:
            raise Refused("gone")
        job.state, job.finished, job.expire = "accepted", None, None
        job.tiles = {tile: state for tile, state in job.tiles.items() if state == "done"}

    def expired(self, now: float) -> set[str]:
        return {
            job.id
            for job in self.jobs.values()
            if job.over and not job.forgotten and job.expire is not None and job.expire <= now
        }

    def forget(self, name: str, now: float) -> None:
        job = self.jobs.get(name)
        if job is not None and job.over:
            assert job.expire is not None
            job.forgotten, job.expire = True, min(job.expire, now)

    def purge(self, before: float) -> int:
        old = [
            j.id
            for j in self.jobs.values()
            if j.forgotten and j.over and j.finished is not None and j.finished < before
        ]
        for name in old:
            del self.jobs[name]
        return len(old)

    def _of(self, name: str, owner: str) -> ModelJob:
        job = self.jobs.get(name)
        if job is None or job.owner != owner:
            raise Refused("absent")
        return job

    def _end(self, job: ModelJob, state: str, now: float, keep: float) -> None:
        job.state, job.cancelling = state, False
        job.finished = now if job.finished is None else job.finished
        job.expire = now + keep if job.expire is None else min(job.expire, now + keep)
