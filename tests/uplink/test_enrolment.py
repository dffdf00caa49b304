"""A unit gets its first certificate from a real department on loopback."""

import itertools
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.department.pki.media_keys import make_media_key
from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.enrolment_codes import parse_code
from alpr_edge.runtime.clock import ReplayedClock, SystemClock
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.enrolment import Invitation, UnitCertificate, enrol
from tests.uplink.conftest import settings_for
from tests.uplink.items import image_item

HOUR = timedelta(hours=1)
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = initialise(tmp_path_factory.mktemp("enrolling") / "department", ["127.0.0.1"])
    make_media_key(files)
    return files.directory


@pytest.fixture
def server(directory: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(directory, enrol_port=0) as running:
        yield running


@pytest.fixture
def settings(server: DepartmentServer, tmp_path: Path) -> UplinkSettings:
    return settings_for(f"https://127.0.0.1:{server.port}", tmp_path / "tls")


@pytest.fixture
def unit_id() -> str:
    """One that no other test has: they share a department."""
    return f"unit-{next(NUMBERS)}"


@pytest.fixture
def invitation(server: DepartmentServer, directory: Path, unit_id: str) -> Invitation:
    code = server.units.invite(unit_id, HOUR).code
    assert server.enrol_port is not None
    return Invitation(code, Authority.load(TlsFiles(directory)).fingerprint, enrol_port=server.enrol_port)


def enrol_now(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, *, again: bool = False
) -> UnitCertificate:
    return enrol(settings, unit_id, invitation, SystemClock(), again=again)


def why(settings: UplinkSettings, unit_id: str, invitation: Invitation) -> str:
    with pytest.raises(UplinkError) as error_info:
        enrol_now(settings, unit_id, invitation)
    assert len(str(error_info.value).splitlines()) == 1
    return str(error_info.value)


def delivers(settings: UplinkSettings, unit_id: str) -> bool:
    uplink = HttpsDepartment(settings, unit_id)
    try:
        return uplink.deliver([image_item()])[0].sha256 is not None
    finally:
        uplink.close()


def names(settings: UplinkSettings) -> set[str]:
    return {path.name for path in settings.key_file.parent.iterdir()}


def test_a_unit_enrols_and_delivers(settings: UplinkSettings, unit_id: str, invitation: Invitation) -> None:
    done = enrol_now(settings, unit_id, replace(invitation, code=invitation.code.lower().replace("-", " ")))
    assert (done.unit_id, done.new) == (unit_id, True)
    assert done.until > datetime.now(UTC) + timedelta(days=390)
    assert names(settings) == {
        "department-ca.pem",
        "department-media.pem",
        "department-keys.json",
        "unit.pem",
        "unit.key",
    }
    assert {path.stat().st_mode & 0o777 for path in settings.key_file.parent.iterdir()} == {0o600}
    assert settings.key_file.parent.stat().st_mode & 0o777 == 0o700
    assert delivers(settings, unit_id)


def test_once_enrolled_nothing_is_asked_unless_told_to(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, server: DepartmentServer
) -> None:
    first = enrol_now(settings, unit_id, invitation)
    assert enrol_now(settings, unit_id, Invitation("")) == replace(first, new=False)
    message = why(settings.model_copy(update={"certificate_file": settings.ca_file}), unit_id, invitation)
    assert "used already; make a new one there: alpr-edge department code" in message
    newer = replace(invitation, code=server.units.invite(unit_id, HOUR).code)
    second = enrol_now(settings, unit_id, newer, again=True)
    assert second.new
    assert second.serial != first.serial
    assert delivers(settings, unit_id)


def test_an_answer_that_was_lost_costs_no_code(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, server: DepartmentServer
) -> None:
    """The unit was cut off after the department had issued: its key waits, and the same certificate comes."""
    settings.key_file.parent.mkdir(mode=0o700)
    key = key_pair.waiting_key(settings.key_file.with_name("unit.key.enrolling"))
    first_answer = server.units.enrol(unit_id, parse_code(invitation.code), key_pair.request_of(unit_id, key))
    assert enrol_now(settings, unit_id, invitation).new
    assert settings.certificate_file.read_bytes() == first_answer
    assert delivers(settings, unit_id)


def test_the_wrong_authority_gets_no_code(settings: UplinkSettings, unit_id: str, invitation: Invitation) -> None:
    line = why(settings, unit_id, replace(invitation, ca_fingerprint="0" * 64))
    assert "its authority is not the one of --ca-fingerprint; nothing was sent" in line
    assert names(settings) == set()
    fingerprint = ":".join(invitation.ca_fingerprint[at : at + 2].upper() for at in range(0, 64, 2))
    assert enrol_now(settings, unit_id, replace(invitation, ca_fingerprint=fingerprint)).new


def test_who_shows_the_right_authority_but_is_not_vouched_for_by_it_gets_no_code(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, directory: Path, tmp_path: Path
) -> None:
    """Somebody in between can show the authority's certificate: it is public."""
    between = initialise(tmp_path / "between", ["127.0.0.1"])
    serving = DepartmentServer(between.directory, enrol_port=0)
    between.authority.write_bytes((directory / "ca.pem").read_bytes())
    with serving as imposter:
        assert imposter.enrol_port is not None
        line = why(settings, unit_id, replace(invitation, enrol_port=imposter.enrol_port))
    assert "its certificate is not trusted" in line
    assert enrol_now(settings, unit_id, invitation).new


def test_a_copy_of_the_authority_takes_the_fingerprint_s_place(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, directory: Path, tmp_path: Path
) -> None:
    assert "give --ca-fingerprint" in why(settings, unit_id, replace(invitation, ca_fingerprint=""))
    missing = replace(invitation, ca_fingerprint="", ca_file=tmp_path / "none.pem")
    assert "none.pem: cannot be read: No such file" in why(settings, unit_id, missing)
    assert enrol_now(settings, unit_id, replace(missing, ca_file=directory / "ca.pem")).new


def test_every_way_a_code_is_refused_is_one_line_that_says_what_to_do(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, server: DepartmentServer
) -> None:
    stranger = server.units.invite("unit-0", HOUR).code
    assert "no such code for unit" in why(settings, unit_id, replace(invitation, code=stranger))
    assert "check character" in why(settings, unit_id, replace(invitation, code="0" * 19 + "1"))
    short = server.units.invite(unit_id, timedelta(0)).code
    assert "expired; make a new one there: alpr-edge department code" in why(
        settings, unit_id, replace(invitation, code=short)
    )
    assert "withdrawn" in why(settings, unit_id, invitation)
    assert names(settings) == set()


def test_an_id_that_no_unit_may_have(settings: UplinkSettings, invitation: Invitation) -> None:
    assert "takes no unit with the id two words" in why(settings, "two words", invitation)


@pytest.mark.parametrize(
    ("url", "message"),
    [("", "not an address"), ("http://department.example", "not an address"), ("https://a:b", "not an address")],
)
def test_what_is_no_address(
    url: str, message: str, settings: UplinkSettings, unit_id: str, invitation: Invitation
) -> None:
    assert message in why(settings.model_copy(update={"url": url}), unit_id, invitation)


def test_where_nobody_enrols_the_port_is_named(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, server: DepartmentServer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    for port in (closed, server.port):
        line = why(settings, unit_id, replace(invitation, enrol_port=port))
        assert f"does the department serve with --enroll-port {port}?" in line


@pytest.mark.parametrize(
    ("clock", "message"),
    [
        (Instant("boot", 0), "clock was never set"),
        (Instant("boot", 0, datetime.now(UTC) - timedelta(days=3), UtcSource.RTC), "the code was not used"),
        (Instant("boot", 0, datetime.now(UTC) + timedelta(days=900), UtcSource.RTC), "the code was not used"),
    ],
)
def test_a_clock_that_is_wrong_is_told_before_the_code_is(
    clock: Instant, message: str, settings: UplinkSettings, unit_id: str, invitation: Invitation
) -> None:
    with pytest.raises(UplinkError, match=message):
        enrol(settings, unit_id, invitation, ReplayedClock(clock), again=False)
    assert enrol_now(settings, unit_id, invitation).new


def test_a_revoked_unit_is_told_so_and_can_be_enrolled_again(
    settings: UplinkSettings, unit_id: str, invitation: Invitation, server: DepartmentServer
) -> None:
    enrol_now(settings, unit_id, invitation)
    server.units.revoke(unit_id)
    with pytest.raises(UplinkError, match=r"not accepted \(status 403\): this unit's certificate was revoked"):
        delivers(settings, unit_id)
    newer = replace(invitation, code=server.units.invite(unit_id, HOUR).code)
    assert enrol_now(settings, unit_id, newer, again=True).new
    assert delivers(settings, unit_id)
