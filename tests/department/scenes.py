"""A scene as cars keep it of a hit, and as they keep it of any other read."""

import io

import cv2
import numpy as np
from PIL import Image

from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest
from alpr_edge.vision.jpeg_pictures import jpeg, shrink

_NOISE = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)
_STREET = np.asarray(cv2.GaussianBlur(_NOISE, (0, 0), 9), np.uint8)
LARGE_SCENE = jpeg(_STREET, 85)
SMALL_SCENE = jpeg(shrink(_STREET, 640), 70)


def scene_item(scene: bytes = LARGE_SCENE) -> OutboxItem:
    """The item of a scene."""
    return OutboxItem(digest(scene), ItemKind.IMAGE, scene, digest(scene))


def is_plain_scene(content: bytes) -> bool:
    """Whether a scene is as small as that of a read without a hit, and made anew."""
    with Image.open(io.BytesIO(content)) as picture:
        return max(picture.size) <= 640 and content not in {LARGE_SCENE, SMALL_SCENE}
