"""The department's server, spoken to without the uplink's code."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import HTTPException

from alpr_edge.department.http.batches.limits import AGAIN_S, UNIT_BATCHES_MAX, BatchLimits
from alpr_edge.department.http.client_auth import common_name
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.http.storage_app import REQUEST_BYTES_MAX
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import digest
from tests.department.enrolment import enrol_unit
from tests.department.waits import wait_until
from tests.uplink.items import read_item

HEADERS = {"Alpr-Edge-Unit": "unit-1", "Alpr-Edge-Protocol": "1"}
Files = dict[str, tuple[str, bytes, str, dict[str, str]]]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return initialise(tmp_path_factory.mktemp("server") / "department", ["127.0.0.1"]).directory


@pytest.fixture(scope="module")
def unit(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return enrol_unit(directory, "unit-1", tmp_path_factory.mktemp("unit") / "tls")


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(directory) as running:
        yield running


@pytest.fixture(scope="module")
def context(unit: Path) -> ssl.SSLContext:
    tls = ssl.create_default_context(cafile=unit / "department-ca.pem")
    tls.load_cert_chain(unit / "unit.pem", unit / "unit.key")
    return tls


@pytest.fixture
def client(server: DepartmentServer, context: ssl.SSLContext) -> Iterator[httpx.Client]:
    url = f"https://127.0.0.1:{server.port}"
    with httpx.Client(base_url=url, verify=context, headers=HEADERS, trust_env=False, timeout=30) as http_client:
        yield http_client


def files(sha256: str | None = None) -> Files:
    item = read_item()
    return {"read-1": ("read", item.body, "application/json", {"Alpr-Edge-Sha256": sha256 or item.sha256})}


def test_a_batch_is_answered_item_by_item(client: httpx.Client) -> None:
    answer = client.post("/v1/items", files=files())
    assert answer.status_code == 200
    assert answer.headers["Alpr-Edge-Protocol"] == "1"
    receipt = {"item_id": "read-1", "outcome": "receipt", "status": 200, "sha256": read_item().sha256, "detail": ""}
    content = answer.json()
    assert abs(datetime.now(UTC) - datetime.fromisoformat(content.pop("utc"))) < timedelta(minutes=1)
    assert content == {"answers": [receipt], "lists": {}, "logs": []}


def test_a_part_without_kind_or_digest_gets_its_own_answer(client: httpx.Client) -> None:
    nameless = {"stray": (None, b"x")}
    answers = client.post("/v1/items", files=nameless | {"a": ("access", b"{}", "application/json")}).json()["answers"]
    assert [(item_answer["item_id"], item_answer["outcome"], item_answer["status"]) for item_answer in answers] == [
        ("a", "refused", 400),
        ("stray", "refused", 400),
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Alpr-Edge-Unit": "unit-2"}, 403),
        ({"Alpr-Edge-Unit": ""}, 403),
        ({"Alpr-Edge-Protocol": "2"}, 426),
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "multipart/form-data"}, 400),
    ],
)
def test_requests_that_are_none(headers: dict[str, str], status: int, client: httpx.Client) -> None:
    answer = client.post("/v1/items", content=b"{}", headers=headers)
    assert answer.status_code == status
    assert answer.headers["Alpr-Edge-Protocol"] == "1"
    if status == 200:
        assert answer.json()["answers"] == []


def test_a_batch_that_says_it_is_too_large_is_refused_before_it_is_sent(
    server: DepartmentServer, context: ssl.SSLContext
) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=30)
    connection.putrequest("POST", "/v1/items")
    for name, value in (HEADERS | {"Content-Length": str(REQUEST_BYTES_MAX + 1)}).items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    answer.read()
    connection.close()


def test_a_batch_without_a_length_is_cut_off_at_the_limit(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b"--b\r\nContent-Disposition: form-data; name=a; filename=image\r\n\r\n"
        for _ in range(REQUEST_BYTES_MAX // (1024 * 1024) + 1):
            yield bytes(1024 * 1024)

    answer = client.post("/v1/items", content=endless(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 413


def test_more_parts_than_a_batch_may_have(client: httpx.Client) -> None:
    parts = [(f"read-{number}", ("read", b"{}")) for number in range(501)]
    assert client.post("/v1/items", files=parts).status_code == 400


def test_a_unit_with_too_many_batches_on_their_way_is_asked_to_come_again(
    server: DepartmentServer, context: ssl.SSLContext, client: httpx.Client
) -> None:
    with ExitStack() as stack:
        answers: list[httpx.Response] = []

        def stall() -> None:
            stalled = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            tls = stack.enter_context(context.wrap_socket(stalled, server_hostname="127.0.0.1"))
            lines = [f"{name}: {value}" for name, value in HEADERS.items()]
            lines += ["Host: 127.0.0.1", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 1000"]
            tls.sendall("\r\n".join(["POST /v1/items HTTP/1.1", *lines, "", "--b"]).encode())

        def is_refused() -> bool:
            stall()  # one more each time: one that comes while the batch below is on its way may itself be refused
            answers.append(client.post("/v1/items", files=files()))
            return answers[-1].status_code == 429

        for _ in range(UNIT_BATCHES_MAX):
            stall()
        wait_until(is_refused)  # once the server has seen all that stall
        assert AGAIN_S[0] <= int(answers[-1].headers["Retry-After"]) <= AGAIN_S[1]
        assert "too many batches" in answers[-1].text
    wait_until(lambda: client.post("/v1/items", files=files()).status_code == 200)


def test_all_units_together_have_a_limit_and_one_that_ended_makes_room() -> None:
    limits = BatchLimits(unit_max=2, all_max=3)
    with limits.admit("a"), limits.admit("a"):
        with pytest.raises(HTTPException, match="this unit has too many"), limits.admit("a"):
            pass
        with limits.admit("b"), pytest.raises(HTTPException, match=r"^429: too many"), limits.admit("c"):
            pass
        with limits.admit("c"):
            pass


def test_there_is_nothing_else_to_find(client: httpx.Client) -> None:
    statuses = [client.get(path).status_code for path in ("/", "/docs", "/openapi.json", "/v1/items")]
    assert statuses == [404, 404, 404, 405]
    assert client.post("/v1/items/", headers={"Host": "elsewhere.example"}).status_code == 404


def test_nobody_gets_in_without_a_certificate(server: DepartmentServer, unit: Path) -> None:
    context = ssl.create_default_context(cafile=unit / "department-ca.pem")
    url = f"https://127.0.0.1:{server.port}/v1/items"
    with httpx.Client(verify=context, trust_env=False, headers=HEADERS) as stranger, pytest.raises(httpx.HTTPError):
        stranger.post(url, files=files())


def test_tls_1_2_is_the_oldest(directory: Path) -> None:
    context = tls_context(TlsFiles(directory))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    older = [each for each in context.get_ciphers() if each["protocol"] != "TLSv1.3"]
    assert older
    assert all(each["aead"] and each["name"].startswith("ECDHE") for each in older)
    assert context.verify_mode == ssl.CERT_REQUIRED


def test_a_storage_that_fails_asks_to_try_later(directory: Path, client: httpx.Client) -> None:
    images = directory / "images"
    body = b"\xff\xd8\xff picture"
    picture = ("image", body, "image/jpeg", {"Alpr-Edge-Sha256": digest(body)})
    elsewhere = images.rename(directory / "elsewhere")
    images.write_text("a file where the folder should be")
    try:
        answer = client.post("/v1/items", files={digest(body): picture})
    finally:
        images.unlink()
        elsewhere.rename(images)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert str(directory) not in answer.text


def test_without_certificates_or_with_a_taken_port_nothing_starts(
    directory: Path, server: DepartmentServer, tmp_path: Path
) -> None:
    with pytest.raises(DepartmentError, match=r"no usable server\.pem, server\.key and ca\.pem"):
        DepartmentServer(tmp_path)
    with pytest.raises(DepartmentError, match=f"port {server.port}: cannot listen: Address already in use"):
        DepartmentServer(initialise(tmp_path / "other", ["127.0.0.1"]).directory, port=server.port)


def test_a_common_name_is_taken_only_when_there_is_one() -> None:
    one = {"subject": ((("commonName", "unit-1"),),)}
    two = {"subject": ((("commonName", "unit-1"),), (("commonName", "unit-2"),))}
    assert [common_name(certificate) for certificate in (one, two, {}, None)] == ["unit-1", None, None, None]
