"""A result array as a file: a picture where it is one and the format can hold it, npy otherwise."""

import numpy as np

from service.arrays.pending import Array
from service.execution import Call
from service.jobs.document import FileForm
from service.media import npy
from service.media.answer import is_picture, raw_bytes
from service.media.image import encode_picture, picture_fault
from service.settings import Settings


def file_of(call: Call, name: str, array: Array, form: FileForm, settings: Settings) -> tuple[str, bytes]:
    """The suffix and the bytes of the file for a result array."""
    media_type = f"image/{form}"
    if form != "npy" and is_picture(call, name) and picture_fault(media_type, array.shape, array.dtype) is None:
        quality, level = settings.jpeg_quality, settings.png_level
        return form, encode_picture(media_type, np.ascontiguousarray(array), quality=quality, png_level=level)
    return "npy", npy.npy_header(array.shape, array.dtype) + raw_bytes(array)
