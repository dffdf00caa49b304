"""Periodic work of a server that waits for a database: pages are answered meanwhile."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx

from alpr_edge.access.attempts import SignInOutcome
from alpr_edge.access.authorisation.page_log import ADDRESS_RECORDS_MAX, SUMMED, PageLog
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, record_moment
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.web.bounded_server import ThreadedStep
from alpr_edge.web.connections.gate import ConnectionGate, GatedSocket
from alpr_edge.web.page_server import LIMITS, page_server
from tests.console.page_rig import HOST, START_S_MAX, STOP_S_MAX, write_certificate
from tests.console.test_server import APPLICATION
from tests.department.waits import wait_until
from tests.staff import Staff
from tests.units import write_bare_unit

NAME = "sum of refusals"
TIMES = 3


@contextmanager
def serving(certificate: Path, step: ThreadedStep) -> Iterator[httpx.Client]:
    """Serve pages, with some work in between, to a client."""
    gate, started = ConnectionGate(LIMITS), threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = page_server(APPLICATION, context, gate)
    server.on_ready = started.set
    server.steps += [step.step] * TIMES
    trust = ssl.create_default_context(cafile=str(certificate))
    with GatedSocket(socket.create_server((HOST, 0)), gate) as listening:
        origin = f"https://{HOST}:{listening.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert started.wait(START_S_MAX)
            with httpx.Client(base_url=origin, verify=trust, trust_env=False, timeout=START_S_MAX) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(STOP_S_MAX)


def summing_threads() -> int:
    return sum(thread.name == NAME for thread in threading.enumerate())


def test_pages_are_answered_while_the_count_of_refusals_waits_for_the_log(tmp_path: Path) -> None:
    staff = Staff(write_bare_unit(tmp_path))
    now = staff.clock.now()
    refused = AccessEntry(
        person_id="",
        person="",
        component="console",
        action="show_hit",
        purpose="none",
        outcome=AccessOutcome.REFUSED,
        reason=SignInOutcome.NO_SESSION,
        address=HOST,
        happened=record_moment(now),
    )
    with open_access_log(staff.unit, migrate=True) as log, open_access_log(staff.unit, migrate=False) as other:
        page_log = PageLog(log)
        for _ in range(ADDRESS_RECORDS_MAX + 1):
            page_log.append(refused, now)
        step = ThreadedStep(partial(page_log.write_sum, now, is_end=True), NAME)
        with other.writing(), serving(write_certificate(tmp_path), step) as client:
            wait_until(lambda: summing_threads() > 0)
            assert client.get("/").text == "there"
            assert summing_threads() == 1, "it waits still, and is not begun again meanwhile"
        step.finish()
    assert staff.records()[-1].action == SUMMED
