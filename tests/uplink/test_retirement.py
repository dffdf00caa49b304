"""A unit that leaves has itself revoked, against a real department, and is let in no more."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.domain.errors import UplinkError
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.retirement import retire
from tests.department.enrolment import enrol_unit
from tests.uplink.conftest import settings_for
from tests.uplink.items import image_item


@pytest.fixture
def server(authority_copy: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(authority_copy) as running:
        yield running


def unit_of(server: DepartmentServer, directory: Path, folder: Path, unit: str) -> UplinkSettings:
    return settings_for(f"https://127.0.0.1:{server.port}", enrol_unit(directory, unit, folder / unit, 30))


def test_it_is_revoked_and_nobody_else(server: DepartmentServer, authority_copy: Path, tmp_path: Path) -> None:
    leaving, staying = (unit_of(server, authority_copy, tmp_path, unit) for unit in ("car-leaving", "car-staying"))
    done = retire(leaving, "car-leaving", "sold with the car")
    assert (done.certificates, done.codes) == (1, 0)
    refusal = pytest.raises(UplinkError, match="this unit's certificate was revoked")
    with closing(HttpsDepartment(leaving, "car-leaving")) as department, refusal:
        department.deliver([image_item()])
    with closing(HttpsDepartment(staying, "car-staying")) as department:
        assert department.deliver([image_item()])[0].sha256
    record = next(unit for unit in server.units.records() if unit.unit_id == "car-leaving")
    assert {row["revoked_reason"] for row in record.certificates} == {"sold with the car"}


def test_a_unit_cannot_retire_another(server: DepartmentServer, authority_copy: Path, tmp_path: Path) -> None:
    mine = unit_of(server, authority_copy, tmp_path, "car-leaving")
    unit_of(server, authority_copy, tmp_path, "car-staying")
    with pytest.raises(UplinkError, match="not revoked"):
        retire(mine, "car-staying", "mischief")
    assert all(
        unit.state == "valid" for unit in server.units.records() if unit.unit_id in {"car-leaving", "car-staying"}
    )


def test_asked_twice_the_second_is_told_so(server: DepartmentServer, authority_copy: Path, tmp_path: Path) -> None:
    settings = unit_of(server, authority_copy, tmp_path, "car-leaving")
    retire(settings, "car-leaving", "")
    with pytest.raises(UplinkError, match=r"not revoked \(status 403\): .*was revoked"):
        retire(settings, "car-leaving", "")


def test_nobody_to_ask_is_one_line(server: DepartmentServer, authority_copy: Path, tmp_path: Path) -> None:
    settings = unit_of(server, authority_copy, tmp_path, "car-leaving")
    with pytest.raises(UplinkError, match="nobody to ask"):
        retire(settings.model_copy(update={"url": ""}), "car-leaving", "")
    with pytest.raises(UplinkError, match="longer than 200"):
        retire(settings, "car-leaving", "x" * 201)
    with pytest.raises(UplinkError):
        retire(settings.model_copy(update={"url": "https://127.0.0.1:9"}), "car-leaving", "")
    assert [unit.state for unit in server.units.records() if unit.unit_id == "car-leaving"] == ["valid"]
