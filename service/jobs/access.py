"""What computing a job takes: limits, and the stores that its inputs come from and its results go to."""

from functools import cached_property
from math import inf

from service.arrays.reference import References
from service.assets import AssetStore
from service.jobs.results.objects import ObjectStore, open_objects
from service.roots import Roots
from service.settings import Settings


class Access:
    """Settings, and the stores that they name. Pickled, it is the settings alone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __reduce__(self) -> tuple[type["Access"], tuple[Settings]]:
        return Access, (self.settings,)

    @cached_property
    def objects(self) -> ObjectStore:
        """Where results go."""
        return open_objects(self.settings)

    @cached_property
    def assets(self) -> AssetStore:
        """Stored inputs."""
        return AssetStore(self.settings.data_dir / "assets")

    @cached_property
    def roots(self) -> Roots:
        """Files that documents may name."""
        return Roots.of(self.settings)

    @cached_property
    def unhurried(self) -> Settings:
        """The settings without the limit on the arithmetic of one call, which is there for those who wait."""
        return self.settings.model_copy(update={"max_flops": inf})

    def references(self, owner: str) -> References:
        """Arrays as documents of `owner` may name them."""
        return References(
            open_asset=lambda asset: self.assets.open(asset, owner),
            open_uri=self.roots.open,
            max_pixels=self.settings.max_pixels,
        )
