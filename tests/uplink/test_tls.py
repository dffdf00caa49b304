"""Certificates that do not fit, seen from the vehicle."""

import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.domain.errors import DepartmentCertificateError, UnauthorisedError, UplinkError
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.tls import explain
from tests.department.enrolment import enrol_unit
from tests.department.server_certificates import set_days_left
from tests.uplink.conftest import Faulty, settings_for
from tests.uplink.faulty import FaultyDepartment
from tests.uplink.items import read_item


def refusal_of(url: str, files: Path, unit_id: str = "unit-1") -> UplinkError:
    department = HttpsDepartment(settings_for(url, files, answer_timeout_s=5.0), unit_id)
    with pytest.raises(UplinkError) as error_info:
        department.deliver([read_item()])
    department.close()
    return error_info.value


@contextmanager
def alerting(context: ssl.SSLContext) -> Iterator[str]:
    """A server that ends a failed handshake with its TLS alert, which asyncio's does not."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        connection, _ = listening.accept()
        # Kept open until the client is done: closing over unread data would reset the connection under the alert.
        with connection.dup() as spare:
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(connection, server_side=True)
            while spare.recv(65_536):
                pass

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        thread.join(30)
        listening.close()


@contextmanager
def ending(context: ssl.SSLContext | None) -> Iterator[str]:
    """A server whose connection just ends: in the middle of the handshake without a context, else of the request."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        connection, _ = listening.accept()
        with connection if context is None else context.wrap_socket(connection, server_side=True) as stream:
            stream.recv(65_536)
            stream.shutdown(socket.SHUT_WR)  # beneath TLS: no farewell, and no reset over what was not read
            while stream.recv(65_536):
                pass

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        thread.join(30)
        listening.close()


@pytest.fixture
def stranger(tmp_path: Path) -> TlsFiles:
    return initialise(tmp_path / "stranger", ["127.0.0.1"])


@pytest.fixture
def expired_files(authority: TlsFiles, tmp_path: Path) -> Path:
    return enrol_unit(authority.directory, "unit-1", tmp_path / "expired", days=-1)


def test_a_server_of_an_unknown_authority_is_not_trusted(
    stranger: TlsFiles, storage: Storage, unit_files: Path
) -> None:
    with FaultyDepartment(create_app(storage), tls_context(stranger), iter([])) as department:
        error = refusal_of(department.url, unit_files)
        assert department.requests == 0
    assert not isinstance(error, UnauthorisedError)
    assert "its certificate is not trusted (" in str(error)
    assert "of an authority this unit does not know; is a login page in between? check [uplink] ca_file" in str(error)


def test_a_server_under_another_name_is_not_trusted(authority_copy: Path, storage: Storage, unit_files: Path) -> None:
    other_name = initialise(authority_copy, ["elsewhere.example"])
    with FaultyDepartment(create_app(storage), tls_context(other_name), iter([])) as department:
        error = refusal_of(department.url, unit_files)
    assert "its certificate is not trusted (IP address mismatch" in str(error)


def test_a_department_whose_certificate_has_ended_is_told_in_words_of_its_own(
    authority_copy: Path, storage: Storage, unit_files: Path
) -> None:
    last_day = set_days_left(TlsFiles(authority_copy), -1)
    with FaultyDepartment(create_app(storage), tls_context(last_day), iter([])) as department:
        error = refusal_of(department.url, unit_files)
        assert department.requests == 0
    assert isinstance(error, DepartmentCertificateError)
    assert "the certificate of the department has ended, by this unit's clock (20" in str(error)
    assert "renewed there (alpr-edge department renew); modem and network work" in str(error)


def test_an_expired_unit_certificate_is_named_where_the_server_just_hangs_up(
    faulty: Faulty, expired_files: Path, storage: Storage
) -> None:
    with faulty(iter([])) as department:
        error = refusal_of(department.url, expired_files)
        assert department.requests == 0
    assert "by this machine's clock this unit's certificate" in str(error)
    assert "is not valid: enroll this unit again" in str(error)
    assert storage.counts().items == {}


@pytest.mark.review(20)
@pytest.mark.parametrize("handshake", [True, False])
def test_a_connection_that_ends_without_a_farewell_was_cut(
    authority: TlsFiles, unit_files: Path, handshake: bool
) -> None:
    with ending(None if handshake else tls_context(authority)) as url:
        error = refusal_of(url, unit_files)
    assert "cannot be reached (" in str(error)
    assert str(error).endswith(": the connection was cut")


