"""The process that looks at reads: it appends to the access log, and shows only when the record is kept."""

import itertools
from collections.abc import Callable

from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, record_moment
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import open_access_log
from scripts.faults.notes import AccessShown, Note

SIGNED_EVERY = 10
"""Records between two checkpoints."""


def look_at_reads(settings: Settings, say: Callable[[Note], None]) -> None:
    """Look at reads until stopped, one after the other."""
    clock = SystemClock()
    with open_access_log(settings, migrate=True) as log:
        signer = CheckpointSigner(log, load_signing_key(settings.store.keys_directory))
        for number in itertools.count():
            entry = AccessEntry(
                person_id="p-1",
                person="Officer",
                component="console",
                action="see_read",
                objects=(f"read:{number}",),
                purpose="stolen_vehicle",
                outcome=AccessOutcome.ALLOWED,
                shown=1,
                happened=record_moment(clock.now()),
            )
            record = log.append(entry, clock.now())
            say(AccessShown(log.log_id, record.sequence))
            if number % SIGNED_EVERY == 0:
                signer.sign()
