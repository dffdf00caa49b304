"""What goes out, what never does, and that everything arrives once under one id, whatever the receiver does."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.interchange import sender
from alpr_edge.department.interchange.delivery import DeliveryTimes
from alpr_edge.department.interchange.exchange_queue import try_again
from alpr_edge.department.interchange.exchange_status import exchange_warnings, sent_events, target_statuses
from alpr_edge.department.interchange.sender import SCENE, EventContent, picture_values
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.hits import MatchKind, Reason
from tests.department.engines import EngineUnderTest, query
from tests.department.interchange.exchange_office import (
    ExchangeOffice,
    answer_of,
    hit_item_of,
    picture_items,
    read_item_of,
    read_now,
    undone_of,
    withdrawal_of,
)
from tests.department.interchange.receiver import DRIP, HANG, Receiver, running_receiver
from tests.department.scenes import is_plain_scene, scene_item

PLATE = "7ABC123"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[ExchangeOffice]:
    office = ExchangeOffice(engine.use(tmp_path / "department"))
    yield office
    office.storage.close()


@pytest.fixture
def sqlite_office(tmp_path: Path) -> Iterator[ExchangeOffice]:
    """One in a folder, for what a receiver does and not a database."""
    office = ExchangeOffice(tmp_path / "department")
    yield office
    office.storage.close()


def deliver_hit(office: ExchangeOffice, read_id: str, plate: str = PLATE) -> None:
    read = read_now(read_id, plate)
    office.deliver(hit_item_of(read), read_item_of(read))


def test_nothing_goes_out_but_what_the_settings_name(office: ExchangeOffice, receiver: Receiver) -> None:
    deliver_hit(office, "before-it-was-named")
    office.name_target(receiver.url)
    assert office.send().sent == 0
    reads = {name: read_now(name) for name in ("good", "other-list", "covert", "unsaid", "confusable", "immigration")}
    old, plain = read_now("old", hours_ago=30), read_now("plain")
    office.deliver(*(read_item_of(read) for read in (*reads.values(), old, plain)))
    office.deliver(
        hit_item_of(reads["good"]),
        hit_item_of(reads["other-list"], source="officers"),
        hit_item_of(reads["covert"], covert=True),
        hit_item_of(reads["unsaid"], covert=None),
        hit_item_of(reads["confusable"], match=MatchKind.CONFUSABLE),
        hit_item_of(reads["immigration"], reason=Reason.IMMIGRATION_VIOLATOR),
        hit_item_of(old),
    )
    assert (office.send().sent, office.send().sent) == (1, 0)
    (post,) = receiver.posts
    body = json.loads(post.body)
    assert post.is_signed()
    assert (body["read_id"], body["plate"], body["reason"]) == ("good", PLATE, "stolen_vehicle")
    assert "approach, with care" not in post.body.decode(), "what a list says of a vehicle stays here"
    assert PLATE not in f"{post.headers} {receiver.url}"


def test_a_hit_waits_for_its_read(office: ExchangeOffice, receiver: Receiver) -> None:
    office.name_target(receiver.url)
    office.send()
    read = read_now("late")
    office.deliver(hit_item_of(read))
    assert office.send().sent == 0
    office.deliver(read_item_of(read))
    assert office.send().sent == 1


def test_what_does_not_hold_is_withdrawn_and_never_sent(office: ExchangeOffice, receiver: Receiver) -> None:
    office.name_target(receiver.url)
    office.send()
    names = ("withdrawn", "misread", "corrected", "right", "early")
    reads = {name: read_now(name) for name in names}
    for name in names[:4]:
        office.deliver(hit_item_of(reads[name]), read_item_of(reads[name]))
    assert office.send().sent == 4
    office.deliver(read_item_of(reads["early"]), hit_item_of(reads["early"]), withdrawal_of(reads["early"]))
    office.deliver(withdrawal_of(reads["withdrawn"]), answer_of(reads["misread"], "misread"))
    office.deliver(answer_of(reads["right"], "correct"), read_item_of(read_now("newer", "7ABC128", "corrected")))
    assert office.send().sent == 3
    events = [json.loads(post.body) for post in receiver.posts]
    sent = {event["event_id"]: event["read_id"] for event in events[:4]}
    assert {sent[event["about_id"]] for event in events[4:]} == {"withdrawn", "misread", "corrected"}
    assert all("plate" not in event for event in events[4:])
    assert office.send().sent == 0


def test_an_answer_that_was_taken_back_withholds_and_withdraws_nothing(
    office: ExchangeOffice, receiver: Receiver
) -> None:
    office.name_target(receiver.url)
    office.send()
    new, sent = read_now("new"), read_now("sent")
    office.deliver(hit_item_of(sent), read_item_of(sent))
    assert office.send().sent == 1
    for read in (new, sent):
        office.deliver(hit_item_of(read), read_item_of(read), answer_of(read, "misread"), undone_of(read))
    assert office.send().sent == 1
    assert office.states() == {"hit sent": "sent", "hit new": "sent"}


def test_a_hit_that_is_withdrawn_before_it_was_taken_stays_here(office: ExchangeOffice, receiver: Receiver) -> None:
    office.name_target(receiver.url)
    office.send()
    receiver.status = 503
    deliver_hit(office, "read-1")
    assert office.send().trouble == "answered with status 503"
    office.deliver(withdrawal_of(read_now("read-1")))
    receiver.status = 200
    office.ahead = timedelta(hours=1)
    assert office.send().sent == 1, "it may have arrived: the withdrawal goes out, the plate does not go again"
    assert office.states() == {"hit read-1": "dropped", "withdrawal read-1": "sent"}


def test_corrections_of_reads_go_out_where_all_reads_do(office: ExchangeOffice, receiver: Receiver) -> None:
    office.name_target(receiver.url, rule="all_reads", lists=[])
    office.send()
    office.deliver(read_item_of(read_now("first")))
    office.send()
    office.deliver(read_item_of(read_now("second", "7ABC128", "first")))
    assert office.send().sent == 1
    first, second = (json.loads(post.body) for post in receiver.posts)
    assert (first["event"], second["event"], second["about_id"]) == ("read", "correction", first["event_id"])
    assert second["plate"] == "7ABC128"


@pytest.mark.parametrize("fault", [503, 429, 408, HANG, DRIP, "close", 401, 302])
def test_whatever_the_receiver_does_each_event_arrives_once_by_its_id(
    sqlite_office: ExchangeOffice, receiver: Receiver, fault: int | str
) -> None:
    sqlite_office.name_target(receiver.url)
    sqlite_office.send()
    deliver_hit(sqlite_office, "read-1")
    deliver_hit(sqlite_office, "read-2")
    receiver.answers = [fault, fault]
    begin = time.monotonic()
    first = sqlite_office.send(DeliveryTimes(step_s=0.3, total_s=0.5))
    assert time.monotonic() - begin < 60
    assert (first.sent, first.trouble != "", PLATE in first.trouble) == (0, True, False)
    posts = 2 if fault in {503, 429, 408} else 1  # after the others nothing else is tried
    assert len(receiver.posts) == posts
    assert sqlite_office.send().sent == 0, "it is left alone for a while"
    assert len(receiver.posts) == posts
    receiver.answers = []
    sqlite_office.ahead = timedelta(minutes=10)
    assert sqlite_office.send().sent == 2
    assert len({post.event_id for post in receiver.taken_posts()}) == 2
    assert len({(post.event_id, json.loads(post.body)["read_id"]) for post in receiver.posts}) == 2
    assert {*sqlite_office.states().values()} == {"sent"}


def test_retry_after_is_kept_and_bounded(sqlite_office: ExchangeOffice, receiver: Receiver) -> None:
    sqlite_office.name_target(receiver.url)
    sqlite_office.send()
    deliver_hit(sqlite_office, "read-1")
    receiver.answers, receiver.headers = [429], {"Retry-After": "900"}
    sqlite_office.send()
    for minutes, sent in ((14, 0), (16, 1)):
        sqlite_office.ahead = timedelta(minutes=minutes)
        assert sqlite_office.send().sent == sent
    deliver_hit(sqlite_office, "read-2")
    receiver.answers, receiver.headers = [429], {"Retry-After": "99999999"}
    sqlite_office.send()
    sqlite_office.ahead += timedelta(minutes=61)
    assert sqlite_office.send().sent == 1


def test_what_is_refused_for_good_is_set_aside_told_and_sent_again_when_somebody_says_so(
    office: ExchangeOffice, receiver: Receiver
) -> None:
    office.name_target(receiver.url)
    office.send()
    receiver.answers = [422]
    deliver_hit(office, "read-1")
    deliver_hit(office, "read-2")
    result = office.send()
    assert (result.sent, result.set_aside) == (1, 1)
    tables = load_department_file(office.directory).exchange
    (warning,) = exchange_warnings(office.storage.database, tables, datetime.now(UTC))
    assert "events that were refused for good: 1" in warning
    with office.storage.database.writing() as connection:
        assert try_again(connection, "county") == 1
    assert office.send().sent == 1


def test_one_that_fails_while_others_are_taken_steps_back_and_is_set_aside(
    office: ExchangeOffice, receiver: Receiver
) -> None:
    office.name_target(receiver.url)
    office.send()
    deliver_hit(office, "poison")
    receiver.answers = [500]
    office.send()
    receiver.refused_ids = {receiver.posts[0].event_id}
    for number in range(5):
        deliver_hit(office, f"good-{number}")
        office.ahead += timedelta(minutes=10)
        assert office.send().sent == 1
    assert office.states()["hit poison"] == "set_aside"


def test_pictures_go_out_where_the_settings_say_so_and_wait_for_them_a_while(
    sqlite_office: ExchangeOffice, receiver: Receiver
) -> None:
    sqlite_office.name_target(receiver.url, pictures=True)
    sqlite_office.send()
    read, pictures = read_now("read-1"), picture_items("read-1")
    sqlite_office.deliver(read_item_of(read, [each.body for each in pictures]), hit_item_of(read))
    assert sqlite_office.send().sent == 0
    sqlite_office.deliver(*pictures)
    assert sqlite_office.send().sent == 1
    body = json.loads(receiver.posts[0].body)
    assert [base64.b64decode(body[f"{kind}_base64"]) for kind in ("crop", "scene")] == [each.body for each in pictures]
    never = read_now("read-2")
    sqlite_office.deliver(read_item_of(never, [each.body for each in picture_items("never")]), hit_item_of(never))
    assert sqlite_office.send().sent == 0
    sqlite_office.ahead = sender.PICTURES_WAIT + timedelta(seconds=5)
    assert sqlite_office.send().sent == 1
    assert json.loads(receiver.posts[1].body)["crop_base64"] is None


@pytest.mark.review2(8)
def test_the_scene_of_an_event_tells_of_no_hit_but_its_own(sqlite_office: ExchangeOffice) -> None:
    storage, item = sqlite_office.storage, scene_item()
    sqlite_office.deliver(item)
    with storage.database.reading() as connection:
        of_read, of_hit = (
            picture_values(connection, storage.images, EventContent({}, {SCENE: item.sha256}, is_of_hit=is_of_hit))
            for is_of_hit in (False, True)
        )
    assert is_plain_scene(base64.b64decode(str(of_read[SCENE])))
    assert base64.b64decode(str(of_hit[SCENE])) == item.body


def test_what_was_deleted_or_is_over_is_not_sent(office: ExchangeOffice, receiver: Receiver) -> None:
    today = datetime.now(UTC).astimezone().date()
    office.name_target(receiver.url, until=today)
    office.send()
    receiver.status = 503
    deliver_hit(office, "deleted")
    deliver_hit(office, "over")
    office.send()
    query(office.directory, "DELETE FROM reads WHERE read_id = 'deleted'")
    receiver.status = 200
    office.ahead = timedelta(days=1)
    result = office.send()
    assert (result.sent, result.dropped) == (0, 2)
    deliver_hit(office, "later")
    assert office.send().queued == 0
    tables = load_department_file(office.directory).exchange
    assert any(
        "the approval ended" in each for each in exchange_warnings(office.storage.database, tables, office.now())
    )


def test_every_event_sent_is_on_record_with_its_terms_which_nobody_changes(
    office: ExchangeOffice, receiver: Receiver
) -> None:
    office.name_target(receiver.url)
    office.send()
    deliver_hit(office, "read-1")
    office.send()
    office.forget_targets()
    office.name_target(receiver.url, purpose="a homicide", hours_max=48)
    deliver_hit(office, "read-2")
    office.send()
    first, second = sent_events(office.storage.database)
    assert [each.terms["purpose"] for each in (first, second)] == ["stolen vehicles", "a homicide"]
    assert (first.terms["operator"], first.terms["approved_by"]) == ("Dispatch", "Commander Lee")
    assert "key" not in first.terms
    assert (first.read_id, first.kind) == ("read-1", "hit")
    assert PLATE not in f"{first} {second}"
    office.forget_targets()
    (status,) = target_statuses(office.storage.database, load_department_file(office.directory).exchange)
    assert (status.is_named, status.sent, status.operator) == (False, 2, "Dispatch")


def test_a_sender_that_is_killed_sends_again_under_the_same_id(
    sqlite_office: ExchangeOffice, receiver: Receiver
) -> None:
    sqlite_office.name_target(receiver.url)
    sqlite_office.send()
    deliver_hit(sqlite_office, "read-1")
    receiver.answers = [HANG]
    command = [
        sys.executable,
        "-m",
        "alpr_edge",
        "department",
        "exchange",
        "send",
        "--directory",
        str(sqlite_office.directory),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not receiver.posts and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    with pytest.raises(DepartmentError, match="another process is at it"):
        sqlite_office.send()
    query(sqlite_office.directory, "DELETE FROM leases")  # as five minutes do
    assert sqlite_office.send().sent == 1
    assert len({post.event_id for post in receiver.posts}) == 1
    assert [post.status for post in receiver.posts] == [0, 200]
