import numpy as np

from plate_training.data.clean import SURFACES, backgrounds, plates_of
from plate_training.data.pictures import LabelledFrame

PLATE = np.array([[100, 60, 160, 80], [10, 10, 18, 14]], np.float32)


def frame() -> LabelledFrame:
    """A grey road with two white plates, one of them small."""
    grey = np.full((200, 300), 90, np.uint8)
    for left, top, right, bottom in PLATE.astype(int):
        grey[top:bottom, left:right] = 255
    return LabelledFrame(grey, PLATE)


def test_backgrounds_show_no_plate_and_leave_the_frame_as_it_was() -> None:
    road = frame()
    pictures = backgrounds([road])
    assert len(pictures) == 1 + SURFACES
    assert pictures[0].max() < 120
    assert road.grey.max() == 255
    assert all(picture.std() > 1 for picture in pictures[1:])


def test_drawn_surfaces_are_the_same_each_time() -> None:
    assert all((one == other).all() for one, other in zip(backgrounds([]), backgrounds([]), strict=True))


def test_plates_are_cut_out_in_colour_and_small_ones_left() -> None:
    (plate,) = plates_of([frame()])
    assert plate.shape == (20, 60, 3)
    assert plate.min() == 255
