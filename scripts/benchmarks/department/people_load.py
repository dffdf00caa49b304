"""Measures the page while many people search a large department at once and units deliver beside them.

Page, server, database, people and units share this computer's cores. Each person searches, looks at the first page of
what was found and opens one read of it, as long as the law of the department lets them; then they wait, as somebody
who reads does.
"""

import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import numpy as np

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.people.accounts import DepartmentAccounts
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import People
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.sessions.session import AccessSession, Factor, new_token, token_digest
from alpr_edge.web.visitor import COOKIE
from scripts.benchmarks.department.fleet import FleetLoad, FleetResult, enrol_fleet, run_fleet
from scripts.benchmarks.department.servers import running
from scripts.benchmarks.figures import figure

PURPOSE = {"purpose": "stolen_vehicle"}
ANSWER_S_MAX = 60.0
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class PeopleLoad:
    """Who does how much."""

    people: int = 50
    searches: int = 10
    """Of each person, fewer than the limit of an hour."""
    every_s: float = 12.0
    """Time between the beginnings of two searches of a person."""
    units: int = 20
    batch: int = 50
    unit_every_s: float = 4.0
    """Time between the beginnings of two batches of a unit."""


@dataclass(slots=True)
class Waits:
    """How long people waited, in milliseconds."""

    searches: list[float] = field(default_factory=list)
    """From a form that is sent to the page of what was found."""
    reads: list[float] = field(default_factory=list)
    """From a touch on a read to the read."""


def measure(directory: Path, forms: Sequence[dict[str, str]], load: PeopleLoad, about: dict[str, Any]) -> None:
    """Print how long people wait, and what units are answered meanwhile.

    Args:
        directory: the folder of a department with an authority and many reads.
        forms: the fields of searches, of which people take turns.
        load: who does how much.
        about: further fields of the figures.

    Raises:
        UplinkError: something that units sent has no receipt, or somebody was refused.
    """
    tokens = _sign_in_all(directory, load.people)
    units, certificates = tuple(f"car-{number}" for number in range(load.units)), directory.parent / "units"
    enrol_fleet(directory, units, certificates)
    batches = round(load.searches * load.every_s / load.unit_every_s)
    with running("serve", directory) as server, running("page", directory) as page, ThreadPoolExecutor(1) as beside:
        paced = FleetLoad(server.url, units, certificates, batches * load.batch, load.batch, every_s=load.unit_every_s)
        delivered = beside.submit(run_fleet, paced)
        waits = _search_all(page.url, TlsFiles(directory).authority, tokens, forms, load)
        result = delivered.result()
    if result.receipts != load.units * paced.reads:
        raise UplinkError(f"of {load.units * paced.reads} reads {result.receipts} have receipts")
    _print(waits, result, load, about)


def _print(waits: Waits, result: FleetResult, load: PeopleLoad, about: dict[str, Any]) -> None:
    more: dict[str, Any] = {
        "people": load.people,
        "reads_per_s_beside": round(result.receipts / result.seconds),
    } | about
    for name, times in (("search", waits.searches), ("read", waits.reads)):
        p50, p99 = (round(float(each), 1) for each in np.percentile(times, (50, 99)))
        figure(f"department.people_{name}_p99_ms", p99, "ms", of=len(times), p50=p50, **more)
    p99 = round(float(np.percentile(result.receipt_s, 99)) * 1e3, 1)
    figure("department.people_receipt_p99_ms", p99, "ms", of=len(result.receipt_s), **more)


def _sign_in_all(directory: Path, count: int) -> list[str]:
    """Add people and give each a session, without the second that a password takes; their tokens."""
    now, until = datetime.now(UTC), (datetime.now(UTC) + _YEAR).date().isoformat()
    trained = {"cjis_training_until": until, "alpr_training_until": until}
    ids = []
    with closing(DepartmentDatabase(directory, create=False)) as database:
        people = People(directory, database)
        for number in range(count):
            texts = {"name": f"Person {number}", "badge": f"B{number}", "email": f"person-{number}@department.example"}
            texts |= {"organisation": "A department", "roles": "officer", "sources": "department state", "sworn": "yes"}
            author = Author("login:benchmark", now + timedelta(milliseconds=number))
            ids.append(people.add(author, texts | trained).person.person_id)
        people.rosters.publish(Author("login:benchmark", now + timedelta(seconds=1)))
    with open_office(directory) as office:
        return [_begin_session(office.accounts, person_id, office.clock.now()) for person_id in ids]


def _begin_session(accounts: DepartmentAccounts, person_id: str, now: Instant) -> str:
    token = new_token()
    session = AccessSession(
        token_digest(token), person_id, Factor.PASSWORD_AND_CODE, COMPONENT, "127.0.0.1", "", now, now
    )
    with accounts.writing() as rows:
        rows.save_session(session)
    return token


def _search_all(
    url: str, authority: Path, tokens: Sequence[str], forms: Sequence[dict[str, str]], load: PeopleLoad
) -> Waits:
    """Let all people search; how long each search and each read took."""

    def search(number: int) -> Waits:
        with _client(url, authority, tokens[number]) as client:
            return _search(client, forms[number :: len(tokens)], load, Random(number))  # noqa: S311 - seeded

    whole = Waits()
    with ThreadPoolExecutor(len(tokens)) as threads:
        for part in threads.map(search, range(len(tokens))):
            whole.searches += part.searches
            whole.reads += part.reads
    return whole


def _client(url: str, authority: Path, token: str) -> httpx.Client:
    transport = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=authority))
    headers = {"Sec-Fetch-Site": "same-origin", "Cookie": f"{COOKIE}={token}"}
    return httpx.Client(base_url=url, transport=transport, headers=headers, trust_env=False, timeout=ANSWER_S_MAX)


def _search(client: httpx.Client, forms: Sequence[dict[str, str]], load: PeopleLoad, random: Random) -> Waits:
    """One person's searches.

    Raises:
        UplinkError: the page refuses something.
    """
    waits, due_s = Waits(), time.monotonic() + random.random() * load.every_s
    for form in forms:
        time.sleep(max(0.0, due_s - time.monotonic()))
        due_s += load.every_s
        began_s = time.monotonic()
        begun = client.post("/search", data=PURPOSE | form)
        _require(begun, httpx.codes.SEE_OTHER)
        found = client.get(begun.headers["Location"])
        waits.searches.append((time.monotonic() - began_s) * 1e3)
        _require(found)
        if (first := f"{found.url.path}/1") in found.text:
            began_s = time.monotonic()
            _require(client.get(first))
            waits.reads.append((time.monotonic() - began_s) * 1e3)
    return waits


def _require(answer: httpx.Response, wanted: httpx.codes = httpx.codes.OK) -> None:
    if answer.status_code != wanted:
        raise UplinkError(f"the page refused a person with {answer.status_code}")
