"""Hits by mail to those whom the settings name: by list, reason and grade, never covert, no plate but by TLS."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.settings import FILE_NAME, load_department_file
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem
from tests.department.alarms.receivers import MailServer, running, server_tls
from tests.department.engines import EngineUnderTest
from tests.department.interchange.exchange_office import (
    ExchangeOffice,
    hit_item_of,
    read_item_of,
    read_now,
    withdrawal_of,
)
from tests.uplink.items import item

PLATE = "7ABC123"
BY_MAIL = {"url": None, "key": None, "format": None, "mail_to": ["desk@dispatch.example", "ben@dispatch.example"]}


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[ExchangeOffice]:
    office = ExchangeOffice(engine.use(tmp_path / "department"))
    yield office
    office.storage.close()


def name_server(office: ExchangeOffice, port: int, **more: str) -> None:
    """Say in the settings who takes mail in."""
    keys = {"mail_from": "alpr@police.example", "smtp_host": "127.0.0.1", "smtp_port": port} | more
    with (office.directory / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write("\n[alarms]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))


def with_grade(hit: OutboxItem, level: str) -> OutboxItem:
    """A hit whose unit says how grave it is."""
    body = json.loads(hit.body) | {"level": level}
    return item(hit.item_id, ItemKind.HIT, json.dumps(body).encode())


def test_hits_go_out_by_list_reason_and_grade_and_no_plate_in_clear(office: ExchangeOffice) -> None:
    with running(MailServer(refused="ben@")) as server:
        name_server(office, server.port, smtp_security="none")
        office.name_target(**BY_MAIL, reasons=["stolen_vehicle"], levels=["high", "urgent"])
        office.send()
        names = ("good", "low", "unsaid", "covert", "person", "other-list")
        reads = {name: read_now(name, PLATE) for name in names}
        hits = {name: hit_item_of(read) for name, read in reads.items()}
        hits["covert"] = hit_item_of(reads["covert"], covert=True)
        hits["person"] = hit_item_of(reads["person"], reason=Reason.WANTED_PERSON)
        hits["other-list"] = hit_item_of(reads["other-list"], source="officers")
        grades = dict.fromkeys(names, "high") | {"low": "routine"}
        office.deliver(*(read_item_of(read) for read in reads.values()))
        office.deliver(*(hit if name == "unsaid" else with_grade(hit, grades[name]) for name, hit in hits.items()))
        assert (office.send().sent, office.send().sent) == (1, 0)
        office.deliver(withdrawal_of(reads["good"]))
        assert office.send().sent == 1
    hit, withdrawal = server.messages
    assert str(hit["Subject"]) == "Modesto PD: hit, stolen vehicle"
    assert str(withdrawal["Subject"]) == "Modesto PD: hit withdrawn"
    assert "NOT CONFIRMED" in hit.as_string()
    assert "hit-of-good" in withdrawal.as_string()
    assert not any(PLATE in message.as_string() for message in server.messages)
    assert office.states() == {"hit good": "sent", "withdrawal good": "sent"}


def test_a_plate_goes_out_where_the_settings_say_so_and_the_way_is_encrypted(tmp_path: Path) -> None:
    office = ExchangeOffice(tmp_path / "department")
    initialise(tmp_path / "tls", ["127.0.0.1"])
    with running(MailServer(server_tls(tmp_path / "tls"))) as server:
        name_server(office, server.port, smtp_security="starttls", ca_file=str(tmp_path / "tls" / "ca.pem"))
        office.name_target(**BY_MAIL, plate_in_mail=True)
        office.send()
        read = read_now("good", PLATE)
        office.deliver(read_item_of(read), hit_item_of(read))
        assert office.send().sent == 1
    (message,) = server.messages
    assert (server.was_encrypted, f"read: {PLATE}" in message.as_string()) == ([True], True)
    assert PLATE not in str(message["Subject"])
    late = read_now("late", PLATE)
    office.deliver(read_item_of(late), hit_item_of(late))
    result = office.send()
    assert (result.sent, result.trouble.startswith("mail: 127.0.0.1 did not take it")) == (0, True)
    assert office.states()["hit late"] == "queued"
    office.storage.close()


FAULTS: tuple[tuple[dict[str, str], dict[str, object], str], ...] = (
    ({}, {"url": "https://a.example"}, "url or mail_to: name one of the two"),
    ({}, {"mail_to": []}, "url or mail_to: name one of the two"),
    ({}, {"key": "/k"}, "mail_to: has no format, key"),
    ({}, {"rule": "all_reads"}, "hits alone go out by mail"),
    ({}, {"reasons": ["speeding"]}, "reasons"),
    ({}, {"mail_to": ["no address"]}, "mail_to"),
    ({"mail_from": ""}, {}, "mail_to needs smtp_host and mail_from"),
    ({"smtp_security": "none"}, {"plate_in_mail": True}, "plate_in_mail needs smtp_security"),
)


def test_settings_that_will_not_do_say_what_to_change(tmp_path: Path) -> None:
    office = ExchangeOffice(tmp_path / "department")
    for server, target, told in FAULTS:
        (office.directory / FILE_NAME).unlink(missing_ok=True)
        name_server(office, 25, **server)
        office.name_target(**(BY_MAIL | target))
        with pytest.raises(DepartmentError, match=told):
            load_department_file(office.directory)
    office.storage.close()
