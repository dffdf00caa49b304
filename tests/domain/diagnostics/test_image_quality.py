"""Focus and exposure of a picture are judged by their gravest measure, and each fault says what to do about it."""

import pytest

from alpr_edge.domain.diagnostics.checks import Check, Grade
from alpr_edge.domain.diagnostics.image_quality import PlatePicture, ScenePicture, plate_checks, scene_checks

GOOD_PLATE = PlatePicture(focus=0.12, burnt_share=0.1, contrast=80.0)
GOOD_SCENE = ScenePicture(focus=90.0, burnt_share=0.02, median_grey=100.0)
REFOCUS = "clean lens and windscreen, then turn the focus until unit check --aim shows the most"
EXPOSE = "set exposure and gain anew; keep lamps and the sun out of the picture"


def test_a_good_plate_is_green_in_both() -> None:
    focus, exposure = plate_checks("camera front", GOOD_PLATE)
    limit = "green from 100 %, red below 33 %"
    assert (focus.name, focus.finding, focus.limit) == ("camera front focus", "120 %", limit)
    assert (exposure.name, exposure.finding) == ("camera front exposure", "10 % burnt out")
    assert [(check.grade, check.todo) for check in (focus, exposure)] == [(Grade.GREEN, "")] * 2


@pytest.mark.parametrize(
    ("focus", "grade"), [(0.1, Grade.GREEN), (0.099, Grade.AMBER), (0.034, Grade.AMBER), (0.032, Grade.RED)]
)
def test_a_plate_out_of_focus_is_told(focus: float, grade: Grade) -> None:
    check = plate_checks("front", PlatePicture(focus, 0.1, 80.0))[0]
    assert (check.grade, check.todo) == (grade, "" if grade is Grade.GREEN else REFOCUS)
    assert check.value == pytest.approx(1000 * focus)


@pytest.mark.parametrize(
    ("burnt", "contrast", "grade", "finding", "todo"),
    [
        (0.6, 12.0, Grade.GREEN, "60 % burnt out", ""),
        (0.61, 80.0, Grade.AMBER, "61 % burnt out", f"plates burn out: {EXPOSE}"),
        (0.81, 80.0, Grade.RED, "81 % burnt out", f"plates burn out: {EXPOSE}"),
        (0.1, 11.0, Grade.AMBER, "11 grey levels", f"plates have no contrast: {EXPOSE}"),
        (0.1, 4.0, Grade.RED, "4 grey levels", f"plates have no contrast: {EXPOSE}"),
        (0.61, 4.0, Grade.RED, "4 grey levels", f"plates have no contrast: {EXPOSE}"),
        (0.81, 11.0, Grade.RED, "81 % burnt out", f"plates burn out: {EXPOSE}"),
        (0.61, 11.0, Grade.AMBER, "61 % burnt out", f"plates burn out: {EXPOSE}"),
    ],
)
def test_the_graver_fault_of_a_plate_s_exposure_is_told(
    burnt: float, contrast: float, grade: Grade, finding: str, todo: str
) -> None:
    check = plate_checks("front", PlatePicture(0.2, burnt, contrast))[1]
    assert (check.name, check.grade, check.finding, check.todo) == ("front exposure", grade, finding, todo)


def test_a_good_picture_is_green_in_both() -> None:
    focus, exposure = scene_checks("camera front", GOOD_SCENE)
    assert (focus.name, focus.grade, focus.finding) == ("camera front focus", Grade.GREEN, "150 %")
    assert (exposure.name, exposure.grade, exposure.todo) == ("camera front exposure", Grade.GREEN, "")


@pytest.mark.parametrize(("focus", "grade"), [(60.0, Grade.GREEN), (59.0, Grade.AMBER), (19.0, Grade.RED)])
def test_a_picture_out_of_focus_is_told(focus: float, grade: Grade) -> None:
    check = scene_checks("front", ScenePicture(focus, 0.0, 100.0))[0]
    assert (check.name, check.grade) == ("front focus", grade)
    assert check.todo == ("" if grade is Grade.GREEN else REFOCUS)


def test_a_picture_that_was_made_smaller_tells_nothing_of_focus() -> None:
    reduced = ScenePicture(None, 0.0, 100.0)
    assert reduced.focus_percent is None
    assert [check.name for check in scene_checks("front", reduced)] == ["front exposure"]


@pytest.mark.parametrize(
    ("burnt", "grey", "grade", "finding", "todo"),
    [
        (0.4, 12.0, Grade.GREEN, "12 of 255", ""),
        (0.4, 220.0, Grade.GREEN, "220 of 255", ""),
        (0.0, 11.0, Grade.AMBER, "11 of 255", f"the picture is dark: take the cap off, {EXPOSE}"),
        (0.0, 3.0, Grade.RED, "3 of 255", f"the picture is dark: take the cap off, {EXPOSE}"),
        (0.0, 221.0, Grade.AMBER, "221 of 255", f"the picture is too bright: {EXPOSE}"),
        (0.0, 241.0, Grade.RED, "241 of 255", f"the picture is too bright: {EXPOSE}"),
        (0.41, 100.0, Grade.AMBER, "41 % burnt out", f"the picture burns out: {EXPOSE}"),
        (0.61, 100.0, Grade.RED, "61 % burnt out", f"the picture burns out: {EXPOSE}"),
        (0.61, 230.0, Grade.RED, "61 % burnt out", f"the picture burns out: {EXPOSE}"),
        (0.41, 230.0, Grade.AMBER, "230 of 255", f"the picture is too bright: {EXPOSE}"),
    ],
)
def test_the_gravest_fault_of_a_picture_s_exposure_is_told(
    burnt: float, grey: float, grade: Grade, finding: str, todo: str
) -> None:
    check: Check = scene_checks("front", ScenePicture(90.0, burnt, grey))[1]
    assert (check.name, check.grade, check.finding, check.todo) == ("front exposure", grade, finding, todo)
