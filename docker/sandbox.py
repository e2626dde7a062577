"""An image's root file system as a container engine would run it: read-only, unprivileged, in namespaces of its own.

Stands in for a container engine where there is none; the network is the machine's.
"""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_SECONDS = 60
"""How long a command may take that ends by itself."""

# Run as process 1 of new namespaces: arguments are the root, the folder that is mounted at the volume, the volume.
_SET_UP = """
set -e
root=$1 data=$2 volume=$3; shift 3
mount --bind "$root" "$root"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o size=64m,mode=1777,nosuid,nodev,noexec tmpfs "$root/tmp"
mount -t tmpfs -o size=64k,mode=755,nosuid,noexec tmpfs "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount --bind "$data" "$root$volume"
mount -o remount,bind,ro "$root"
exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class Image:
    """What an image says about how it is to be run."""

    environment: dict[str, str]
    user: str
    group: str
    entrypoint: list[str]
    command: list[str]
    health: list[str]
    volume: str
    stop_signal: str
    size: str


@dataclass(frozen=True)
class Sandbox:
    """An image that is mounted, and a folder for its volume."""

    image: Image
    root: Path
    data: Path

    def start(self, command: Sequence[str], output: IO[bytes], **environment: str) -> subprocess.Popen[bytes]:
        """Start a command as process 1; the process returned is its parent, outside."""
        namespaces = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork"]
        set_up = ["sh", "-c", _SET_UP, "sh", str(self.root), str(self.data), self.image.volume]
        return subprocess.Popen(  # noqa: S603 -- the caller's own command
            [*namespaces, *set_up, *self._unprivileged(), *command],
            env={**self.image.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    def once(self, command: Sequence[str], **environment: str) -> tuple[int, str]:
        """Run a command as process 1 to its end, which is enforced: exit code and output."""
        with tempfile.TemporaryFile() as output:
            parent = self.start(command, output, **environment)
            try:
                parent.wait(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                output.write(f"killed after {_SECONDS} s\n".encode())
            finally:
                end(parent)
            output.seek(0)
            return parent.returncode, output.read().decode()

    def enter(self, process: int, command: Sequence[str], **environment: str) -> tuple[int, str]:
        """Run a command beside process 1, whose number outside is `process`: exit code and output."""
        namespaces = ["nsenter", "--target", str(process), "--mount", "--pid", "--ipc", "--uts", "--root", "--wd=/tmp"]
        done = subprocess.run(  # noqa: S603 -- the caller's own command
            [*namespaces, *self._unprivileged(), *command],
            env={**self.image.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout.decode()

    def _unprivileged(self) -> list[str]:
        identity = [f"--reuid={self.image.user}", f"--regid={self.image.group}", "--clear-groups"]
        return ["setpriv", *identity, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]


@contextlib.contextmanager
def mounted(name: str) -> Iterator[Sandbox]:
    """The image `name` of buildah's store, mounted, with an empty volume; both are removed at the end."""
    container = _buildah("from", "--pull-never", name)
    try:
        root = Path(_buildah("mount", container))
        image = _image(name)
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            data.mkdir(mode=0o750)
            os.chown(data, int(image.user), int(image.group))
            Path(folder).chmod(0o755)
            yield Sandbox(image, root, data)
    finally:
        _buildah("rm", container)


def child_of(process: int) -> int | None:
    """The number of the only child of a process; None where it has none."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(children[0]) if children else None


def end(parent: subprocess.Popen[bytes]) -> None:
    """Kill process 1 below `parent`, and with it its namespace; nothing where it has ended."""
    if parent.poll() is None:
        # Not the parent: the kernel forgets to kill its child once that has changed its user.
        with contextlib.suppress(ProcessLookupError):
            os.kill(child_of(parent.pid) or parent.pid, signal.SIGKILL)
        parent.wait()


def _image(name: str) -> Image:
    facts: dict[str, Any] = json.loads(_buildah("inspect", "--type", "image", name))["Docker"]
    config = facts["config"]
    user, _, group = config["User"].partition(":")
    return Image(
        environment=dict(entry.split("=", 1) for entry in config["Env"]),
        user=user,
        group=group,
        entrypoint=config["Entrypoint"],
        command=config["Cmd"],
        health=config["Healthcheck"]["Test"],
        volume=next(iter(config["Volumes"])),
        stop_signal=config["StopSignal"],
        size=json.loads(_buildah("images", "--json", name))[0]["size"],
    )


def _buildah(*arguments: str) -> str:
    command = ["buildah", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().strip()  # noqa: S603
