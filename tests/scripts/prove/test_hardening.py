"""When the hardening costs frames: by the processor's time a little, by the clock only what a limit takes."""

import pytest

from scripts.prove.hardening import judge
from scripts.prove.host import ProofError


@pytest.mark.parametrize("rates", [{"clock": 10.0, "processor": 5.0}, {"clock": 8.0, "processor": 4.8}])
def test_as_many_frames_or_hardly_fewer_are_fine(rates: dict[str, float]) -> None:
    outside = {"clock": 10.0, "processor": 5.0}
    assert judge([(rates, outside)] * 5).endswith("at 10.0 frames/s outside")


@pytest.mark.parametrize(
    "rates",
    [{"clock": 5.0, "processor": 5.0}, {"clock": 10.0, "processor": 4.6}],
    ids=["half of the processor", "more work a frame"],
)
def test_fewer_by_the_clock_or_by_the_processor_are_not(rates: dict[str, float]) -> None:
    with pytest.raises(ProofError, match="the hardening costs frames"):
        judge([(rates, {"clock": 10.0, "processor": 5.0})] * 5)


def test_one_round_beside_other_work_does_not_decide() -> None:
    good, busy, outside = (
        {"clock": 10.0, "processor": 5.0},
        {"clock": 3.0, "processor": 4.0},
        {"clock": 10.0, "processor": 5.0},
    )
    assert judge([(good, outside), (busy, outside), (good, outside)])
