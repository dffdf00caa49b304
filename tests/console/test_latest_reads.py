"""The strip of the latest reads and the cameras' pictures: who sees them, and what goes on record."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx
import numpy as np
import pytest

from alpr_edge.app.stages.camera_pictures import LONGER_PX_MAX, CameraPictureStage
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.vision.jpeg_pictures import decode_stored
from tests.console.car import driving
from tests.console.page_rig import PageRig
from tests.department.waits import wait_until
from tests.store.records import instant

PLATE, FOR_STOLEN = "7ABC123", {"purpose": "stolen_vehicle"}
HIGHWAY_MPS = 25.0
JPEG = b"\xff\xd8\xff"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[PageRig]:
    rig = PageRig(tmp_path)
    with rig.serving():
        rig.add_hit(1)
        yield rig


def follow(client: httpx.Client, **fields: str) -> str:
    """The address of the page that follows the reads."""
    done = client.post("/reads", data={**FOR_STOLEN, **fields})
    assert done.status_code == 303, done.text
    assert re.fullmatch(r"/reads/[\w-]{22}", done.headers["location"]), "no plate in the address"
    return str(done.headers["location"])


@contextmanager
def filming(folder: Path) -> Iterator[None]:
    """A camera whose frames the capture daemon's own stage gets."""
    stage, stop = CameraPictureStage(folder), threading.Event()

    def film() -> None:
        for number in count():
            stage.note(Frame("front", number, instant(number), np.full((720, 1280, 3), 200, np.uint8)))
            if stop.wait(0.1):
                return

    threads = [threading.Thread(target=film), threading.Thread(target=stage.run, args=(lambda: None, stop))]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
        stage.finish()


def test_a_batch_of_new_reads_is_one_record_and_nothing_new_is_none(rig: PageRig) -> None:
    rig.add_hit(2, Reason.OTHER, plate="4XYZ999", covert=True)
    with rig.client("officer") as officer:
        before = len(rig.staff.records())
        address = follow(officer)
        page = officer.get(address)
        assert (page.status_code, page.text.index("4XYZ999") < page.text.index(PLATE)) == (200, True), "newest first"
        assert "covert" not in page.text.lower()
        for number in (1, 2):
            assert officer.get(f"{address}/unit-1:read-{number}").content.startswith(JPEG)
        officer.get(address, headers={"X-Page-Refresh": "1"})
        rig.add_hit(3)
        officer.get(address, headers={"X-Page-Refresh": "1"})
        records = rig.staff.records()[before:]
    assert [(each.action, each.purpose, each.objects) for each in records] == [
        ("show_cameras", "stolen_vehicle", ("front",)),
        ("show_reads", "stolen_vehicle", ("unit-1:read-2", "unit-1:read-1")),
        ("show_reads", "stolen_vehicle", ("unit-1:read-3",)),
    ]


def test_the_strip_holds_fifty_reads_and_no_picture_of_another(rig: PageRig) -> None:
    for number in range(2, 53):
        rig.add_hit(number)
    with rig.client("officer") as officer:
        address = follow(officer)
        assert officer.get(address).text.count("<li>") == 50
        assert officer.get(f"{address}/unit-1:read-2").status_code == 404
        with rig.client("officer") as other:
            assert other.get(address).status_code == 404, "of another session"


def test_it_is_shown_to_nobody_who_may_not_at_speed_or_locked(rig: PageRig) -> None:
    with rig.client("officer") as officer, rig.client("technician") as technician, rig.client() as nobody:
        assert officer.post("/reads", data={"purpose": ""}).status_code == 422
        address = follow(officer)
        officer.get(address)
        for client in (technician, nobody):
            assert client.post("/reads", data=FOR_STOLEN).status_code == 403
        barred = officer.post("/reads", data={"purpose": "immigration_enforcement"})
        assert PLATE not in officer.get(barred.headers["location"]).text
        assert rig.staff.records()[-1].outcome == "refused"
        officer.post("/lock")
        locked = officer.get(address)
        assert (locked.status_code, locked.headers["location"]) == (303, "/")
        assert officer.get(f"{address}/unit-1:read-1").status_code in {403, 404}


def test_at_speed_the_strip_gives_way(tmp_path: Path) -> None:
    rig = PageRig(tmp_path, console="")
    with rig.serving(), driving(rig.staff.unit, 0.0) as car, rig.client("officer") as officer:
        rig.add_hit(1)
        wait_until(lambda: officer.get("/reads").status_code == 200)
        address = follow(officer)
        assert PLATE in officer.get(address).text
        car.speed_mps = HIGHWAY_MPS
        wait_until(lambda: officer.get(address).status_code == 303)
        assert officer.get(f"{address}/unit-1:read-1").status_code == 403
        assert officer.get(f"{address.replace('reads', 'cameras')}/front").status_code == 403


def test_a_technician_sees_the_cameras_only_and_the_folder_is_emptied_afterwards(rig: PageRig) -> None:
    folder = rig.staff.unit.unit.runtime_directory
    with rig.client("technician") as technician, rig.client("auditor") as auditor, filming(folder):
        assert 'href="/cameras"' in technician.get("/health").text
        assert auditor.get("/cameras").status_code == 403
        page = technician.get("/cameras")
        picture = re.findall(r'src="(/cameras/[^"]*)"', page.text)[0]
        assert (rig.staff.records()[-1].action, rig.staff.records()[-1].objects) == ("show_cameras", ("front",))
        assert not list(folder.glob("views/*")), "nobody asked yet"
        wait_until(lambda: technician.get(picture).status_code == 200)
        assert max(decode_stored(technician.get(picture).content).shape) == LONGER_PX_MAX
        assert {path.stat().st_mode & 0o777 for path in (folder / "views").iterdir()} == {0o600}
        assert technician.get(f"{picture}x").status_code == 404
        wait_until(lambda: not list((folder / "views").iterdir()))
