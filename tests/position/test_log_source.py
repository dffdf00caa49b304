from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.position.log_source import LogSource, first_fix_utc
from alpr_edge.position.sentences import Rejection
from tests.position.test_sentence_merger import gga, rmc

START = Instant("replay", 5_000_000_000)
UTC_OF_FIRST = datetime(2026, 3, 2, 10, 15, 32, tzinfo=UTC)


def log_of(folder: Path, lines: list[bytes]) -> Path:
    path = folder / "drive.nmea"
    path.write_bytes(b"\r\n".join(lines))
    return path


def seconds_after(path: Path, start: Instant) -> list[float]:
    return [fix.received_at.ms_since(start) / 1000 for fix in LogSource(path, start).fixes()]


DRIVE = [
    rmc("101530", status="V"),
    gga("101530", quality="0"),
    rmc("101532"),
    gga("101532"),
    rmc("101533"),
    gga("101533"),
    rmc("101533.5"),
    rmc("101600"),
]


def test_first_valid_fix_falls_on_the_start_and_the_log_sets_the_pace(tmp_path: Path) -> None:
    assert seconds_after(log_of(tmp_path, DRIVE), START) == [0, 1, 1.5, 28]


def test_recording_with_a_trusted_clock_is_laid_by_utc(tmp_path: Path) -> None:
    start = Instant("replay", 0, UTC_OF_FIRST.replace(second=33), UtcSource.NTP, 5.0)
    assert seconds_after(log_of(tmp_path, DRIVE), start) == [-1, 0, 0.5, 27]


def test_without_a_start_the_log_makes_its_own_instants(tmp_path: Path) -> None:
    first = next(LogSource(log_of(tmp_path, DRIVE)).fixes())
    assert (first.received_at.utc, first.received_at.utc_source) == (UTC_OF_FIRST, UtcSource.GNSS)
    assert first.source == "log:drive.nmea"
    assert first.utc == UTC_OF_FIRST


def test_pace_goes_on_over_midnight(tmp_path: Path) -> None:
    lines = [gga("235959"), gga("000001")]
    assert seconds_after(log_of(tmp_path, lines), START) == [0, 2]


def test_what_runs_backwards_is_left_out_and_counted(tmp_path: Path) -> None:
    lines = [line for second in (30, 31, 20, 32) for line in (rmc(f"1015{second}"), gga(f"1015{second}"))]
    source = LogSource(log_of(tmp_path, lines), START)
    assert len(list(source.fixes())) == 3
    assert source.tally.rejections[Rejection.BACKWARDS] == 1


def test_first_fix_utc_counts_back_from_the_first_dated_fix(tmp_path: Path) -> None:
    assert first_fix_utc(log_of(tmp_path, DRIVE)) == UTC_OF_FIRST
    assert first_fix_utc(log_of(tmp_path, [gga("101532"), gga("101533"), *DRIVE[4:]])) == UTC_OF_FIRST


def test_undated_log_has_no_first_utc(tmp_path: Path) -> None:
    path = log_of(tmp_path, [gga("101532"), gga("101533")])
    assert first_fix_utc(path) is None
    assert next(LogSource(path).fixes()).received_at.utc is None


def test_log_without_a_fix_ends_empty(tmp_path: Path) -> None:
    path = log_of(tmp_path, DRIVE[:2])
    assert first_fix_utc(path) is None
    assert list(LogSource(path, START).fixes()) == []


def test_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    for call in (lambda: list(LogSource(tmp_path / "none.nmea").fixes()), lambda: first_fix_utc(tmp_path)):
        with pytest.raises(PositionError, match="cannot be read"):
            call()


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 900, b"latitude,longitude\n1,2\n"])
def test_file_that_is_no_nmea_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "noise.nmea"
    path.write_bytes(content)
    with pytest.raises(PositionError, match="no NMEA sentence"):
        list(LogSource(path, START).fixes())


FIXES = {
    "GPSmap-76S": 0,  # simulation mode
    "ac12": 7,
    "ait250": 34,  # RMC alone
    "beidou-bd": 5,
    "bt451": 8,  # two trips, the later first
    "bu353-glonass": 9,
    "bundg_zeus_9": 148,
    "firefly-II": 23,  # every GGA with a wrong checksum
    "garmin-geko201": 0,  # simulation mode
    "gp-320fw-2019-04-06-overflow": 20,
    "hemi": 21,  # GGA alone
    "isync": 12,  # sentences cut in two by others
    "mr-350p": 14,
    "rx210": 40,
    "skytraq-dgps": 96,
    "tn200": 0,  # void throughout
    "ublox-8": 72,  # navigational status V
}


@pytest.mark.parametrize("name", FIXES)
def test_fixes_of_real_logs(shared_data: Path, name: str) -> None:
    assert len(list(LogSource(shared_data / "nmea" / f"{name}.log", START).fixes())) == FIXES[name]


def test_every_real_log_replays_in_order_and_nowhere_near_null_island(shared_data: Path) -> None:
    logs = sorted((shared_data / "nmea").glob("*.log"))
    assert len(logs) > 50
    for path in logs:
        fixes = list(LogSource(path, START).fixes())
        assert all(abs(fix.lat_deg) > 1 for fix in fixes)
        assert all(fix.utc is None or fix.utc.year < 2020 for fix in fixes)
        times = [fix.received_at.boottime_ns for fix in fixes]
        assert times == sorted(set(times))
