"""Every picture codec used once, so that no request pays for loading it."""

import numpy as np

from service.media import picture
from service.media.image import encode_picture


def exercise_codecs() -> None:
    """Encode and decode one pixel as every picture type."""
    pixel = np.zeros((1, 1, 3), np.uint8)
    for media_type in picture.MEDIA_TYPES:
        data = encode_picture(media_type, pixel, quality=95, png_level=1)
        picture.open_picture(memoryview(data), max_pixels=1).load()
