"""Arrays in, arrays out: multi-view geometry and image filters on numpy arrays.

Conventions, everywhere in this package and in every surface above it:

- Points are (x, y); sizes are (width, height); arrays are indexed (row, column[, channel]). Pixel centres lie at
  integers; `pixel_center="half"` places them at halves, as COLMAP does.
- Poses are camera-from-world: X_c = R X_w + t, P = K [R | t]. Quaternions are w, x, y, z.
- Fundamental matrices satisfy right^T F left = 0. F[i, j] is the 4×4 determinant of the rows of `left` without j above
  the rows of `right` without i, each pair of rows in cyclic order (1, 2), (2, 0), (0, 1). `normalization="none"` gives
  exactly that; `"frobenius"` scales to unit norm and keeps the sign; F is never divided by F[2, 2].
- A homography's direction is explicit: `"source_to_output"` (default) or `"output_to_source"`.
- Depth is z along the optical axis unless `depth_kind="ray"`. No reading is 0, NaN or infinite on input; NaN (float)
  or 0 (integer) on output.
- "convolution" flips the kernel, "correlation" does not.
- Data is positional, options are keyword-only. Inputs are never written to. A function with several results returns a
  named tuple.
- Errors: `InvalidInput` names the argument, `Degenerate` gives the reason why a configuration has no stable answer.
"""

from geometry.arrays import (
    ArgReduced,
    ContractionPlan,
    CorrelationTree,
    MatrixRank,
    Nearest,
    WindowMean,
    arg_reduce,
    contract,
    contraction_plan,
    correlation_tree,
    matrix_rank,
    nearest,
    pairwise_distance,
    window_mean,
)
from geometry.bands import threads, use_threads
from geometry.cameras import DecomposedProjections, decompose_projection, projections_from_poses
from geometry.depth import DepthPoints, ReprojectedDepth, depth_to_points, reproject_depth
from geometry.errors import Degenerate, GeometryError, InvalidInput
from geometry.filters import convolution_engine, convolution_shape, convolve, convolve_at
from geometry.graph import ViewGraph, sample_pairs, view_graph
from geometry.homographies import (
    HomographyFit,
    homography_from_parameters,
    homography_from_plane,
    homography_from_points,
)
from geometry.lenses import LensPoints, distort_points, undistort_points
from geometry.relations import (
    EpipolarDistances,
    EpipolarLines,
    Essential,
    FundamentalAll,
    FundamentalBlock,
    FundamentalPairs,
    RelativePoses,
    Rig,
    Transferred,
    TrifocalTensors,
    ViewHomographies,
    decompose_essential,
    epipolar_distance,
    epipolar_lines,
    essential,
    fundamental,
    fundamental_all,
    fundamental_block,
    fundamental_from_pose,
    fundamental_pairs,
    homography_between_views,
    trifocal,
    trifocal_transfer,
)
from geometry.stereo import RectifiedStereo, UncalibratedRectification, rectify_stereo, rectify_uncalibrated
from geometry.triangulation import Triangulation, triangulate
from geometry.warp import (
    CroppedPatches,
    CroppedQuad,
    InterpolatedStack,
    Undistorted,
    Warped,
    crop_patches,
    crop_quad,
    interpolate_stack,
    remap,
    rotate_vectors,
    undistort,
    warp_affine,
    warp_perspective,
)

__all__ = [
    "ArgReduced",
    "ContractionPlan",
    "CorrelationTree",
    "CroppedPatches",
    "CroppedQuad",
    "DecomposedProjections",
    "Degenerate",
    "DepthPoints",
    "EpipolarDistances",
    "EpipolarLines",
    "Essential",
    "FundamentalAll",
    "FundamentalBlock",
    "FundamentalPairs",
    "GeometryError",
    "HomographyFit",
    "InterpolatedStack",
    "InvalidInput",
    "LensPoints",
    "MatrixRank",
    "Nearest",
    "RectifiedStereo",
    "RelativePoses",
    "ReprojectedDepth",
    "Rig",
    "Transferred",
    "Triangulation",
    "TrifocalTensors",
    "UncalibratedRectification",
    "Undistorted",
    "ViewGraph",
    "ViewHomographies",
    "Warped",
    "WindowMean",
    "arg_reduce",
    "contract",
    "contraction_plan",
    "convolution_engine",
    "convolution_shape",
    "convolve",
    "convolve_at",
    "correlation_tree",
    "crop_patches",
    "crop_quad",
    "decompose_essential",
    "decompose_projection",
    "depth_to_points",
    "distort_points",
    "epipolar_distance",
    "epipolar_lines",
    "essential",
    "fundamental",
    "fundamental_all",
    "fundamental_block",
    "fundamental_from_pose",
    "fundamental_pairs",
    "homography_between_views",
    "homography_from_parameters",
    "homography_from_plane",
    "homography_from_points",
    "interpolate_stack",
    "matrix_rank",
    "nearest",
    "pairwise_distance",
    "projections_from_poses",
    "rectify_stereo",
    "rectify_uncalibrated",
    "remap",
    "reproject_depth",
    "rotate_vectors",
    "sample_pairs",
    "threads",
    "triangulate",
    "trifocal",
    "trifocal_transfer",
    "undistort",
    "undistort_points",
    "use_threads",
    "view_graph",
    "warp_affine",
    "warp_perspective",
    "window_mean",
]
