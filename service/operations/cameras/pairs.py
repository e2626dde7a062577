"""What the operations on pairs of cameras share."""

from typing import Any, Literal

from geometry.errors import InvalidInput
from service.arrays.pending import Array
from service.operations.shapes import Size

Normalization = Literal["frobenius", "none"]

CONVENTION = "right^T F left = 0"
LEFT = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
RIGHT = [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]
THIRD = [[1, 0, 0, -1], [0, 1, 0, 2], [0, 0, 1, 4]]

NORMALIZATION = "`frobenius`: unit norm, sign kept. `none`: exactly the 4×4 determinants. Never divided by F33."
CONVENTION_FIELD = "The relation that F satisfies for matching points (x, y, 1)."
CONDITION = (
    "The relative error of the baseline, and so about that of F, that roundings of the projections' entries explain, "
    "in units of 2^-53: 9·10^12 is 0.1 %, from where on a pair is `ill_conditioned`."
)
ZERO = "zero where the status is same_centre or rank_deficient_camera."
SIZE = "Size of all images, to tell which epipoles lie in them; pixel centres at integers. Default: none."
SIZES = "Sizes of the images, one a camera, instead of `size`. Default: none."
INSIDE = "whichever side of the camera it is on; with `size` or `sizes`."
STATUS_COUNTS = "How many pairs have each status."


def image_sizes(size: Size | None, sizes: Array | None) -> Any:
    """Width and height of all images, or of each; None where none were given."""
    if size is not None and sizes is not None:
        raise InvalidInput("sizes", "give either size or sizes")
    return sizes if size is None else size.pair()
