import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numba
import pytest
from numba.core.caching import UserProvidedCacheLocator

Load = Callable[[str], ModuleType]


def _function() -> None:
    pass


def _unwritable(*_: object, **__: object) -> None:
    raise OSError(30, "Read-only file system")


def test_a_folder_that_cannot_be_written_to_is_still_the_cache(
    load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "TemporaryFile", _unwritable)
    assert UserProvidedCacheLocator.from_function(_function, __file__) is None  # what the locator is for
    locator = load("kernel_cache").BakedCacheLocator.from_function(_function, __file__)
    assert Path(locator.get_cache_path()).parent == tmp_path


def test_a_processor_without_kernels_is_refused_in_words(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    with pytest.raises(SystemExit, match="no kernels for this processor"):
        load("kernel_cache").BakedCacheLocator.from_function(_function, __file__)
