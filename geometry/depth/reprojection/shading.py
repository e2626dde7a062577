"""Values carried along by the triangles of a depth map."""

import numpy as np

from geometry.bands import run_bands
from geometry.depth.reprojection.triangles import LONE, NO_TRIANGLE, TriangleSplat
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

_BAND_PIXELS = 16384
_KERNEL_DTYPES = {"uint16": "float32", "int16": "float32", "int32": "float64"}


@inline
def _cross(ax, ay, bx, by):  # type: ignore[no-untyped-def]
    return ax * by - ay * bx


@inline
def _weight(u, v, z, p, q, r, x, y):  # type: ignore[no-untyped-def]
    """Weights in space of corners p, q, r, up to a factor: plane indices."""
    pu, pv, qu, qv, ru, rv = u[p] - x, v[p] - y, u[q] - x, v[q] - y, u[r] - x, v[r] - y
    zp, zq, zr = z[p], z[q], z[r]
    return _cross(qu, qv, ru, rv) * (zq * zr), _cross(ru, rv, pu, pv) * (zp * zr), _cross(pu, pv, qu, qv) * (zp * zq)


@kernel(
    "void({T}[:,::1], f8[::1], f8[::1], f8[::1], i8, i4[:,::1], u1[:,::1], i8, i8, {T}[:,:,::1])",
    types=("u1", "f4", "f8"),
)
def _shade(values, u, v, z, columns, source_index, triangle, start, stop, out):  # type: ignore[no-untyped-def]
    whole, channels = values.itemsize == 1, values.shape[1]
    for y in range(start, stop):
        for x in range(source_index.shape[1]):
            code, source = np.int64(triangle[y, x]), np.int64(source_index[y, x])
            if code >= LONE:
                for c in range(channels):
                    out[y, x, c] = 0 if code == NO_TRIANGLE else values[source, c]
                continue
            kind, most = code // 4, code % 4
            first = 1 if kind == 3 else 0
            second, third = (1 if kind < 2 else columns), (columns if kind == 0 else columns + 1)
            a = source - (most & 1) - (most >> 1) * columns
            p, q, r = a + first, a + second, a + third
            wp, wq, wr = _weight(u, v, z, p, q, r, float(x), float(y))
            # What weighs nothing has no influence, be it NaN.
            p, q, r = (p if wp != 0.0 else source), (q if wq != 0.0 else source), (r if wr != 0.0 else source)
            if (p == source) & (q == source) & (r == source):
                for c in range(channels):
                    out[y, x, c] = values[source, c]
                continue
            share = 1.0 / (wp + wq + wr)
            wp, wq, wr = wp * share, wq * share, wr * share
            for c in range(channels):
                own = np.float64(values[source, c])
                between = wp * (values[p, c] - own) + wq * (values[q, c] - own) + wr * (values[r, c] - own)
                out[y, x, c] = np.int32(np.rint(own + between)) if whole else own + between


def shade_triangles(values: Array, u: Array, v: Array, z: Array, splat: TriangleSplat) -> Array:
    """Interpolate values of the source pixels where their triangles won: `Σ c w / z / Σ w / z`.

    Parameters
    ----------
    values
        (H, W, C), uint8, uint16, int16, int32, float32 or float64, C ≥ 1.
    u, v, z
        As `splat_triangles` took them.
    splat
        What it gave.

    Returns
    -------
    Array
        (h, w, C), dtype of the values; integers are rounded half to even; 0 in holes. Where a reading lies on a pixel's
        centre, and where it is alone, the pixel has its value to the last bit.
    """
    kind = _KERNEL_DTYPES.get(values.dtype.name, values.dtype.name)
    shape = (*splat.source_index.shape, values.shape[2])
    (out,) = fresh_arrays((shape, np.dtype(kind)))
    flat = np.ascontiguousarray(values.reshape(-1, values.shape[2]), kind)
    planes = [plane.reshape(-1) for plane in (u, v, z)]
    run_bands(
        lambda start, stop: _shade(flat, *planes, u.shape[1], splat.source_index, splat.triangle, start, stop, out),
        shape[0],
        grain=max(1, _BAND_PIXELS // shape[1]),
    )
    return out if values.dtype == out.dtype else np.rint(out).astype(values.dtype)
