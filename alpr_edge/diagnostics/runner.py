"""Examines a unit before a shift: every check has a time limit, and a check that fails stops none of the others.

Each check runs in a thread of its own under the supervisor, which survives whatever a check does; one that does not
end in time is red, and the others go on. Whether ``alpr-edge run`` works on the data folder is determined by its lock,
not by a file that it may have left. A running unit holds the camera, the receiver's line and the sound device, so its
health and its newest reads are judged instead of opening them.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography import x509

from alpr_edge.app.clock import open_computer_clock
from alpr_edge.app.instance_lock import is_locked
from alpr_edge.diagnostics.camera import check_camera
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.diagnostics.devices import check_place_and_time, check_sound
from alpr_edge.diagnostics.ignition import check_ignition
from alpr_edge.diagnostics.memory import check_memory
from alpr_edge.diagnostics.page import check_page
from alpr_edge.diagnostics.recorded_changes import check_recorded_changes
from alpr_edge.diagnostics.storage import (
    check_deletion,
    check_disk,
    check_keys,
    check_lists,
    check_versions,
)
from alpr_edge.domain.diagnostics.checks import (
    GROUPS,
    Band,
    Check,
    Grade,
    amber,
    band_check,
    certificate,
    green,
    red,
    skipped_check,
    worst,
)
from alpr_edge.domain.errors import (
    AlprEdgeError,
    DepartmentCertificateError,
    ModelError,
    SettingsError,
    StoreError,
    UnauthorisedError,
    UplinkError,
)
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.people.roster import Member, RosterHeader, rule_date
from alpr_edge.domain.protocol.items import digest
from alpr_edge.domain.protocol.sealing import SealedError, media_key_in
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.services.accounts.local_key import is_local_key
from alpr_edge.services.accounts.local_roster import is_usable_administrator
from alpr_edge.services.accounts.rosters import held_roster
from alpr_edge.settings import EvidenceSettings, Settings, UplinkSettings, time_stamp_faults
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.members import all_members
from alpr_edge.store.access.pinned_key import pinned_roster_key
from alpr_edge.store.access.schema import FILE_NAME
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.department_keys import pinned_keys
from alpr_edge.uplink.key_pair import certificate_held
from alpr_edge.uplink.tls import context_of, days_left
from alpr_edge.vision.model_files.choice import REMEDY, ModelChoice, chosen_files, used_models
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.model_files.manifest import has_manifest, load_model, model_files

_LIMIT = "green: ready and nothing wrong, red: not ready"


def check_running_unit(context: CheckContext) -> list[Check]:
    """Check whether a running unit is ready; no check of one that does not run, whose parts are checked instead."""
    if not context.running:
        return []
    health = context.health()
    if health is None:
        return [red("unit", "alpr-edge run is running and reports no health", "journalctl -u alpr-edge")]
    if health.working and not health.troubles:
        return [green("unit", "ready")]
    grade = Grade.AMBER if health.working else Grade.RED
    text = f"{'ready' if health.working else 'not ready'}; {health.troubles[0] if health.troubles else 'it starts'}"
    if len(health.troubles) > 1:
        text += f" (and {len(health.troubles) - 1} more)"
    todo = "the table of faults in config/technicians-guide.md"
    return [Check("unit", grade, text, _LIMIT, todo, details=health.troubles)]


CONNECT_S_MAX = 5.0
ANSWER_S_MAX = 10.0
_UNSET = amber("department", "no uplink.url is set: nothing is sent", "enroll this unit and set uplink.url")


def check_certificates(context: CheckContext) -> list[Check]:
    """Check that certificate and key belong together and stay valid for a while, the authority's certificate too."""
    uplink, stamps = context.settings.uplink, _time_stamps(context.settings.evidence)
    if not uplink.url:
        return [amber("certificates", "none needed: no uplink.url is set", _UNSET.todo), *stamps]
    try:
        context_of(uplink)
    except UplinkError as error:
        return [red("certificates", str(error)), *stamps]
    now, own, authority = datetime.now(UTC), certificate_held(uplink), _load_certificate(uplink.ca_file)
    again = "alpr-edge uplink renews it while it reaches the department; else enroll this unit again"
    certificates = (("unit certificate", own, again), ("authority certificate", authority, "enroll this unit again"))
    return [
        *(_check_certificate(what, held_certificate, todo, now) for what, held_certificate, todo in certificates),
        *_media_key(uplink),
        *stamps,
    ]


