"""Checks that what the unit works by is what the access log says of it."""

from contextlib import closing

from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, amber, green, red
from alpr_edge.services.changes.self_check import Drift, find_drift
from alpr_edge.services.changes.values_in_force import read_values
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.access_log.schema import FILE_NAME
from alpr_edge.store.db.database import Database
from alpr_edge.store.keys import load_key

_DRIFT = "alpr-edge audit drift"


def check_recorded_changes(context: CheckContext) -> list[Check]:
    """Compare settings, lists, people, models and keys with the access log."""
    settings = context.settings
    if not (settings.unit.data_directory / FILE_NAME).exists():
        return [amber("changes", "no access log yet", "start alpr-edge run once")]
    found = read_drift(settings)
    if not found.is_compared:
        return [amber("changes", "no start of this unit is on record yet", "start alpr-edge run once")]
    return [red("changes", found.text, _DRIFT)] if found else [green("changes", "all as in the access log")]


def read_drift(settings: Settings) -> Drift:
    """What differs from the access log.

    Raises:
        StoreError: a key or a store cannot be read.
    """
    key = load_key("outbox", settings.store.keys_directory)
    with (
        open_access_log(settings, migrate=False) as log,
        closing(Database.open(settings.unit.data_directory, key, migrate=False)) as database,
    ):
        return find_drift(log, read_values(settings, database, log.digest))
