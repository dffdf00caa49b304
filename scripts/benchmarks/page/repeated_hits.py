"""Writes hits of a unit once more after its recognition has ended: what the page needs when nothing else runs."""

import time
from dataclasses import replace

from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import ReadStage, ReadUpdate
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import load
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.unit_store import UnitStore, open_store
from scripts.benchmarks.page.unit import UNIT_ID, PageUnit
from scripts.benchmarks.path.listed_traffic import SoundedAlert

INTERVAL_S = 1.5
"""As the camera sees them."""
DIFFERENT_MAX = 50


def repeat_hits(unit: PageUnit, watch_s: float) -> list[SoundedAlert]:
    """Write the newest hits again, one after the other, each as if its tone sounded at that moment."""
    clock, done = SystemClock(), list[SoundedAlert]()
    with open_store(load(unit.settings), migrate=False) as store:
        sounded = [each for each in store.reads.recent(DIFFERENT_MAX, hits_only=True) if each.alerts]
        until_s = time.monotonic() + watch_s
        while time.monotonic() < until_s:
            now = clock.now()
            update = _again(store, sounded[len(done) % len(sounded)], now)
            sounded_ns = clock.now().boottime_ns
            store.reads.commit([update])
            done.append(SoundedAlert(update.hits[0].hit_id, sounded_ns, sounded_ns))
            time.sleep(INTERVAL_S)
    return done


def _again(store: UnitStore, stored: StoredRead, now: Instant) -> ReadUpdate:
    """A read with its first hit, alert and pictures under new ids."""
    read_id, hit_id = new_id(UNIT_ID), new_id(UNIT_ID)
    record = stored.alerts[0]
    alert = replace(record.alert, hit_id=hit_id, read_id=read_id)
    images = tuple((each.kind, store.images.get(each.sha256)) for each in stored.read.evidence)
    return ReadUpdate(
        ReadStage.CLOSED,
        replace(stored.read, read_id=read_id, first_seen=now, last_seen=now, evidence=()),
        now,
        images=images,
        hits=(replace(stored.hits[0], hit_id=hit_id, read_id=read_id, matched_at=now),),
        alerts=(replace(record, alert=alert, sounded_at=now, withdrawn_at=None, late_tone=None),),
        is_hit=True,
    )
