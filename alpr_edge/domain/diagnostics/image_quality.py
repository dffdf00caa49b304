"""Limits of focus, exposure and contrast for plates to be read. Tried on photos by tests/vision/test_picture.py.

The plates of the benchmark (194; for exposure the 164 of the US and Europe) were blurred, darkened and brightened step
by step, and read. Read exactly:

- by a plate's focus: 0.87 from 0.1 on, 0.79 from 0.05, 0.51 from 0.02, 0.11 below;
- by the share of it that is burnt out: 0.80 from 50 % on, 0.70 from 60, 0.50 from 70, 0.10 above 80;
- by its contrast in grey levels: 0.75 from 20 on, 0.69 from 8, 0.58 from 5, 0.12 below;
- by the focus of the whole picture: 0.81 and more from 50 on, 0.69 from 20, 0.19 below;
- by the median grey of the whole picture: 0.84 from 12 to 220, 0.66 from 4 to 8, 0.24 below, 0.32 above 240.

No frame of the dashcam rides, by day and by night, has a focus below 66 or a median below 19.
"""

from dataclasses import dataclass

from alpr_edge.domain.diagnostics.checks import Band, Check, Grade, band_check

PLATE_FOCUS_GOOD, SCENE_FOCUS_GOOD = 0.1, 60.0
"""What both measures of focus are shares of, so that a plate's and a whole picture's are on one scale."""
FOCUS = Band(green=100, red=33, unit=" %", digits=0)
PLATE_BURNT = Band(green=60, red=80, unit=" % burnt out", digits=0)
PLATE_CONTRAST = Band(green=12, red=5, unit=" grey levels", digits=0)
GREY_DARK = Band(green=12, red=4, unit=" of 255", digits=0)
GREY_BRIGHT = Band(green=220, red=240, unit=" of 255", digits=0)
SCENE_BURNT = Band(green=40, red=60, unit=" % burnt out", digits=0)

_REFOCUS = "clean lens and windscreen, then turn the focus until unit check --aim shows the most"
_EXPOSE = "set exposure and gain anew; keep lamps and the sun out of the picture"


@dataclass(frozen=True, slots=True)
class PlatePicture:
    """Measures of a plate's part of a picture."""

    focus: float
    """Variance of the Laplacian over the variance of the grey levels, at reader size: free of contrast and size."""
    burnt_share: float
    """Pixels of 250 and more, 0 to 1."""
    contrast: float
    """Difference of the 5th and the 95th percentile, in grey levels."""

    @property
    def focus_percent(self) -> float:
        """Focus as a share of what is good; more is better."""
        return 100 * self.focus / PLATE_FOCUS_GOOD


@dataclass(frozen=True, slots=True)
class ScenePicture:
    """Measures of a whole picture."""

    focus: float | None
    """Variance of the Laplacian in the sharpest tenth of the picture's tiles; None: the picture was reduced in
    size."""
    burnt_share: float
    median_grey: float
    """Median of the grey levels, 0 to 255."""

    @property
    def focus_percent(self) -> float | None:
        """Focus as a share of what is good, on the scale of a plate's; None: not known."""
        return None if self.focus is None else 100 * self.focus / SCENE_FOCUS_GOOD


def plate_checks(name: str, plate: PlatePicture) -> list[Check]:
    """Check focus and exposure by a plate."""
    return [
        band_check(f"{name} focus", plate.focus_percent, FOCUS, _REFOCUS),
        _gravest(
            band_check(f"{name} exposure", plate.burnt_share * 100, PLATE_BURNT, f"plates burn out: {_EXPOSE}"),
            band_check(f"{name} exposure", plate.contrast, PLATE_CONTRAST, f"plates have no contrast: {_EXPOSE}"),
        ),
    ]


def scene_checks(name: str, scene: ScenePicture) -> list[Check]:
    """Check focus and exposure by the whole picture when it shows no plate: it reveals a lens cap or lost focus."""
    grey = scene.median_grey
    dark = band_check(f"{name} exposure", grey, GREY_DARK, f"the picture is dark: take the cap off, {_EXPOSE}")
    bright = band_check(f"{name} exposure", grey, GREY_BRIGHT, f"the picture is too bright: {_EXPOSE}")
    burnt = band_check(f"{name} exposure", scene.burnt_share * 100, SCENE_BURNT, f"the picture burns out: {_EXPOSE}")
    percent = scene.focus_percent
    focus = [] if percent is None else [band_check(f"{name} focus", percent, FOCUS, _REFOCUS)]
    return [*focus, _gravest(dark, bright, burnt)]


def _gravest(*checks: Check) -> Check:
    """The gravest of several judgements of one thing, the first of equals."""
    order = list(Grade)
    return max(checks, key=lambda check: order.index(check.grade))
