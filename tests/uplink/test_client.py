"""One batch against one behaviour of the department."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import ServerFailedError, SettingsError, UnauthorisedError, UplinkError
from alpr_edge.domain.protocol.items import BODY_BYTES_MAX, Answer, ItemAnswerPayload, ItemKind, OutboxItem, Outcome
from alpr_edge.uplink.delivery_client import HttpsDepartment
from tests.uplink.conftest import Faulty, settings_for
from tests.uplink.faulty import Fault, FaultyDepartment
from tests.uplink.items import hit_item, image_item, item, read_item, stored_digests

BATCH = [hit_item(1), read_item(1), image_item(1)]
RECEIPTS = [(each.item_id, Outcome.RECEIPT, each.sha256) for each in BATCH]


@contextmanager
def client(url: str, files: Path, **changes: float) -> Iterator[HttpsDepartment]:
    department = HttpsDepartment(settings_for(url, files, **changes), "unit-1")
    try:
        yield department
    finally:
        department.close()


def verdicts(answers: list[Answer]) -> list[tuple[str, Outcome, str | None]]:
    return [(answer.item_id, answer.outcome, answer.sha256) for answer in answers]


def deliver(faulty: Faulty, files: Path, fault: Fault, items: list[OutboxItem] | None = None) -> list[Answer]:
    with faulty(iter([fault])) as department, client(department.url, files, answer_timeout_s=1.5) as uplink:
        return uplink.deliver(BATCH if items is None else items)


def test_a_batch_gets_a_receipt_with_the_stored_digest_for_each_item(
    faulty: Faulty, unit_files: Path, tmp_path: Path
) -> None:
    with faulty(iter([])) as department, client(department.url, unit_files) as uplink:
        assert verdicts(uplink.deliver(BATCH)) == RECEIPTS
        assert verdicts(uplink.deliver(BATCH)) == RECEIPTS
        assert uplink.deliver([]) == []
        assert department.requests == 2
        assert uplink.department_utc is not None
        assert abs(datetime.now(UTC) - uplink.department_utc) < timedelta(minutes=1)
    assert stored_digests(tmp_path / "department") == {each.item_id: each.sha256 for each in BATCH}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault.STATUS_500, "later .status 500"),
        (Fault.STATUS_500_MARKED, "later .status 500"),
        (Fault.STATUS_503, "later .status 503"),
        (Fault.STATUS_404, "unexpected status 404; check .uplink. url"),
        (Fault.PROXY_400, "unexpected status 400"),
        (Fault.REDIRECT, "unexpected status 302"),
        (Fault.HANG, "cannot be reached .ReadTimeout"),
        (Fault.CUT, "cannot be reached .RemoteProtocolError"),
        (Fault.CLOSE, "cannot be reached"),
        (Fault.PORTAL, "is a login page in between"),
        (Fault.GARBLED, "not as a department does"),
        (Fault.DRIP, "its answer takes too long"),
        (Fault.OVERSIZE, "longer than 1048576 bytes"),
    ],
)
def test_a_link_that_fails_says_nothing_of_items(fault: Fault, message: str, faulty: Faulty, unit_files: Path) -> None:
    with pytest.raises(UplinkError, match=message) as error_info:
        deliver(faulty, unit_files, fault)
    assert not isinstance(error_info.value, UnauthorisedError)


def test_retry_after_is_handed_on(faulty: Faulty, unit_files: Path) -> None:
    with pytest.raises(UplinkError) as error_info:
        deliver(faulty, unit_files, Fault.STATUS_429)
    assert error_info.value.retry_after_s == 7.0


def test_401_is_unauthorised(faulty: Faulty, unit_files: Path) -> None:
    with pytest.raises(UnauthorisedError, match=r"not accepted \(status 401\)"):
        deliver(faulty, unit_files, Fault.STATUS_401)


def test_answers_given_twice_count_once(faulty: Faulty, unit_files: Path) -> None:
    assert verdicts(deliver(faulty, unit_files, Fault.REPEAT)) == RECEIPTS


def test_answers_that_contradict_each_other_are_no_receipt(faulty: Faulty, unit_files: Path) -> None:
    answers = deliver(faulty, unit_files, Fault.CONTRADICT)
    assert [answer.outcome for answer in answers] == [Outcome.RETRY] * 3


def test_an_item_without_an_answer_is_sent_again(faulty: Faulty, unit_files: Path) -> None:
    answers = deliver(faulty, unit_files, Fault.FORGET)
    assert [answer.outcome for answer in answers] == [Outcome.RECEIPT, Outcome.RETRY, Outcome.RECEIPT]


def test_a_wrong_digest_is_handed_on_for_the_outbox_to_judge(faulty: Faulty, unit_files: Path) -> None:
    assert {answer.sha256 for answer in deliver(faulty, unit_files, Fault.WRONG_DIGEST)} == {"0" * 64}


@pytest.mark.parametrize("fault", [Fault.BATCH_400, Fault.PROXY_413])
def test_a_batch_refused_as_a_whole_is_halved(fault: Fault, faulty: Faulty, unit_files: Path) -> None:
    assert verdicts(deliver(faulty, unit_files, fault)) == RECEIPTS


def test_an_item_too_large_for_the_way_alone_is_refused(faulty: Faulty, unit_files: Path) -> None:
    answers = deliver(faulty, unit_files, Fault.PROXY_413_ALWAYS, [image_item(1)])
    assert [(answer.outcome, answer.detail) for answer in answers] == [(Outcome.REFUSED, "413 refused alone")]


@pytest.mark.parametrize("fault", [Fault.STATUS_500, Fault.STATUS_500_MARKED, Fault.STATUS_503])
def test_a_server_that_fails_over_one_item_is_told_from_silence(fault: Fault, faulty: Faulty, unit_files: Path) -> None:
    with pytest.raises(ServerFailedError, match="asks to try later"):
        deliver(faulty, unit_files, fault, [read_item(1)])


class Stumbling(Storage):
    """A storage with a fault of its own."""

    def store(self, unit_id: str, parts: Sequence[Part]) -> list[ItemAnswerPayload]:
        if any(part.item_id == "read-1" for part in parts):
            raise RuntimeError("a fault of the program")
        return super().store(unit_id, parts)


def test_a_fault_of_the_department_s_program_stops_one_item_alone(
    authority: TlsFiles, unit_files: Path, authority_copy: Path
) -> None:
    storage = Stumbling(authority_copy)
    serving = FaultyDepartment(create_app(storage), tls_context(authority), iter([]))
    with serving as department, client(department.url, unit_files) as uplink:
        for batch in (BATCH, [read_item(1)]):
            with pytest.raises(ServerFailedError, match="status 500"):
                uplink.deliver(batch)
        assert uplink.deliver([hit_item(1)])[0].outcome is Outcome.RECEIPT
    storage.close()


def test_a_batch_that_takes_too_long_to_arrive_is_given_up(
    authority: TlsFiles, unit_files: Path, storage: Storage
) -> None:
    serving = FaultyDepartment(create_app(storage, receive_s_max=0.0), tls_context(authority), iter([]))
    large = item("i", ItemKind.IMAGE, b"\xff\xd8\xff" + bytes(4_000_000))
    with (
        serving as department,
        client(department.url, unit_files) as uplink,
        pytest.raises(UplinkError, match=r"later \(status 408\)"),
    ):
        uplink.deliver([large])
    assert storage.counts().items == {}


def test_a_link_that_breaks_while_halving_keeps_what_was_answered(faulty: Faulty, unit_files: Path) -> None:
    schedule = iter([Fault.BATCH_400, Fault.NONE, Fault.STATUS_503])
    with faulty(schedule) as department, client(department.url, unit_files) as uplink:
        answers = uplink.deliver(BATCH)
    assert [answer.outcome for answer in answers] == [Outcome.RECEIPT, Outcome.UNSENT, Outcome.UNSENT]


def test_one_bad_item_never_blocks_a_batch(faulty: Faulty, unit_files: Path) -> None:
    bad = item("read-9", ItemKind.READ, b'{"plate": "7ABC123"}')
    other = item("read-1", ItemKind.READ, read_item(1, "8XYZ999").body)
    large = item("large", ItemKind.IMAGE, b"\xff\xd8\xff" + bytes(BODY_BYTES_MAX))
    with faulty(iter([])) as department, client(department.url, unit_files) as uplink:
        uplink.deliver([read_item(1)])
        answers = uplink.deliver([bad, other, large, image_item(2)])
    outcomes = [(answer.outcome, answer.detail[:3]) for answer in answers]
    refusal = Outcome.REFUSED
    assert outcomes == [(refusal, "422"), (refusal, "409"), (refusal, "413"), (Outcome.RECEIPT, "")]
    assert not any("7ABC123" in answer.detail for answer in answers)


def test_newest_list_serials_are_remembered(faulty: Faulty, unit_files: Path) -> None:
    with faulty(iter([Fault.REPEAT])) as department, client(department.url, unit_files) as uplink:
        uplink.deliver(BATCH)
        assert uplink.list_serials == {"doj-svs": 12}


def test_nobody_listening_is_a_link_that_is_down(unit_files: Path) -> None:
    with (
        client("https://127.0.0.1:9", unit_files) as uplink,
        pytest.raises(UplinkError, match=r"cannot be reached \(ConnectError\)"),
    ):
        uplink.deliver(BATCH)


def test_an_address_that_is_none_is_a_settings_error(unit_files: Path) -> None:
    with pytest.raises(SettingsError, match=r"uplink\.url: not an address"):
        HttpsDepartment(settings_for("https://[::1", unit_files), "unit-1")


def test_the_department_command_s_server_takes_items(authority_copy: Path, unit_files: Path) -> None:
    with DepartmentServer(authority_copy) as server:
        url = f"https://localhost:{server.port}/"
        with client(url, unit_files) as uplink:
            assert verdicts(uplink.deliver(BATCH)) == RECEIPTS
    storage = Storage(authority_copy, create=False)
    assert storage.counts().units == {"unit-1": 3}
    storage.close()
