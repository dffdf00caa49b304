"""What a card says of its alert and of the texts that its read had before."""

from collections.abc import Iterator

import httpx
import pytest

from alpr_edge.domain.alerting import Silence
from tests.console.page_rig import PageRig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("cards"))
    with rig.serving():
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


@pytest.mark.parametrize(
    ("silence", "is_late", "shown"),
    [
        (None, False, None),
        (Silence.MUTED, False, "none: muted"),
        (Silence.SIGNED_OUT, True, "none: no officer was signed in; sounded later"),
        (Silence.OTHER_HIT, False, "none of its own: another hit of this vehicle sounded"),
        (Silence.COOLDOWN, False, "none: the entry sounded just before"),
        (Silence.NO_DEVICE, True, "none: no sound device; sounded later"),
    ],
)
def test_a_card_says_why_its_alert_made_no_tone(
    rig: PageRig, officer: httpx.Client, silence: Silence | None, shown: str | None, *, is_late: bool
) -> None:
    made = rig.add_hit([None, *Silence].index(silence), silence=silence)
    if is_late:
        rig.sound_late(made)
    page = officer.get(f"/hits/{made.hit_id}").text
    assert ("<dt>tone</dt>" in page) == (shown is not None)
    assert shown is None or f"<dt>tone</dt><dd>{shown}</dd>" in page


def test_a_card_shows_what_its_plate_was_read_as_before(rig: PageRig, officer: httpx.Client) -> None:
    made = rig.add_hit(70)
    before = officer.get(f"/hits/{made.hit_id}").text
    assert ("<dt>also read</dt>" in before, "an earlier text of this read matched" in before) == (False, False)
    rig.withdraw(made)
    page = officer.get(f"/hits/{made.hit_id}").text
    assert "<dt>also read</dt><dd>7ABC123</dd>" in page
    assert "an earlier text of this read matched" in page
    assert ("WITHDRAWN" in page, "CORRECTED" in page) == (True, False)
