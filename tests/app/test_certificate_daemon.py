"""The uplink as a daemon: it renews its certificate by itself, and learns at once that it was revoked."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import initialise
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.keys import IMAGES, load_key
from alpr_edge.store.outbox.outbox import Outbox
from tests.app.rig import WAIT_S, daemon
from tests.department.enrolment import enrol_unit
from tests.units import write_unit
from tests.uplink.items import fill

UNIT = "unit-1"
REFUSED = "unauthorised", 8
"""The link, and the items that wait, of a unit that is not accepted and has two reads."""
PATIENCE = "retry_first_s = 0.1\nretry_max_s = 1.0\nidle_s = 0.1"


def fill_outbox(folder: Path, reads: int, aside: int = 0) -> None:
    """Put items of reads into a unit's outbox, and set some of them aside."""
    key = load_key("outbox", folder / "keys")
    database = Database.open(folder / "data", key, migrate=True)
    try:
        if reads:
            images = ImageStore(folder / "data" / "images", derive_key(key, IMAGES))
            fill(database, images, reads)
            outbox = Outbox(database, images)
            for item in outbox.due(aside, 10**6):
                outbox.failed_alone(item.item_id, "failed alone", 1)
    finally:
        database.close()


def link_of(told: dict[str, Any]) -> tuple[str, int]:
    """The link that health tells, and how many items wait."""
    return told["figures"]["link"], told["figures"]["waiting"]


def health_with(folder: Path, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The uplink's health once it is as awaited."""
    path, deadline_s = folder / "runtime" / "uplink.json", time.monotonic() + WAIT_S
    health: dict[str, Any] = {}
    while time.monotonic() < deadline_s:
        if path.exists():
            health = json.loads(path.read_text(encoding="utf-8"))
            if holds(health):
                return health
        time.sleep(0.05)
    pytest.fail(f"not as awaited: {health}")


def test_an_uplink_renews_its_certificate_and_stops_at_its_revocation(tmp_path: Path) -> None:
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    with DepartmentServer(directory) as server:
        enrol_unit(directory, UNIT, tmp_path / "tls", days=10)
        settings = write_unit(tmp_path, UNIT, f"https://127.0.0.1:{server.port}", uplink=PATIENCE)
        fill_outbox(tmp_path, 0)
        with daemon("uplink", "--settings", str(settings)) as uplink:
            uplink.wait_for("event=uplink.certificate_renewed")
            health = health_with(
                tmp_path, lambda report: report["figures"]["certificate_days_left"] > 390 and not report["warnings"]
            )
            assert health["troubles"] == []
            assert health["figures"]["resident_bytes"] > 0
            server.units.revoke(UNIT)
            fill_outbox(tmp_path, 2)
            health = health_with(tmp_path, lambda told: link_of(told) == REFUSED)
            assert health["troubles"][0].startswith("link unauthorised: ")
            assert health["troubles"][0].endswith("(status 403): this unit's certificate was revoked")
            assert uplink.end(signal.SIGTERM) == 0


@pytest.mark.review(8)
def test_an_uplink_says_that_items_were_set_aside(tmp_path: Path) -> None:
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    with DepartmentServer(directory) as server:
        enrol_unit(directory, UNIT, tmp_path / "tls")
        settings = write_unit(tmp_path, UNIT, f"https://127.0.0.1:{server.port}", uplink=PATIENCE)
        fill_outbox(tmp_path, 2, aside=1)
        with daemon("uplink", "--settings", str(settings)) as uplink:
            health = health_with(tmp_path, lambda report: report["figures"]["delivered"] == 7)
            assert health["warnings"] == ["1 items were set aside; see: alpr-edge outbox quarantined"]
            assert health["troubles"] == []
            assert uplink.end(signal.SIGTERM) == 0
