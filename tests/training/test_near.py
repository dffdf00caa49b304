import pytest

from alpr_edge.domain.errors import ModelError
from plate_training.manifest import Manifest, near_of

MANIFEST: Manifest = {"detector": {"default": {"near": "near"}, "near": {}, "wide": {}}, "reader": {"default": {}}}


def test_a_detector_keeps_the_one_for_near_plates_unless_another_is_asked_for() -> None:
    assert near_of(MANIFEST, "detector", "default", None) == {"near": "near"}
    assert near_of(MANIFEST, "detector", "default", "wide") == {"near": "wide"}
    assert near_of(MANIFEST, "detector", "wide", None) == {}
    assert near_of(MANIFEST, "reader", "default", "near") == {}


@pytest.mark.parametrize("near", ["none", "default"])
def test_a_near_detector_that_is_not_there_is_refused(near: str) -> None:
    with pytest.raises(ModelError, match="release it first"):
        near_of(MANIFEST, "detector", "default", near)
