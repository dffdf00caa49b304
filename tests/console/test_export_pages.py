"""Exports at the page: what was written and its passphrase are for whoever may export and is trained now."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from alpr_edge.domain.people.person import Person, Role, Training
from alpr_edge.web.visitor import COOKIE, Visitor
from tests.console.page_rig import HOST, PageRig
from tests.console.test_export_jobs import PASSPHRASE, WAIT_S_MAX, run_of
from tests.staff import BEGUN, staff_person

CLERK = staff_person("clerk", Role.RECORDS)
ENDED = (
    replace(CLERK, training=Training()),
    replace(CLERK, training=replace(CLERK.training, alpr_until=BEGUN)),
    replace(CLERK, valid_until=BEGUN),
)
"""The clerk, whose trainings or account have ended; to be suspended ends the session as well."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("exports"), (CLERK,))
    with rig.serving():
        yield rig


@pytest.fixture
def clerk(rig: PageRig) -> Iterator[httpx.Client]:
    rig.staff.install(CLERK)
    with rig.client("clerk") as client:
        yield client


def export(rig: PageRig, client: httpx.Client) -> str:
    """The address of an export of a client's session that is done."""
    jobs = rig.unit.export_jobs
    word = jobs.begin(Visitor(client.cookies[COOKIE], "", HOST, {}, {}), run_of())
    assert jobs._thread is not None
    jobs._thread.join(WAIT_S_MAX)
    return f"/evidence/{word}"


@pytest.mark.parametrize("ended", ENDED)
def test_whose_training_or_account_has_ended_sees_no_export_and_no_passphrase(
    rig: PageRig, clerk: httpx.Client, ended: Person
) -> None:
    address = export(rig, clerk)
    rig.staff.install(ended)
    for answer in (clerk.get(address), clerk.post(f"{address}/passphrase")):
        assert (answer.status_code, "is not in force" in answer.text) == (403, True)
        assert "case.zip" not in answer.text
    rig.staff.install(CLERK)
    assert "case.zip" in clerk.get(address).text
    shown = clerk.post(f"{address}/passphrase").headers["location"]
    rig.staff.install(ended)
    answer = clerk.get(shown)
    assert (answer.status_code, PASSPHRASE in answer.text) == (403, False)
    rig.staff.install(CLERK)
    assert PASSPHRASE in clerk.get(shown).text, "it was shown to nobody yet"
    assert clerk.get(shown).headers["location"] == "/evidence"
