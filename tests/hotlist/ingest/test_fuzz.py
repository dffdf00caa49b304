"""No bytes make a parser fall over: what comes out is records, or one line that says why not."""

import random
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.plates import PLATE_LENGTH_MAX
from alpr_edge.hotlist.formats.base import (
    PLATE_RAW_MAX,
    RECORD_ID_MAX,
    REMARKS_MAX,
    VEHICLE_MAX,
    FeedContext,
    FeedFormat,
    Record,
    Rules,
)
from alpr_edge.hotlist.formats.generic_csv import GenericCsv
from alpr_edge.hotlist.formats.generic_fixed import GenericFixed
from alpr_edge.hotlist.index.packed_list import Packer
from alpr_edge.hotlist.ingest.validation import FeedTally, admit
from tests.hotlist.feed_texts import csv_text, open_feed
from tests.hotlist.layouts import SAMPLES

FIXED_RULES = Rules(columns={"plate": "1-8", "state": "9-10", "remarks": "11-30"})
WHOLE: dict[str, tuple[FeedFormat, bytes, Rules]] = {
    name: (sample.format, sample.file(*[sample.line] * 4), Rules()) for name, sample in SAMPLES.items()
} | {
    "generic-csv": (GenericCsv(), csv_text(*['ABC123,"Stolen, ""armed""",CA'] * 4), Rules()),
    "numbered": (GenericCsv(), b"ABC123;CA;x\n" * 4, Rules(header=False, delimiter=";", columns={"plate": "1"})),
    "fixed-width": (GenericFixed(), b"HEAD\n" + b"ABC123  CAred van\n" * 4, FIXED_RULES),
}
EVERY = pytest.mark.parametrize("name", WHOLE)


def put_through(name: str, text: bytes) -> None:
    """Read, admit and pack a feed; a refusal is one line."""
    layout, _, rules = WHOLE[name]
    tally, packer, rows = FeedTally(), Packer(), 0
    try:
        for batch in admit(open_feed(layout, text, "svs.tbl", rules).records, tally):
            rows += len(batch)
            for plate, raw, state, _, record_id, vehicle, remarks, *_ in batch:
                assert 1 <= len(plate.replace("*", "")) <= PLATE_LENGTH_MAX
                assert state is None or len(state) == 2
                assert len(raw) <= PLATE_RAW_MAX
                assert len(record_id) <= RECORD_ID_MAX
                assert len(vehicle) <= VEHICLE_MAX
                assert len(remarks) <= REMARKS_MAX
                assert (raw + record_id + vehicle + remarks).isprintable()
            packer.extend(batch)
        assert len(packer.pack().packed_list) <= rows
    except FeedError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
    assert tally.read <= text.count(b"\n") + 1


@EVERY
@hypothesis_settings(max_examples=60, deadline=None)
@given(text=st.binary(max_size=400))
def test_random_bytes(name: str, text: bytes) -> None:
    put_through(name, text)
    head = WHOLE[name][1].split(b"\n", 1)[0] + b"\n"
    put_through(name, head + text)


@EVERY
@hypothesis_settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_lines_of_the_format_changed_here_and_there(name: str, data: st.DataObject) -> None:
    text = bytearray(WHOLE[name][1])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, max(0, len(text) - 1)))
        what = data.draw(st.sampled_from(["change", "insert", "delete", "cut", "repeat"]))
        if what == "change" and text:
            text[place] = data.draw(st.sampled_from(b'\x00\xff\xc3"\r\n,;? 09AZ\x1a'))
        elif what == "insert":
            text[place:place] = data.draw(st.binary(max_size=4))
        elif what == "delete":
            del text[place : place + data.draw(st.integers(1, 8))]
        elif what == "cut":
            del text[place:]
        else:
            text[place:place] = text[: place // 2]
    put_through(name, bytes(text))


@EVERY
def test_memory_does_not_grow_with_the_feed(name: str) -> None:
    """Every line another one at fault: as many reasons, states and dates as lines."""
    layout, whole, rules = WHOLE[name]
    head = whole.split(b"\n", 1)[0] + b"\n"
    noise = random.Random(462)

    def lines(count: int) -> Iterator[bytes]:
        yield head
        for _ in range(count):
            line = bytearray(whole.split(b"\n")[1])
            for _ in range(3):
                line[noise.randrange(len(line))] = noise.choice(b"ABCXYZ0189 ,;/")
            yield bytes(line) + b"\n"

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in records_of_lines(layout, lines(count), rules):
            pass
        high = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return high

    assert peak(20_000) < 12_000_000


def records_of_lines(layout: FeedFormat, lines: Iterator[bytes], rules: Rules) -> Iterator[Record]:
    try:
        yield from layout.open(lines, FeedContext("list", "svs.tbl", rules)).records
    except FeedError:
        return
