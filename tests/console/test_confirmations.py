"""What the page says of a hit whose record is confirmed, and what it copies to have one confirmed."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from alpr_edge.domain.hits import OWN_SOURCE, MatchKind, StateMatch
from tests.console.page_rig import PageRig
from tests.store.records import decided, hit, plate_read

COMPARE = "THE RECORD ALONE IS CONFIRMED - compare each character and the state"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("confirmations"))
    with rig.serving():
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


def headline_after(client: httpx.Client, hit_id: str, *answers: tuple[str, str]) -> tuple[str, str]:
    """Kind and words of the headline of a hit, once these answers were given."""
    for part, answer in answers:
        form = {"part": part, "answer": answer, "name": "Desk of Fresno PD"}
        assert client.post(f"/hits/{hit_id}/answers", data=form).status_code == 303
    ((kind, words),) = re.findall(r'<h1 class="banner (\w+)">([^<]+)</h1>', client.get(f"/hits/{hit_id}").text)
    return kind, words


@pytest.mark.parametrize(
    ("number", "kind", "state"),
    [
        (1, MatchKind.CONFUSABLE, StateMatch.SAME),
        (2, MatchKind.PARTIAL, StateMatch.SAME),
        (3, MatchKind.EXACT, StateMatch.OTHER),
        (4, MatchKind.EXACT, StateMatch.UNKNOWN),
    ],
)
def test_a_confirmed_record_is_no_confirmed_vehicle_until_somebody_has_compared_the_plates(
    rig: PageRig, officer: httpx.Client, number: int, kind: MatchKind, state: StateMatch
) -> None:
    read = plate_read(f"read-{number}", "7ABC128")
    made = replace(hit(f"unit-1:hit-{number}", read.read_id), kind=kind, state_match=state)
    rig.store.reads.commit([decided(read, hits=(made,))])
    confirmed = (("inquiry", "still_on_file"), ("confirmation", "confirmed"))
    assert headline_after(officer, made.hit_id, *confirmed) == ("not_compared", COMPARE)
    assert COMPARE in officer.get("/").text
    right = headline_after(officer, made.hit_id, ("read", "correct"))
    assert right == ("confirmed", "CONFIRMED by entering agency")
    dismissed = headline_after(officer, made.hit_id, ("read", "dismissed"))
    assert dismissed == ("dismissed", "DISMISSED - the record alone is confirmed")


def test_a_confirmation_is_asked_for_with_the_plate_of_the_record(rig: PageRig, officer: httpx.Client) -> None:
    made = rig.add_hit(10, plate="7ABC128", kind=MatchKind.CONFUSABLE, plate_raw="7abc 123")
    page = officer.get(f"/hits/{made.hit_id}").text
    texts = re.findall(r'<output id="(\w+)">([^<]+)</output>', page)
    assert texts == [
        ("inquiry", "QV.LIC/7ABC128.LIS/CA"),
        ("confirmation", "YQ.RNO/1.PRI/U.NIC/r1.LIC/7ABC123.LIS/CA"),
    ]
    assert "Nothing to copy for a confirmation" not in page


@pytest.mark.parametrize(
    ("number", "source", "plate", "record_id", "why"),
    [
        (20, OWN_SOURCE, "7ABC123", "1f2e3d4c", "an officer&#39;s own entry is no record of an agency"),
        (21, "doj-svs", "7ABC*", "r1", "the entry is a part of a plate, and names no single vehicle"),
        (22, "doj-svs", "7ABC123", "", "the list gives no number of the record"),
    ],
)
def test_where_no_agency_can_be_asked_nothing_is_copied_and_the_page_says_why(
    rig: PageRig, officer: httpx.Client, number: int, source: str, plate: str, record_id: str, why: str
) -> None:
    read, made = plate_read(f"read-{number}"), hit(f"unit-1:hit-{number}", f"read-{number}")
    entry = replace(made.entry, source=source, plate=plate, plate_raw=plate, record_id=record_id)
    made = replace(made, entry=entry, generation=replace(made.generation, source=source))
    rig.store.reads.commit([decided(read, hits=(made,))])
    page = officer.get(f"/hits/{made.hit_id}").text
    assert re.findall(r'<output id="(\w+)">', page) == ["inquiry"]
    assert f"Nothing to copy for a confirmation: {why}" in page