def test_an_expired_unit_certificate_is_unauthorised_where_the_server_says_so(
    authority: TlsFiles, expired_files: Path
) -> None:
    with alerting(tls_context(authority)) as url:
        error = refusal_of(url, expired_files)
    assert isinstance(error, UnauthorisedError)
    assert "this unit's certificate has expired; enroll this unit again" in str(error)


def test_a_unit_of_another_authority_is_unauthorised(authority: TlsFiles, stranger: TlsFiles, tmp_path: Path) -> None:
    files = enrol_unit(stranger.directory, "unit-1", tmp_path / "other")
    shutil.copy(authority.authority, files / "department-ca.pem")
    with alerting(tls_context(authority)) as url:
        error = refusal_of(url, files)
    assert isinstance(error, UnauthorisedError)
    assert "is of an authority it does not know" in str(error)


def test_a_certificate_of_another_unit_is_unauthorised(faulty: Faulty, unit_files: Path, storage: Storage) -> None:
    with faulty(iter([])) as department:
        error = refusal_of(department.url, unit_files, "unit-2")
    assert isinstance(error, UnauthorisedError)
    assert "status 403" in str(error)
    assert storage.counts().items == {}


def test_a_server_s_certificate_does_not_pass_for_a_unit_s(
    faulty: Faulty, authority: TlsFiles, unit_files: Path, tmp_path: Path, storage: Storage
) -> None:
    files = tmp_path / "as-unit"
    shutil.copytree(unit_files, files)
    shutil.copy(authority.certificate, files / "unit.pem")
    shutil.copy(authority.key, files / "unit.key")
    with faulty(iter([])) as department:
        refusal_of(department.url, files, "127.0.0.1")
        assert department.requests == 0
    assert storage.counts().items == {}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("department-ca.pem", None, "no usable department authority: No such file or directory; enroll this unit"),
        ("department-ca.pem", "", "no usable department authority"),
        ("unit.pem", None, "no usable unit certificate: No such file"),
        ("unit.key", "-----BEGIN nothing", "no usable unit certificate: not a PEM certificate or key"),
    ],
)
def test_files_that_are_missing_or_broken_are_named(
    name: str, content: str | None, message: str, unit_files: Path, tmp_path: Path
) -> None:
    files = tmp_path / "tls"
    shutil.copytree(unit_files, files)
    (files / name).unlink()
    if content is not None:
        (files / name).write_text(content)
    error = refusal_of("https://127.0.0.1:9", files)
    assert name in str(error)
    assert message in str(error)


def test_a_renewed_certificate_counts_without_a_restart(faulty: Faulty, expired_files: Path, tmp_path: Path) -> None:
    with faulty(iter([])) as department:
        uplink = HttpsDepartment(settings_for(department.url, expired_files), "unit-1")
        with pytest.raises(UplinkError):
            uplink.deliver([read_item()])
        new_files = enrol_unit(tmp_path / "department", "unit-1", tmp_path / "renewed")
        for path in new_files.iterdir():
            shutil.copy(path, expired_files)
        assert uplink.deliver([read_item()])[0].sha256 == read_item().sha256
        uplink.close()


def test_a_key_behind_a_passphrase_is_refused_without_asking(unit_files: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - this test alone
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    files = tmp_path / "tls"
    shutil.copytree(unit_files, files)
    key = load_pem_private_key((files / "unit.key").read_bytes(), None)
    locked_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (files / "unit.key").write_bytes(locked_key)
    assert "the key is locked by a passphrase" in str(refusal_of("https://127.0.0.1:9", files))


def test_a_list_that_cannot_be_reached_is_told_without_the_secrets_of_its_address() -> None:
    """Its words go into the log and into the health file, which everybody on the unit may read."""
    settings = UplinkSettings(url="https://user:s3cret@feeds.example:8443/hot.csv?token=t0ken")
    told = str(explain(httpx.ConnectError("refused"), settings))
    assert told.startswith("https://feeds.example:8443/hot.csv: cannot be reached")
    assert "s3cret" not in told
    assert "t0ken" not in told
