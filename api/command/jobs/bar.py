"""A job's progress on a terminal: a live bar; elsewhere a line now and then."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from api.client import JobStatus
from api.client import Progress as CallProgress
from api.command.jobs.listing import COLOURS, duration

_STEP = 10.0  # percent from one line to the next, where there is no terminal


class JobBar:
    """Shows the statuses of one job on standard error, or on `console`."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = Console(stderr=True) if console is None else console
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            TextColumn("{task.fields[state]}"),
            BarColumn(bar_width=None, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[counts]}"),
            TextColumn("[cyan]{task.fields[pace]}"),
            TextColumn("{task.fields[left]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("", total=100.0, state="", counts="", pace="", left="")
        self._told: tuple[str, float] = ("", -_STEP)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, status: JobStatus) -> None:
        """Draw how far the job is."""
        self._bar.update(
            self._task,
            description=status.operation,
            completed=100.0 if status.state == "successful" else status.progress,
            state=f"[{COLOURS.get(status.state, 'default')}]{_state(status)}[/]",
            counts=_counts(status, "[red]{:,} failed[/]"),
            pace="" if status.rate is None else f"{status.rate:,.3g} {status.unit}/s",
            left="" if status.eta_seconds is None else f"{duration(status.eta_seconds)} left",
        )
        if not self.console.is_terminal:
            self._tell(status)

    def refresh(self) -> None:
        """Draw at once what else is drawn ten times a second."""
        self._bar.refresh()

    def waits(self, step: CallProgress) -> None:
        """Say that the service does not answer for the moment."""
        if step.stage == "waiting" and step.total is not None:
            words = f"no answer, asking again in {step.total:.1f} s"
            self._bar.update(self._task, state=f"[yellow]{words}[/]")
            if not self.console.is_terminal:
                self.console.print(words, highlight=False)

    def _tell(self, status: JobStatus) -> None:
        state, progress = self._told
        if status.state != state or abs(status.progress - progress) >= _STEP:
            self._told = (status.state, status.progress)
            words = f"{status.operation} {_state(status)} {status.progress:g} % {_counts(status, '{:,} failed')}"
            self.console.print(words.rstrip(), highlight=False, soft_wrap=True)


def _state(status: JobStatus) -> str:
    return "cancelling" if status.cancelling and not status.ended else status.state


def _counts(status: JobStatus, failed: str) -> str:
    if status.tiles_total is None:
        return ""
    told = f"{status.tiles_done:,} of {status.tiles_total:,} {status.unit}"
    return f"{told}, {failed.format(status.tiles_failed)}" if status.tiles_failed else told
