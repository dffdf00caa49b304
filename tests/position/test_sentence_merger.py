from datetime import UTC, datetime

import pynmea2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.position.line_splitter import LineSplitter
from alpr_edge.position.sentence_merger import SentenceMerger, SentenceTally
from alpr_edge.position.sentences import LINE_BYTES_MAX, Rejection

BOOT = Instant("boot", 0)


def rmc(moment: str, *, status: str = "A", day: str = "020326", lat: str = "3738.3460", speed: str = "20.0") -> bytes:
    fields = (moment, status, lat, "N", "12059.8140", "W", speed, "90.0", day, "", "", "A")
    return str(pynmea2.RMC("GN", "RMC", fields)).encode()


def gga(moment: str, *, quality: str = "1", lat: str = "3738.3460") -> bytes:
    fields = (moment, lat, "N", "12059.8140", "W", quality, "09", "0.9", "27.0", "M", "-28.0", "M", "", "")
    return str(pynmea2.GGA("GP", "GGA", fields)).encode()


def fixes_of(lines: list[bytes]) -> list[tuple[int, Fix]]:
    """The fixes with the number of the line that completed each; the flush counts as one line more."""
    merger = SentenceMerger(SentenceTally())
    out = [(number, solution.fix("test")) for number, line in enumerate(lines) for solution in merger.feed(line, BOOT)]
    return out + [(len(lines), solution.fix("test")) for solution in merger.flush()]


@pytest.mark.parametrize("first", ["RMC", "GGA"])
def test_both_of_a_moment_make_one_fix_at_once(first: str) -> None:
    pair = [rmc("101530.00"), gga("101530")]
    [(number, fix)] = fixes_of(pair if first == "RMC" else pair[::-1])
    assert number == 1
    assert fix.utc == datetime(2026, 3, 2, 10, 15, 30, tzinfo=UTC)
    assert fix.speed_mps == pytest.approx(10.289, abs=0.001)
    assert (fix.course_deg, fix.hdop, fix.satellites) == (90.0, 0.9, 9)


def test_fix_is_received_when_its_first_sentence_arrives() -> None:
    merger = SentenceMerger(SentenceTally())
    merger.feed(gga("101530"), BOOT.shift(5))
    [solution] = merger.feed(rmc("101530"), BOOT.shift(90))
    assert solution.fix("test").received_at == BOOT.shift(5)


def test_receiver_with_one_kind_is_not_made_to_wait_for_the_other() -> None:
    numbers = [number for number, _ in fixes_of([gga(f"1015{second:02}") for second in range(10)])]
    assert numbers == [1, 2, 3, 4, 4, 5, 6, 7, 8, 9]


def test_rare_rmc_still_joins_its_moment() -> None:
    lines = []
    for second in range(5):
        lines += [gga(f"10153{second}.{tenth}") for tenth in (0, 2, 4, 6, 8)]
        lines.insert(len(lines) - 4, rmc(f"10153{second}.0"))
    fixes = [fix for _, fix in fixes_of(lines)]
    assert len(fixes) == 25
    assert sum(fix.utc is not None and fix.hdop is not None for fix in fixes) == 5


def test_second_60_of_a_leap_second_gives_no_time_and_what_follows_does() -> None:
    """No datetime holds 23:59:60; a second without a fix is bridged, a wrong time would stand on reads."""
    lines = []
    for moment, day in (("235959", "311228"), ("235960", "311228"), ("000000", "010129"), ("000001", "010129")):
        lines += [rmc(moment, day=day), gga(moment)]
    times = [fix.utc for _, fix in fixes_of(lines)]
    assert times == [
        datetime(2028, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2029, 1, 1, tzinfo=UTC),
        datetime(2029, 1, 1, 0, 0, 1, tzinfo=UTC),
    ]


def test_silence_is_counted_over_midnight() -> None:
    lines = [rmc("235959"), gga("235959"), gga("000000"), rmc("000000", day="030326"), gga("000001")]
    assert [number for number, _ in fixes_of(lines)] == [1, 3, 5]


