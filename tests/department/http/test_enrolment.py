"""The enrollment port, and every other port seen by somebody without a certificate."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from alpr_edge.department.http.enrolment_server import create_enrolment_app
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import enrolment_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.domain.protocol.enrolment_codes import parse_code
from alpr_edge.runtime.network.rate_limit import KEYS_MAX, WrongTries, subscriber_network
from tests.department.enrolment import enrol_unit
from tests.department.pki.test_units import new_key, request_of
from tests.uplink.faulty import FaultyDepartment
from tests.uplink.items import read_item

HEADERS = {"Alpr-Edge-Unit": "unit-1", "Alpr-Edge-Protocol": "1"}
BATCH = {"read-1": ("read", read_item().body, "application/json", {"Alpr-Edge-Sha256": read_item().sha256})}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return initialise(tmp_path_factory.mktemp("enrolment") / "department", ["127.0.0.1"]).directory


@pytest.fixture
def new_directory(tmp_path: Path) -> Path:
    """A department that nobody serves yet."""
    return initialise(tmp_path / "department", ["127.0.0.1"]).directory


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(directory, enrol_port=0) as running:
        yield running


def client_of(directory: Path, port: int | None, files: Path | None = None) -> httpx.Client:
    context = ssl.create_default_context(cafile=directory / "ca.pem")
    if files is not None:
        context.load_cert_chain(files / "unit.pem", files / "unit.key")
    url = f"https://127.0.0.1:{port}"
    return httpx.Client(base_url=url, verify=context, headers=HEADERS, trust_env=False, timeout=30)


@pytest.fixture
def desk(server: DepartmentServer, directory: Path) -> Iterator[httpx.Client]:
    with client_of(directory, server.enrol_port) as client:
        yield client


def enrolment_request(server: DepartmentServer, unit_id: str) -> dict[str, str]:
    code = parse_code(server.units.invite(unit_id, timedelta(hours=1)).code)
    return {"unit_id": unit_id, "code": code, "request": request_of(new_key())}


def endpoints(app: FastAPI) -> list[tuple[str, str]]:
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    return sorted((method, route.path) for route in routes for method in route.methods or ())


def test_a_unit_is_enrolled_without_a_certificate_and_speaks_with_it(
    server: DepartmentServer, desk: httpx.Client, directory: Path
) -> None:
    assert desk.get("/v1/authority").content == (directory / "ca.pem").read_bytes()
    answer = desk.post("/v1/enrol", json=enrolment_request(server, "unit-1"))
    assert answer.status_code == 200
    assert answer.headers["Alpr-Edge-Protocol"] == "1"
    assert answer.json()["certificate"].startswith("-----BEGIN CERTIFICATE-----")


def test_nothing_but_enrolment_is_behind_the_enrolment_port(desk: httpx.Client, directory: Path) -> None:
    storage = Storage(directory)
    app = create_enrolment_app(storage.units, TlsFiles(directory))
    storage.close()
    assert endpoints(app) == [("GET", "/v1/authority"), ("POST", "/v1/enrol")]
    assert desk.post("/v1/items", files=BATCH).status_code == 404
    assert desk.get("/v1/lists/bolo").status_code == 404
    assert desk.post("/v1/renew", json={"request": ""}).status_code == 404


def test_every_other_endpoint_refuses_in_the_handshake_who_has_no_certificate(
    server: DepartmentServer, directory: Path
) -> None:
    storage = Storage(directory)
    resources = endpoints(create_app(storage))
    storage.close()
    assert resources == [
        ("GET", "/v1/holds"),
        ("GET", "/v1/keys"),
        ("GET", "/v1/lists/{source}"),
        ("GET", "/v1/roster"),
        ("GET", "/v1/settings"),
        ("POST", "/v1/evidence-voucher"),
        ("POST", "/v1/heartbeat"),
        ("POST", "/v1/items"),
        ("POST", "/v1/page-certificate"),
        ("POST", "/v1/renew"),
        ("POST", "/v1/retire"),
    ]
    for method, path in [*resources, ("POST", "/v1/enrol"), ("GET", "/v1/authority")]:
        with client_of(directory, server.port) as stranger, pytest.raises(httpx.TransportError):
            stranger.request(method, path.replace("{source}", "bolo"))


def test_every_other_endpoint_refuses_even_where_the_handshake_asks_for_nothing(directory: Path) -> None:
    storage = Storage(directory)
    app = create_app(storage)
    with (
        FaultyDepartment(app, enrolment_context(TlsFiles(directory)), iter(())) as lax,
        client_of(directory, int(lax.url.rpartition(":")[2])) as stranger,
    ):
        for method, path in endpoints(app):
            answer = stranger.request(method, path.replace("{source}", "bolo"))
            assert (answer.status_code, method, path) == (401, method, path)
    storage.close()


def test_a_revocation_reaches_a_connection_that_is_open(
    server: DepartmentServer, directory: Path, tmp_path: Path
) -> None:
    files = enrol_unit(directory, "unit-1", tmp_path / "tls")
    with client_of(directory, server.port, files) as unit:
        assert unit.post("/v1/items", files=BATCH).status_code == 200
        before = unit.get("/v1/lists/bolo")
        other = Storage(directory)
        other.units.revoke("unit-1")
        other.close()
        after = unit.post("/v1/items", files=BATCH)
        assert before.extensions["network_stream"] is after.extensions["network_stream"]
        assert (after.status_code, after.json()["detail"]) == (403, "this unit's certificate was revoked")
        assert unit.get("/v1/lists/bolo").status_code == 403
        assert unit.post("/v1/renew", json={"request": request_of(new_key())}).status_code == 403


def test_a_certificate_of_the_authority_that_is_not_on_record_is_refused(
    server: DepartmentServer, directory: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "department"
    elsewhere.mkdir(mode=0o700)
    for name in ("ca.pem", "ca.key"):
        (elsewhere / name).write_bytes((directory / name).read_bytes())
    files = enrol_unit(elsewhere, "unit-1", tmp_path / "tls")
    with client_of(directory, server.port, files) as unit:
        assert unit.post("/v1/items", files=BATCH).status_code == 401


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"unit_id": "two words"}, 400, "unit"),
        ({"request": "none"}, 400, "request"),
        ({"code": "0" * 20}, 403, "code"),
        ({"code": "mistyped"}, 403, "code"),
        ({"unit_id": "x" * 65}, 422, None),
        ({"request": "x" * 9000}, 422, None),
        ({"request": "x" * 20_000}, 413, None),
    ],
)
def test_a_refusal_says_why_and_nothing_of_what_was_sent(
    changes: dict[str, str], status: int, reason: str | None, new_directory: Path
) -> None:
    with DepartmentServer(new_directory, enrol_port=0) as server, client_of(new_directory, server.enrol_port) as desk:
        answer = desk.post("/v1/enrol", json={**enrolment_request(server, "unit-3"), **changes})
    assert (answer.status_code, answer.json().get("reason")) == (status, reason)
    assert not [value for value in changes.values() if value in answer.text]


def test_who_is_wrong_too_often_waits_and_then_not_even_a_right_code_is_looked_at(new_directory: Path) -> None:
    with DepartmentServer(new_directory, enrol_port=0) as server, client_of(new_directory, server.enrol_port) as desk:
        right = enrolment_request(server, "unit-4")
        statuses = [desk.post("/v1/enrol", json={**right, "code": "0" * 20}).status_code for _ in range(11)]
        answer = desk.post("/v1/enrol", json=right)
    assert statuses == [403] * 10 + [429]
    assert (answer.status_code, answer.json()["reason"]) == (429, "tries")
    assert 0 < int(answer.headers["Retry-After"]) <= 600


def test_without_the_authority_s_key_nobody_is_enrolled_and_the_unit_is_told_to_come_again(
    server: DepartmentServer, desk: httpx.Client, directory: Path
) -> None:
    payload = enrolment_request(server, "unit-5")
    key = (directory / "ca.key").read_bytes()
    (directory / "ca.key").write_bytes(b"gone")
    try:
        answer = desk.post("/v1/enrol", json=payload)
    finally:
        (directory / "ca.key").write_bytes(key)
    assert (answer.status_code, answer.json()["reason"]) == (503, "authority")
    assert desk.post("/v1/enrol", json=payload).status_code == 200


def test_wrong_tries_are_forgotten_after_the_window_and_bounded_in_number() -> None:
    now_s = [0.0]
    tries = WrongTries(2, 10.0, lambda: now_s[0])
    tries.note("a")
    assert tries.wait_s("a") == 0
    now_s[0] = 4.0
    tries.note("a")
    assert tries.wait_s("a") == 6.0
    assert tries.wait_s("b") == 0
    now_s[0] = 10.0
    assert tries.wait_s("a") == 0
    for number in range(KEYS_MAX + 5):
        tries.note(str(number))
    assert len(tries._tries) == KEYS_MAX


def test_one_subscriber_is_one_address() -> None:
    assert subscriber_network("192.0.2.7") == "192.0.2.7"
    assert subscriber_network("2001:db8::1") == subscriber_network("2001:db8::2:3") == "2001:db8::/64"
    assert subscriber_network("fe80::1%eth0") == "fe80::/64"
    assert subscriber_network("testclient") == "testclient"
