"""The uplink on a real wire that fails in every way a car meets: each ends in every item delivered, once."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from alpr_edge.department.pki.authority import initialise
from tests.network.certificates import server_files
from tests.network.hosts import MOVED, NAME, PORT
from tests.network.rig import Car, standing, until

ELSEWHERE = 9443
MIDDLE = f"tcp dport {PORT} quota over 60 kbytes counter"
"""What comes in after the first part of a batch."""


@pytest.fixture(scope="module")
def driving(
    tmp_path_factory: pytest.TempPathFactory,
    require_tool: Callable[[str], str],
    require_system_module: Callable[[str], str],
) -> Iterator[Car]:
    require_system_module("import os; assert os.geteuid() == 0, 'network namespaces need root'")
    require_tool("ip")
    require_tool("nft")
    with standing(tmp_path_factory.mktemp("network")) as rig:
        car = Car(rig, tmp_path_factory.mktemp("car"))
        car.fill()
        with car.sending():
            car.arrives()
            yield car


@pytest.fixture
def car(driving: Car) -> Iterator[Car]:
    """Nothing waits, and nothing is wrong; afterwards no plate was let out."""
    driving.begin()
    yield driving
    driving.rig.host.let_all()
    assert driving.is_discreet()


def test_a_link_that_blinks_in_the_middle_of_a_body_goes_on_where_it_was(car: Car) -> None:
    host = car.rig.host
    host.rule(f"{MIDDLE} drop")
    car.fill()
    until(lambda: host.packet_count() > 0, lambda: "no body came")
    host.link("down")
    host.link("up")
    host.let_all()
    car.arrives(tries_max=1)


def test_a_link_cut_in_the_middle_of_a_body(car: Car) -> None:
    host = car.rig.host
    host.rule(f"{MIDDLE} drop")
    car.fill()
    until(lambda: host.packet_count() > 0, lambda: "no body came")
    host.link("down")
    car.says("link down: ")
    host.let_all()
    host.link("up")
    car.arrives()


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (f"tcp dport {PORT} counter drop", "(ConnectTimeout): no connection within 1 s"),
        (f"tcp dport {PORT} counter reject with tcp reset", "(ConnectError): nothing listens there"),
        (f"{MIDDLE} drop", "link down: "),
        (f"{MIDDLE} reject with tcp reset", "the connection was cut"),
        (f"tcp dport {PORT} tcp flags & (syn|rst) == 0 limit rate over 4/second counter drop", "link down: "),
        (f"udp dport 53 counter drop\ntcp dport {PORT} reject with tcp reset", "its name is not known here"),
    ],
)
def test_packets_that_are_dropped_or_reset(car: Car, rule: str, says: str) -> None:
    car.rig.host.rule(rule)
    car.fill()
    car.says(says)
    assert car.rig.host.packet_count() > 0
    car.rig.host.let_all()
    car.arrives()


@pytest.mark.parametrize("busy", [True, False])
def test_a_department_that_vanishes_without_a_farewell_and_comes_back(car: Car, busy: bool) -> None:
    rig = car.rig
    if busy:
        rig.host.rule(f"{MIDDLE} drop")
        car.fill()
        until(lambda: rig.host.packet_count() > 0, lambda: "no body came")
    rig.vanish()
    if not busy:
        car.fill()  # over the connection that seems to stand
    car.says("link down: ")
    rig.host.let_all()
    rig.serve()
    rig.host.link("up")
    car.arrives()


def test_an_address_that_changes(car: Car) -> None:
    rig = car.rig
    rig.host.ip("address", "add", f"{MOVED}/24", "dev", "wire")
    rig.host.rule(f"ip daddr {rig.host.address} tcp dport {PORT} counter drop")
    car.fill()
    car.says("link down: ")
    rig.answer.write_text(MOVED)
    car.arrives()
    rig.answer.write_text(rig.host.address)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("expired", "the certificate of the department has ended"),
        ("other name", "it is for another name than [uplink] url has"),
        ("stranger", "it is of an authority this unit does not know; is a login page in between?"),
    ],
)
def test_what_answers_with_a_certificate_that_is_not_the_department_s(
    car: Car, tmp_path: Path, fault: str, says: str
) -> None:
    rig = car.rig
    authority = initialise(tmp_path / "stranger", [NAME]).directory if fault == "stranger" else rig.folder
    name, days = ("elsewhere.test" if fault == "other name" else NAME), (-1 if fault == "expired" else 30)
    files = server_files(authority, tmp_path / "server", name, days)
    with rig.host.serving("pages.py", "login", str(ELSEWHERE), *files), rig.host.divert(PORT, ELSEWHERE):
        car.fill()
        car.says(says)
        rig.host.let_all()
        car.arrives()


@pytest.mark.parametrize("kind", ["login", "redirect"])
def test_a_captive_portal_that_answers_in_the_department_s_place(car: Car, kind: str) -> None:
    host = car.rig.host
    with host.serving("pages.py", kind, str(ELSEWHERE)), host.divert(PORT, ELSEWHERE):
        car.fill()
        car.says("does not speak TLS; is a login page in between?")
        host.let_all()
        car.arrives()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("drip", "(ReadTimeout): its answer takes too long, longer than 2 s"),
        ("deaf", "(WriteTimeout): the link does not carry a delivery in time"),
        ("silent", "(ConnectTimeout): no connection within 1 s"),
    ],
)
def test_a_department_as_slow_as_it_may_be_without_being_silent(car: Car, tmp_path: Path, kind: str, says: str) -> None:
    rig = car.rig
    files = server_files(rig.folder, tmp_path / "server", NAME, 60)
    with rig.host.serving("pages.py", kind, str(ELSEWHERE), *files), rig.host.divert(PORT, ELSEWHERE):
        car.fill()
        car.says(says)
        # To the end of the second try, of which each has its bound.
        until(lambda: car.failures() > 1, lambda: "the first try went on and on")
        rig.host.let_all()
        car.arrives()


def test_a_unit_certificate_that_has_expired_and_is_renewed_on_disk(car: Car) -> None:
    car.certify(days=-1)
    car.fill()
    car.says("this unit's certificate has expired on ")
    car.says("enroll this unit again")
    car.certify(days=365)
    car.arrives()


def test_certificates_that_expire_soon_are_told_of_while_items_still_arrive(car: Car) -> None:
    car.certify(days=20)
    car.fill()
    car.arrives(tries_max=1)  # one may meet files of which half are new
    car.says("this unit's certificate expires on ")
    car.says("in 19 days; enroll this unit again")
    car.certify(days=365)
    car.fill()
    car.arrives(tries_max=1)
    assert not car.health()["warnings"]


def test_a_wire_that_comes_and_goes_at_random(car: Car) -> None:
    host, chance = car.rig.host, Random(5)
    for number in range(6):
        host.link("down")
        time.sleep(chance.uniform(0.05, 0.8))  # no condition: the moments are the point
        host.link("up")
        if number % 2:
            car.fill()
        time.sleep(chance.uniform(0.05, 0.4))
    car.arrives()