@pytest.mark.parametrize("order", [0, 1])
def test_moment_called_void_by_either_kind_is_refused(order: int) -> None:
    for pair in ([rmc("101530", status="V"), gga("101530")], [rmc("101530"), gga("101530", quality="0")]):
        assert fixes_of(pair[:: 1 if order == 0 else -1]) == []


def test_void_without_a_time_refuses_what_waits() -> None:
    assert fixes_of([gga("101530"), rmc("", status="V")]) == []


def test_void_moment_gives_out_the_moment_before() -> None:
    assert [number for number, _ in fixes_of([gga("101530"), gga("101531", quality="0")])] == [1]


def test_two_receivers_on_one_line_give_one_fix_a_moment() -> None:
    lines = [rmc("101530"), gga("101530"), rmc("101530").replace(b"GN", b"NG"), gga("101530")]
    assert len(fixes_of(lines)) == 1


@pytest.mark.parametrize(
    ("day", "trusted"), [("180706", False), ("311223", False), ("010124", True), ("010180", False)]
)
def test_rolled_over_date_is_dropped_and_the_place_kept(day: str, *, trusted: bool) -> None:
    [(_, fix)] = fixes_of([rmc("101530", day=day), gga("101530")])
    assert (fix.utc is not None) is trusted
    assert fix.lat_deg == pytest.approx(37.6391)


def test_tally_counts_sentences_solutions_and_reasons() -> None:
    tally = SentenceTally()
    merger = SentenceMerger(tally)
    lines = [rmc("101530"), gga("101530"), rmc("101531", status="V"), b"$GPGSV,1*00", b"noise", b"$GPTXT,1*52"]
    for line in lines:
        merger.feed(line, BOOT)
    assert (tally.sentences, tally.solutions) == (4, 1)
    assert tally.rejections == {Rejection.VOID: 1, Rejection.CHECKSUM: 1, Rejection.MALFORMED: 1}


def lines_of(second: int) -> st.SearchStrategy[list[bytes]]:
    """Any of a moment's sentences in any order and number, between noise."""
    moment = f"1015{second:02}"
    sound = [rmc(moment), gga(moment), rmc(moment, status="V"), gga(moment, quality="0")]
    return st.lists(st.one_of(st.sampled_from(sound), st.binary(max_size=60)), max_size=8)


@given(st.tuples(*(lines_of(second) for second in range(8))))
def test_any_lines_never_raise_and_give_a_moment_once(moments: tuple[list[bytes], ...]) -> None:
    fixes = [fix for _, fix in fixes_of([line for lines in moments for line in lines])]
    seconds = [fix.utc.second for fix in fixes if fix.utc is not None]
    assert len(fixes) <= sum(1 for lines in moments if lines)
    assert seconds == sorted(set(seconds))


@given(st.binary(max_size=400), st.integers(1, 40))
def test_splitting_does_not_depend_on_the_chunks(stream: bytes, size: int) -> None:
    def split(chunks: list[bytes]) -> list[bytes]:
        splitter = LineSplitter(SentenceTally())
        return [line for chunk in chunks for line, _ in splitter.feed(chunk, BOOT)]

    whole = split([stream])
    assert split([stream[i : i + size] for i in range(0, len(stream), size)]) == whole
    assert all(line and len(line) <= LINE_BYTES_MAX for line in whole)


def test_line_is_stamped_when_it_begins() -> None:
    splitter = LineSplitter(SentenceTally())
    assert splitter.feed(b"$GP", BOOT.shift(1)) == []
    assert splitter.feed(b"RMC\r\n$G", BOOT.shift(2)) == [(b"$GPRMC", BOOT.shift(1))]
    assert splitter.feed(b"A\n", BOOT.shift(3)) == [(b"$GA", BOOT.shift(2))]


def test_endless_line_is_thrown_away_once() -> None:
    tally = SentenceTally()
    splitter = LineSplitter(tally)
    for _ in range(1000):
        assert splitter.feed(b"\xff" * 50, BOOT) == []
    assert tally.rejections == {Rejection.OVERLONG: 1}
    assert splitter.feed(b"\n$GPGGA\n", BOOT) == [(b"$GPGGA", BOOT)]
