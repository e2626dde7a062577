"""The commands of docs/jobs.md, in their order, on a service of their own."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.api.command.jobs.running import epipole_jobs
from tests.running import Server, serving

pytestmark = pytest.mark.jit

PAGE = Path(__file__).parents[4] / "docs" / "jobs.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    rng = np.random.default_rng(1)
    np.save(folder / "rig.npy", rng.normal(size=(30, 3, 4)))
    for name in ("footage/cam01", "footage/cam02", "photos"):
        (folder / name).mkdir(parents=True)
        for n in (0, 50, 150):
            pixels = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"frame_{n:06d}.png")
    table = {str(n): {"homography": [[1, 0, n], [0, 1, 0], [0, 0, 1]]} for n in (1, 2)}
    (folder / "cameras.json").write_text(json.dumps(table))
    items = [{"sigma": 1}, {"sigma": 2}]
    document = {"operation": "gaussian", "params": {"image": [[1, 2], [3, 4]]}, "items": items}
    (folder / "job.json").write_text(json.dumps(document))
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Server]:
    with serving(folder / "data", roots=f"footage={folder / 'footage'}") as server:
        yield server


def test_the_commands_of_the_page_work(service: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    text = PAGE.read_text(encoding="utf-8").split("## From the command line")[1].split("```sh\n")[1].split("```")[0]
    commands = [shlex.split(line)[2:] for line in text.replace("\\\n", "").splitlines()]
    jobs = []
    for command in commands:
        done = epipole_jobs(service, *command)
        assert done.exit_code == 0, done.stderr
        if command[0] == "submit":
            jobs.append(done.stdout.strip())
    assert len(jobs) == 4
    assert all(epipole_jobs(service, "watch", job).exit_code == 0 for job in jobs)
    assert epipole_jobs(service, "fetch", jobs[1], "--to", "out").exit_code == 0
    found = [json.loads(line)["detail"]["fields"] for line in (folder / "out" / "items.jsonl").read_text().splitlines()]
    assert found == [{"camera": camera, "frame": frame} for camera in (1, 2) for frame in (0, 50)]
