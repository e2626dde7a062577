"""Small parameter documents that several operations share."""

from typing import Annotated, Literal

from pydantic import Field

from service.documents import Document

Border = Literal["constant", "replicate", "reflect", "reflect_101", "wrap"]
Numbers = float | Annotated[list[float], Field(max_length=65_536)]


class Size(Document):
    """Extent of an image in pixels."""

    width: int = Field(description="Columns.", ge=1, le=2**31 - 1)
    height: int = Field(description="Rows.", ge=1, le=2**31 - 1)

    def pair(self) -> tuple[int, int]:
        """(width, height)."""
        return self.width, self.height


class Roi(Document):
    """A rectangle of the output, in pixels."""

    x: int = Field(description="First column.", ge=0, le=2**31 - 1)
    y: int = Field(description="First row.", ge=0, le=2**31 - 1)
    width: int = Field(description="Columns.", ge=1, le=2**31 - 1)
    height: int = Field(description="Rows.", ge=1, le=2**31 - 1)

    def box(self) -> tuple[int, int, int, int]:
        """(x, y, width, height)."""
        return self.x, self.y, self.width, self.height
