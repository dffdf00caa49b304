from dataclasses import replace

import pytest

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.protocol.hits import HitPayload
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import alert, decided, hit, instant, plate_read


def test_a_covert_hit_goes_first_and_makes_no_read_a_hit_in_the_car(store: ReadStore, outbox: Outbox) -> None:
    plain, secret = hit("plain", "read-1"), hit("secret", "read-2")
    covert = replace(secret, entry=replace(secret.entry, covert=True))
    store.commit([decided(plate_read("read-1"), hits=(plain,))])
    store.commit([decided(plate_read("read-2"), hits=(covert,))])
    assert [item.item_id for item in outbox.due(10, 10_000_000)] == ["secret", "plain"]
    assert [stored_read.read.read_id for stored_read in store.recent(10, hits_only=True)] == ["read-1"]
    (stored,) = (each for each in store.recent(10) if each.read.read_id == "read-2")
    assert stored.hits == (covert,)


@pytest.mark.review(19)
def test_a_covert_hit_travels_as_such_and_the_alert_of_its_read_does_not_tell_of_it(
    store: ReadStore, outbox: Outbox
) -> None:
    covert = replace(hit("secret"), entry=replace(hit("secret").entry, covert=True, remarks="do not stop"))
    store.commit([decided(plate_read(), hits=(hit("plain"), covert), alerts=[AlertRecord(alert("plain"), instant())])])
    first, *others = outbox.due(10, 10_000_000)
    payload = HitPayload.model_validate_json(first.body)
    assert (first.item_id, payload.covert, payload.remarks) == ("secret", True, "do not stop")
    assert [item.item_id for item in others] == ["plain", "alert:plain"]
    assert not any(b"secret" in item.body or b"do not stop" in item.body for item in others)
    assert HitPayload.model_validate_json(others[0].body).covert is False
