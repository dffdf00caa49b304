"""Checks what is stored on the disk: keys, lists, free space, deletion, versions."""

import os
import platform
import sys
import tempfile
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from alpr_edge import __version__
from alpr_edge.app.factories import open_lists
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.diagnostics.memory import check_sealing
from alpr_edge.domain.diagnostics.checks import DISK_REMEDY, Check, Grade, amber, disk, green, list_check, red
from alpr_edge.domain.errors import StoreError
from alpr_edge.hotlist.ingest.report import Refusals
from alpr_edge.settings import Settings
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.evidence.images import PREFIXES
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.keys import IMAGES, KEY_NAMES, load_key
from alpr_edge.store.outbox.answers import quarantined_in
from alpr_edge.store.recovery.refused_records import RefusedRecords
from alpr_edge.store.retention.ballast import Ballast, free_bytes, total_bytes
from alpr_edge.store.retention.candidates import Ages
from alpr_edge.store.retention.deletion_dates import DeletionDates

RELEASE_LINK = Path("/opt/alpr-edge/current")
"""Link to the release in use of a provisioned unit."""
PACKAGES = ("fast-alpr", "numpy", "onnxruntime", "opencv-python-headless", "sqlcipher3")
RIVAL = "opencv-python"
"""Package that installs into the same folder as the headless one; removing either breaks both."""


def check_keys(context: CheckContext) -> list[Check]:
    """Check that every key is present and protected, that the database opens, and how keys are sealed."""
    settings = context.settings
    try:
        for name in KEY_NAMES:
            load_key(name, settings.store.keys_directory)
        if not (settings.unit.data_directory / DATABASE_NAME).exists():
            return [amber("keys", f"{len(KEY_NAMES)} there; no database yet", "start alpr-edge run once")]
        with closing(_open_database(settings)) as database:
            aside = quarantined_in(database)
    except StoreError as error:
        return [red("keys", str(error))]
    opens = green("keys", f"all {len(KEY_NAMES)} are there; the database opens")
    checks = [opens, check_sealing(settings.store.keys_directory)]
    if aside:
        checks.append(amber("outbox", f"{aside} items were set aside", "see: alpr-edge outbox quarantined"))
    return checks


def check_lists(context: CheckContext) -> list[Check]:
    """Open every live list, and check its age where a trusted time is known."""
    settings = context.settings
    now = context.settled_now()
    with closing(_open_database(settings)) as database:
        _, loader = open_lists(settings, database)
        index = loader.load()
        own = officer_entries.entries_in_force(database, now.trusted_utc)
    checks = [red(f"list {fault.source}", fault.message, "import it again") for fault in index.faults]
    ages = settings.hotlist.ages_of
    fetched = {source.name for source in settings.hotlist.source if source.is_fetched}
    checks += [
        list_check(
            sealed_list.generation,
            now,
            *ages(sealed_list.generation.source),
            is_fetched=sealed_list.generation.source in fetched,
        )
        for sealed_list in index.lists
    ]
    there = {sealed_list.generation.source for sealed_list in index.lists} | {fault.source for fault in index.faults}
    missing = [source.name for source in settings.hotlist.source if source.name not in there]
    for name in missing:
        todo = f"alpr-edge hotlist sync {name}" if name in fetched else f"alpr-edge hotlist import FILE --source {name}"
        checks.append(red(f"list {name}", "not imported yet", todo))
    checks += [amber("lists", line, "alpr-edge hotlist status") for line in Refusals(loader.directory).lines()]
    if not checks and not own:
        return [red("lists", "no hotlist: nothing can be matched", "alpr-edge hotlist import, or hotlist sync")]
    return [*checks, green("own entries", f"{len(own)} of officers")] if own else checks


def check_disk(context: CheckContext) -> list[Check]:
    """Check how full the file system of the data folder is, and whether it can be written."""
    folder, retention = context.settings.unit.data_directory, context.settings.retention
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"fit")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return [red("disk", f"{folder}: cannot be written: {error.strerror}", "check its owner, mount and free space")]
    free, total = free_bytes(folder), total_bytes(folder)
    if context.running and Ballast(folder, retention.ballast_bytes).is_out:
        return [red("disk", "full: the ballast is in use, no read is stored", DISK_REMEDY)]
    share = 1 - free / total if total else 1.0
    return [disk(share, retention.disk_share_max, retention.amber_share, free), *_storage_faults(context.settings)]


def _storage_faults(settings: Settings) -> list[Check]:
    """Check for picture folders that cannot be written and for refused records; no check where all is well."""
    data, checks = settings.unit.data_directory, []
    folders = [path for path in (data / IMAGES / prefix for prefix in PREFIXES) if os.path.lexists(path)]
    bad = [path for path in folders if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK)]
    if bad:
        todo = "repair the file system, or move what is there out of the way"
        checks.append(red("pictures", f"{len(bad)} folders cannot be written, the first {bad[0]}", todo))
    waiting = RefusedRecords(data, load_key("outbox", settings.store.keys_directory)).count()
    if waiting:
        checks.append(amber("records", f"{waiting} could not be stored and are set aside", "alpr-edge unit refused"))
    return checks


def check_deletion(context: CheckContext) -> list[Check]:
    """Check whether old reads are deleted: by the running unit's health, else by what confirms the present date."""
    health = context.health() if context.running else None
    reason = None if health is None else health.figures.get("deletion_by_age_rests")
    if reason is None:
        if not (context.settings.unit.data_directory / DATABASE_NAME).exists():
            return [amber("deletion", "no database yet", "start alpr-edge run once")]
        with closing(_open_database(context.settings)) as database:
            has_department = bool(context.settings.uplink.url)
            dates = DeletionDates(database, Ages(database), has_department=has_department)
            objection = dates.objection(context.settled_now())
        reason = "" if objection is None else objection.reason
    if reason:
        text = f"old reads stay: {reason}"
        remedy = "an answer of the department settles it" if context.settings.uplink.url else "wait for two more starts"
        return [amber("deletion", text, f"see the clock; {remedy}")]
    witness = "the department's" if context.settings.uplink.url else "those of earlier starts"
    return [green("deletion", f"the date agrees with the newest read and with {witness}")]


def check_versions(context: CheckContext) -> list[Check]:
    """List the versions in use; red where two packages conflict."""
    del context
    details = (
        f"alpr-edge {__version__}",
        f"Python {platform.python_version()}, {platform.machine()}, kernel {platform.release()}",
        *(f"{name} {version_text}" for name in PACKAGES if (version_text := _version(name))),
    )
    if _version(RIVAL):
        todo = f"pip uninstall {RIVAL} opencv-python-headless, then install the second again"
        return [
            Check("versions", Grade.RED, f"{RIVAL} is installed over opencv-python-headless", "", todo, details=details)
        ]
    if RELEASE_LINK.exists() and not Path(sys.prefix).resolve().is_relative_to(RELEASE_LINK.resolve()):
        todo = "run the command of /usr/local/bin"
        return [
            Check("versions", Grade.AMBER, "not the release in use", f"green: {RELEASE_LINK}", todo, details=details)
        ]
    return [green("versions", details[0], details)]


def _open_database(settings: Settings) -> Database:
    key = load_key("outbox", settings.store.keys_directory)
    return Database.open(settings.unit.data_directory, key, migrate=False)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
