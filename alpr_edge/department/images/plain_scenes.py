"""Scenes as cars keep those of reads without a hit: that of a hit is larger and sharper, and would tell of it.

Whoever may see no hit of a read is shown its scene so, whether there is a hit that they may not know of or none at all.
"""

from alpr_edge.domain.errors import LostError, PictureError

SCENE_PX_MAX, JPEG_QUALITY = 640, 70
"""As ``[store]`` of a car has them by default; a car that keeps less is left out of account."""


def plain_scene(jpeg: bytes) -> bytes:
    """A stored scene as that of a read without a hit."""
    from alpr_edge.vision import jpeg_pictures  # noqa: PLC0415 - OpenCV, for nothing else of a page

    try:
        return jpeg_pictures.plain_scene(jpeg, SCENE_PX_MAX, JPEG_QUALITY)
    except PictureError:
        raise LostError("this picture cannot be shown: it is damaged") from None
