import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_training.evaluation.distances import OVERLAP_PX, tiles_of

SIDES = st.tuples(st.integers(200, 4000), st.integers(200, 3000))


@given(SIDES, st.sampled_from([(320, 320), (640, 384), (768, 448)]))
def test_tiles_cover_the_frame_and_overlap_by_a_plate(frame: tuple[int, int], tile: tuple[int, int]) -> None:
    tiles = tiles_of(frame, tile)
    for axis in (0, 1):
        starts = sorted({corner[axis] for corner in tiles})
        assert starts[0] == 0
        assert starts[-1] + tile[axis] >= frame[axis]
        assert starts[-1] == max(0, frame[axis] - tile[axis])
        assert all(np.diff(starts) <= tile[axis] - OVERLAP_PX + 1)


@pytest.mark.parametrize(("frame", "count"), [((640, 384), 1), ((1280, 720), 4), ((1920, 1080), 9)])
def test_a_sweep_takes_as_many_frames_as_it_has_tiles(frame: tuple[int, int], count: int) -> None:
    assert len(tiles_of(frame, (768, 448))) == count
