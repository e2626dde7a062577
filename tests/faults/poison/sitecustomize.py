"""Python runs this as it starts, where this folder is on its path: tiles that end the process that computes them.

`POISONED_TILES` names them, as 3,7; every attempt leaves a line in the file `POISON_LOG`.
"""

import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

_MODULE = "service.jobs.plan"


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        run_tiles = module.run_tiles
        poisoned = {int(tile) for tile in os.environ["POISONED_TILES"].split(",")}

        def run(task: Any, tiles: Sequence[int], *others: Any) -> Any:
            for tile in tiles:
                if tile in poisoned:
                    with open(os.environ["POISON_LOG"], "a") as log:  # noqa: PTH123
                        log.write(f"{tile} {len(tiles)}\n")
                    os.kill(os.getpid(), signal.SIGKILL)
            return run_tiles(task, tiles, *others)

        module.run_tiles = run  # type: ignore[attr-defined]


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != _MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


if "POISONED_TILES" in os.environ:
    sys.meta_path.insert(0, _Finder())
