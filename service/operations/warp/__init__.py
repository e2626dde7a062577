"""Operations that move pixels."""

from typing import Any

from service.operation import Operation
from service.operations.warp.affine import WARP_AFFINE
from service.operations.warp.crop_patches import CROP_PATCHES
from service.operations.warp.crop_quad import CROP_QUAD
from service.operations.warp.homography_from_parameters import HOMOGRAPHY_FROM_PARAMETERS
from service.operations.warp.homography_from_plane import HOMOGRAPHY_FROM_PLANE
from service.operations.warp.homography_from_points import HOMOGRAPHY_FROM_POINTS
from service.operations.warp.interpolate_stack import INTERPOLATE_STACK
from service.operations.warp.perspective import WARP_PERSPECTIVE
from service.operations.warp.remap import REMAP
from service.operations.warp.rotate_vectors import ROTATE_VECTORS
from service.operations.warp.undistort import UNDISTORT
from service.operations.warp.undistort_points import DISTORT_POINTS, UNDISTORT_POINTS

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    WARP_PERSPECTIVE,
    WARP_AFFINE,
    REMAP,
    CROP_QUAD,
    CROP_PATCHES,
    INTERPOLATE_STACK,
    ROTATE_VECTORS,
    HOMOGRAPHY_FROM_POINTS,
    HOMOGRAPHY_FROM_PLANE,
    HOMOGRAPHY_FROM_PARAMETERS,
    UNDISTORT,
    UNDISTORT_POINTS,
    DISTORT_POINTS,
)