def check_department(context: CheckContext) -> list[Check]:
    """Connect to the department and deliver an empty batch."""
    uplink = context.settings.uplink
    if not uplink.url:
        return [_UNSET]
    short = {
        "connect_timeout_s": min(uplink.connect_timeout_s, CONNECT_S_MAX),
        "answer_timeout_s": min(uplink.answer_timeout_s, ANSWER_S_MAX),
        "delivery_timeout_s": min(uplink.delivery_timeout_s, CONNECT_S_MAX + ANSWER_S_MAX),
    }
    department = HttpsDepartment(uplink.model_copy(update=short), context.settings.unit.id)
    try:
        department.ping()
    except UnauthorisedError as error:
        return [red("department", str(error), "ask the department: alpr-edge department unit list")]
    except DepartmentCertificateError as error:
        return [red("department", str(error), "reads wait on board meanwhile; tell the department")]
    except UplinkError as error:
        return [red("department", str(error), "reads wait on board meanwhile; check modem and network")]
    finally:
        department.close()
    until = department.department_until
    ends = [] if until is None else [_department_end(until)]
    return [green("department", f"{uplink.url} accepts this unit"), *ends]


def _time_stamps(evidence: EvidenceSettings) -> list[Check]:
    """Check that time stamps on evidence can be checked as they come; no check where they are not in use."""
    if not evidence.time_stamp_url:
        return []
    faults = time_stamp_faults(evidence)
    todo = "packages of evidence have no time stamp meanwhile; see: alpr-edge settings check"
    return [amber("time stamps", fault, todo) for fault in faults] or [green("time stamps", evidence.time_stamp_url)]


def _media_key(uplink: UplinkSettings) -> list[Check]:
    """Check for the department's key for portable media, which is needed on few days; no check when it is there."""
    try:
        media_key_in(uplink.media_key_file.read_bytes())
    except (OSError, SealedError):
        todo = "it comes with the next certificate, or print it there: alpr-edge department key"
        return [amber("media key", "no key of the department: alpr-edge outbox offload cannot seal anything", todo)]
    return []


def _department_end(until: datetime) -> Check:
    days = (until - datetime.now(UTC)).total_seconds() / 86_400
    return certificate("department certificate", days, "renew it there: alpr-edge department renew")


def _check_certificate(what: str, held_certificate: x509.Certificate | None, todo: str, now: datetime) -> Check:
    if held_certificate is None:
        return red(what, "cannot be read", todo)
    if held_certificate.not_valid_before_utc > now:
        return red(
            what, f"is valid from {held_certificate.not_valid_before_utc.date()} on", "check this computer's clock"
        )
    return certificate(what, days_left(held_certificate, now), todo)


def _load_certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def check_models(context: CheckContext) -> list[Check]:
    """Check every model file against its manifest, those of the settings among them, and the choice of int8 files."""
    settings = context.settings
    folders = model_folders(settings.vision, settings.unit.data_directory)
    faults, digests = [], []
    for folder in (folders[0], *filter(has_manifest, folders[1:])):
        for role, name, precision in model_files(folder):
            try:
                digest = load_model(folder, role, name, precision).sha256
                digests.append(f"{role} {name}, {precision}: SHA-256 {digest}")
            except ModelError as error:
                faults.append(str(error))
    used_models(folders, settings.vision.detector, settings.vision.reader)
    if faults:
        return [red("models", faults[0], "restore the file from the release, or provision again")]
    models_in_use = f"detector {settings.vision.detector}, reader {settings.vision.reader}"
    files = green("models", f"{len(digests)} files as in the manifest; in use: {models_in_use}", tuple(digests))
    return [files, _check_choice(context)]


def _check_choice(context: CheckContext) -> Check:
    """Check whether the unit runs the files that were measured to be the faster ones."""
    vision, data = context.settings.vision, context.settings.unit.data_directory
    files = chosen_files(model_folders(vision, data), (vision.detector, vision.reader), data)
    if files.objection:
        return amber("model choice", f"float32 is run: {files.objection}", REMEDY)
    if files.choice is None:
        return green("model choice", "float32: no model of the settings has an int8 file")
    return Check("model choice", Grade.GREEN, _choice_text(files.choice), details=_choice_details(files.choice))


