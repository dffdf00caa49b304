import pytest

from alpr_edge.domain.errors import ModelError
from plate_training.release.manifest import Manifest, keys_beside

MANIFEST: Manifest = {
    "detector": {"default": {"near": "near", "check": "default"}, "near": {}, "wide": {}},
    "reader": {"default": {"state_reader": "default"}},
}


def test_a_detector_keeps_the_one_for_near_plates_unless_another_is_asked_for() -> None:
    assert keys_beside(MANIFEST, "detector", "default", None)["near"] == "near"
    assert keys_beside(MANIFEST, "detector", "default", "wide")["near"] == "wide"
    assert keys_beside(MANIFEST, "detector", "wide", None) == {}


def test_a_new_release_keeps_what_works_beside_the_model() -> None:
    assert keys_beside(MANIFEST, "detector", "default", None)["check"] == "default"
    assert keys_beside(MANIFEST, "reader", "default", "near") == {"state_reader": "default"}
    assert keys_beside(MANIFEST, "reader", "another", None) == {}


@pytest.mark.parametrize("near", ["none", "default"])
def test_a_near_detector_that_is_not_there_is_refused(near: str) -> None:
    with pytest.raises(ModelError, match="release it first"):
        keys_beside(MANIFEST, "detector", "default", near)
