"""A certificate that ends soon is renewed by itself, against a real department."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import UnauthorisedError
from alpr_edge.domain.instants import Instant
from alpr_edge.runtime.clock import ReplayedClock, SystemClock
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.renewal import LOOK_S, RETRY, Renewer
from tests.department.enrolment import enrol_unit
from tests.uplink.conftest import settings_for
from tests.uplink.items import image_item


@pytest.fixture
def server(authority_copy: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(authority_copy) as running:
        yield running


def unit_of(server: DepartmentServer, directory: Path, folder: Path, days: int) -> UplinkSettings:
    files = enrol_unit(directory, "unit-7", folder / "tls", days)
    return settings_for(f"https://127.0.0.1:{server.port}", files)


def renewer(settings: UplinkSettings) -> Renewer:
    return Renewer(settings, "unit-7", SystemClock(), draw=lambda: 0.0)


def names(settings: UplinkSettings) -> set[str]:
    return {path.name for path in settings.key_file.parent.iterdir()}


def test_a_certificate_with_few_days_left_is_followed_by_a_new_one(
    server: DepartmentServer, authority_copy: Path, tmp_path: Path
) -> None:
    settings = unit_of(server, authority_copy, tmp_path, 10)
    department = HttpsDepartment(settings, "unit-7")
    assert department.deliver([image_item()])[0].sha256
    old, key = settings.certificate_file.read_bytes(), settings.key_file.read_bytes()
    settings.media_key_file.unlink()
    stage = renewer(settings)
    assert stage.days_left == pytest.approx(10, abs=0.1)
    assert stage.step() == LOOK_S
    assert stage.failure == ""
    assert stage.days_left == pytest.approx(397, abs=0.1)
    assert settings.certificate_file.read_bytes() != old
    assert settings.key_file.read_bytes() != key
    assert names(settings) == {"department-ca.pem", "department-media.pem", "unit.pem", "unit.key"}
    # The connection made with the old certificate goes on, and the next one takes the new.
    assert department.deliver([image_item(2)])[0].sha256
    department.close()
    assert department.deliver([image_item(3)])[0].sha256
    department.close()
    (unit,) = [unit for unit in server.units.records() if unit.unit_id == "unit-7"]
    assert [row["standing"] for row in unit.certificates][:2] == ["good", "good"]


def test_a_certificate_with_many_days_left_is_left_alone(
    server: DepartmentServer, authority_copy: Path, tmp_path: Path
) -> None:
    settings = unit_of(server, authority_copy, tmp_path, 46)
    before = settings.certificate_file.read_bytes()
    assert renewer(settings).step() <= LOOK_S
    assert settings.certificate_file.read_bytes() == before


def test_a_renewal_whose_answer_was_lost_takes_up_the_same_certificate(
    server: DepartmentServer, authority_copy: Path, tmp_path: Path
) -> None:
    settings = unit_of(server, authority_copy, tmp_path, 10)
    key = key_pair.waiting_key(settings.key_file.with_name("unit.key.renewing"))
    certificate = key_pair.certificate_held(settings)
    assert certificate is not None
    request = key_pair.request_of("unit-7", key)
    first_answer = server.units.renew("unit-7", certificate.fingerprint(SHA256()).hex(), request)
    renewer(settings).renew()
    assert settings.certificate_file.read_bytes() == first_answer


def test_a_pair_laid_down_before_the_power_went_is_used_and_put_in_place(
    server: DepartmentServer, authority_copy: Path, tmp_path: Path
) -> None:
    settings = unit_of(server, authority_copy, tmp_path, 10)
    newer = enrol_unit(authority_copy, "unit-7", tmp_path / "newer")
    content = (newer / "unit.key").read_bytes() + (newer / "unit.pem").read_bytes()
    key_pair.write_whole(key_pair.next_file(settings), content)
    assert renewer(settings).days_left == pytest.approx(397, abs=0.1)
    department = HttpsDepartment(settings, "unit-7")
    assert department.deliver([image_item()])[0].sha256
    department.close()
    renewer(settings).renew()
    assert not key_pair.next_file(settings).exists()


def test_a_department_that_is_away_is_asked_again_with_growing_waits(
    server: DepartmentServer, authority_copy: Path, tmp_path: Path
) -> None:
    away = unit_of(server, authority_copy, tmp_path, 10).model_copy(update={"url": "https://127.0.0.1:1"})
    stage = renewer(away)
    first_s = stage.step()
    assert stage.failure.startswith("the certificate is not renewed: https://127.0.0.1:1: cannot be reached")
    assert (first_s, stage.step()) == (RETRY.first_s / 2, RETRY.first_s)
    assert names(away) == {"department-ca.pem", "department-media.pem", "unit.pem", "unit.key", "unit.key.renewing"}


def test_a_revoked_unit_gets_no_new_certificate_and_keeps_its_files(
    server: DepartmentServer, authority_copy: Path, tmp_path: Path
) -> None:
    settings = unit_of(server, authority_copy, tmp_path, 10)
    before = settings.certificate_file.read_bytes()
    server.units.revoke("unit-7")
    with pytest.raises(UnauthorisedError, match="this unit's certificate was revoked"):
        renewer(settings).renew()
    assert settings.certificate_file.read_bytes() == before
    assert names(settings) == {"department-ca.pem", "department-media.pem", "unit.pem", "unit.key"}


def test_with_an_unset_clock_or_a_certificate_that_has_ended_nothing_is_asked(
    server: DepartmentServer, authority_copy: Path, tmp_path: Path, authority: TlsFiles
) -> None:
    settings = unit_of(server, authority_copy, tmp_path, 10)
    unset = Renewer(settings, "unit-7", ReplayedClock(Instant("boot", 0)))
    assert unset.days_left is None
    assert unset.step() <= LOOK_S
    old_settings = settings_for(settings.url, enrol_unit(authority.directory, "unit-7", tmp_path / "ended", days=-1))
    late = renewer(old_settings)
    assert late.step() <= LOOK_S
    assert late.days_left is not None
    assert late.days_left < 0
    assert (unset.failure, late.failure) == ("", "")


def test_a_folder_that_takes_nothing_costs_no_certificate(
    server: DepartmentServer, authority_copy: Path, tmp_path: Path
) -> None:
    settings = unit_of(server, authority_copy, tmp_path, 10)
    bad_settings = settings.model_copy(update={"key_file": settings.key_file.parent / "no" / "unit.key"})
    before = server.units.records()
    stage = renewer(bad_settings)
    stage.step()
    assert "must be writable for the user that runs this" in stage.failure
    assert server.units.records() == before
