"""The measurement over real rides: no false alarm, and planted faults told within ten seconds of driving."""

from pathlib import Path

import pytest

from alpr_edge.domain.errors import AlprEdgeError
from scripts.benchmarks.camera_view.measure import SPEED_MPS, TOLD_S_MAX, alarms, read_rides, run

FOUND_MIN = 94


def test_without_rides_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(AlprEdgeError, match=r"boxes\.csv: not there"):
        read_rides(tmp_path)


@pytest.mark.slow
def test_no_ride_is_told_of_and_planted_faults_are(shared_data: Path) -> None:
    for ride in read_rides(shared_data):
        assert alarms(ride.samples, 1.0, SPEED_MPS) == []
        assert alarms(ride.samples, 1.0, None) == []
    told = run(shared_data)
    found = [one for one in told if one.after_s is not None and one.after_s <= TOLD_S_MAX]
    assert len(told) == 100
    assert len(found) >= FOUND_MIN
    assert all(one.heals_after_s is not None for one in told)