def _choice_text(choice: ModelChoice) -> str:
    """What is run, with the time of one inference on one thread."""
    return ", ".join(f"{part.part} {part.taken} {part.time_ms:.1f} ms" for part in choice.parts)


def _choice_details(choice: ModelChoice) -> tuple[str, ...]:
    where = f"measured {choice.made} on {choice.conditions.processor}, ONNX Runtime {choice.conditions.onnxruntime}"
    return (where, *(f"{part.part}: {part.taken}: {part.why}" for part in choice.parts))


ROSTER_DAYS = Band(green=3, red=0, unit=" days", digits=1)
"""Days that a roster is still valid; a department issues the next one long before."""
_ADD = "sudo alpr-edge accounts add --role alpr_administrator ..., then: sudo alpr-edge accounts invite BADGE"
_PUBLISH = "there: alpr-edge department roster publish; it comes over the link"
_RENEW = "any change makes a new one: sudo alpr-edge accounts review"


def check_accounts(context: CheckContext) -> list[Check]:
    """Check the key for rosters, the roster in force, and its administrators; names nobody."""
    settings = context.settings
    keys = _key_checks(settings)
    if not (settings.unit.data_directory / FILE_NAME).exists():
        return [*keys, _no_roster(settings)]
    try:
        with open_accounts(settings.unit.data_directory, settings.store.keys_directory, migrate=False) as accounts:
            header, members, pinned = held_roster(accounts), all_members(accounts), pinned_roster_key(accounts)
        is_local = is_local_key(settings, pinned)
    except StoreError as error:
        return [*keys, red("roster", str(error), "restore the access key; people come back with the next roster")]
    if header is None:
        return [*keys, _no_roster(settings)]
    now = rule_date(context.settled_now().trusted_utc, header)
    return [
        *keys,
        _roster_check(header, members, now, is_local=is_local),
        _administrators(members, now, is_local=is_local),
    ]


def _key_checks(settings: Settings) -> list[Check]:
    """Check for the department's keys; none where there is no department."""
    if not settings.uplink.url:
        return []
    todo = "update the department's software, then: sudo alpr-edge unit enroll"
    try:
        keys = pinned_keys(settings.uplink)
    except UplinkError as error:
        return [red("department keys", str(error), "sudo alpr-edge unit enroll --new-keys")]
    if keys.missing:
        return [amber("department keys", f"none for {' and '.join(keys.missing)}", todo)]
    assert keys.roster_key is not None, "it is not missing"
    about = f"SHA-256 {digest(str(keys.roster_key).encode())[:16]}"
    return [green("department keys", f"those of {keys.roster_key.department_id}, {about}")]


def _no_roster(settings: Settings) -> Check:
    return amber("roster", "none: nobody can sign in", _PUBLISH if settings.uplink.url else _ADD)


def _roster_check(header: RosterHeader, members: tuple[Member, ...], now: datetime, *, is_local: bool) -> Check:
    days = (header.valid_until - now).total_seconds() / 86_400
    check = band_check("roster", days, ROSTER_DAYS, _RENEW if is_local else _PUBLISH)
    active = sum(member.person.status is AccountStatus.ACTIVE for member in members)
    origin = "of this unit" if is_local else f"of {header.department_id}"
    finding = f"{origin}, serial {header.serial}, {active} active people, {check.finding} left"
    return Check(check.name, check.grade, finding, check.limit, check.todo, check.value, check.unit)


def _administrators(members: tuple[Member, ...], now: datetime, *, is_local: bool) -> Check:
    """Check that somebody can sign in who manages people; at a department that is not this unit's to mend."""
    count = sum(is_usable_administrator(member, now) for member in members)
    if count:
        return green("administrators", f"{count} can sign in")
    todo = _ADD if is_local else "there: alpr-edge department people invite, then: alpr-edge department roster publish"
    return amber("administrators", "nobody who manages people can sign in", todo)


POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an examination."""

    unit_id: str
    examined_at: Instant
    """The time of the examination, by the best source there was."""
    running: bool
    """Whether the unit was running meanwhile."""
    checks: tuple[Check, ...]
    left_out: tuple[str, ...]
    """Names of the checks that were skipped."""

    @property
    def grade(self) -> Grade:
        """The gravest grade of all checks."""
        return worst(self.checks)


@dataclass(slots=True, eq=False)
class _CheckGroup:
    """A group of checks, run once as a stage of the supervisor."""

    name: str
    work: Callable[[], list[Check]]
    limit_s: float
    checks: list[Check] = field(default_factory=list)

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Make the checks; an expected failure is their result."""
        del beat
        if stop.is_set():
            return
        try:
            self.checks = self.work()
        except AlprEdgeError as error:
            self.checks = [red(self.name, str(error).splitlines()[0])]
        except OSError as error:
            self.checks = [red(self.name, f"{error.filename or 'the system'}: {error.strerror}")]

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""


def examine(
    settings: Settings,
    skip: Sequence[str],
    *,
    microphone: str | None = None,
    card_m: float | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Examine the unit.

    Args:
        microphone: the ALSA name of a capture device; None: that of the player.
        card_m: the distance from lens to test card; None: not known.

    Raises:
        SettingsError: ``skip`` has a name that no check has.
    """
    if unknown := [name for name in skip if name not in GROUPS]:
        raise SettingsError([f"--skip {unknown[0]}: no such check; there are: {', '.join(GROUPS)}"])
    running = is_locked(settings.unit.data_directory)
    context = CheckContext(
        settings,
        open_computer_clock(settings),
        running=running,
        skip=frozenset(skip),
        microphone=microphone or settings.alerts.device,
        card_m=card_m,
    )
    groups = list(_check_groups(context))
    _run(groups, tell)
    checks = [check for group in groups for check in group.checks]
    left_out = [name for name in GROUPS if name in skip]
    checks += [skipped_check(name) for name in left_out]
    return Report(settings.unit.id, context.now(), running, tuple(checks), tuple(left_out))


def _check_groups(context: CheckContext) -> Iterator[_CheckGroup]:
    """The groups of checks, in the order of the report."""
    skip = context.skip
    if "unit" not in skip:
        yield _CheckGroup("unit", partial(check_running_unit, context), 10.0)
    for camera in context.settings.camera:
        if not {"camera", "card"} <= skip:
            yield _CheckGroup(f"camera {camera.id}", partial(check_camera, context, camera), 30.0)
    if {"gps", "clock"} <= skip:
        context.receiver_done.set()
    else:
        yield _CheckGroup("gps", partial(check_place_and_time, context), 30.0)
    plain: tuple[tuple[str, Callable[[CheckContext], list[Check]], float], ...] = (
        ("sound", check_sound, 30.0),
        ("ignition", check_ignition, 15.0),
        ("keys", check_keys, 15.0),
        ("accounts", check_accounts, 30.0),
        ("changes", check_recorded_changes, 30.0),
        ("memory", check_memory, 10.0),
        ("lists", check_lists, 60.0),
        ("disk", check_disk, 15.0),
        ("deletion", check_deletion, 40.0),
        ("certificates", check_certificates, 10.0),
        ("department", check_department, 30.0),
        ("page", check_page, 15.0),
        ("models", check_models, 30.0),
        ("versions", check_versions, 10.0),
    )
    for name, work, limit_s in plain:
        if name not in skip:
            yield _CheckGroup(name, partial(work, context), limit_s)


def _run(groups: Sequence[_CheckGroup], tell: Callable[[str], None]) -> None:
    """Run all groups at once; one without a result gets a red check that says why."""
    supervisor = Supervisor()
    for group in groups:
        supervisor.add(group)
    began_s = time.monotonic()
    supervisor.start()
    states = dict(zip((group.name for group in groups), supervisor.states, strict=True))
    waiting = list(groups)
    while waiting:
        time.sleep(POLL_S)
        for group in list(waiting):
            state = states[group.name]
            if state.failure:
                group.checks = [red(group.name, f"the check itself failed: {state.failure}")]
            elif not state.done and time.monotonic() - began_s > group.limit_s:
                group.checks = [red(group.name, f"did not end within {group.limit_s:g} s")]
            elif not state.done:
                continue
            waiting.remove(group)
            tell(group.name)
    supervisor.stop.set()
