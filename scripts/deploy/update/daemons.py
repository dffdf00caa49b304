"""Restart the unit's daemons, and find out whether they are ready."""

import json
import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.accounts import AS_UNIT, UNIT_USER
from scripts.deploy.provision.base import OverlayStep
from scripts.deploy.provision.department import AGAIN_S, CHECK_S_MAX, CHOOSE_S_MAX, SETTLING_S_MAX, red_checks
from scripts.deploy.provision.keys import MAKE_KEY, KeysStep, key_names
from scripts.deploy.provision.machine import ProvisioningError, exit_code, run, succeeds
from scripts.deploy.provision.services import CAPTURE, CONSOLE, METRICS, SYSTEM, UPLINK, ReleaseUnitsStep
from scripts.deploy.provision.steps import Step

DAEMONS = (CAPTURE, UPLINK, CONSOLE)
HEALTH = Path("/run/alpr-edge")
HEALTH_BYTES_MAX = 1_000_000
POLL_S = 1.0
STEADY_S = 10.0
"""A daemon that got ready has to stay so for as long; one that dies of its first frame does not."""
WRONG_USAGE = 2
"""The exit code with which a release refuses words that are none of its commands, or settings that it cannot use."""
UNIT_CHECK = "unit check"
"""Stands for all red checks of a check that names none: of an older release, or broken."""


class SettingsRefusedError(ProvisioningError):
    """A release cannot use a settings file."""


class Daemons(Protocol):
    """What an update asks of the machine."""

    def restart(self) -> None:
        """Start the daemons of the release in use in place of the running ones; does not wait."""

    def choose_models(self) -> bool:
        """Have the release in use measure which model files it runs; returns whether it has a choice that fits."""

    def wait_ready(self, within_s: float) -> str:
        """Wait until all are ready and stay so; returns why not, empty when they are."""

    def adapt_machine(self, release: Path) -> None:
        """Make the keys that a release needs and this machine lacks, and put its command and units in place.

        Raises:
            ProvisioningError: a key cannot be made, or a file not be written.
        """

    def faults(self) -> dict[str, str]:
        """What ``alpr-edge unit check`` finds, by the names of its red checks; empty where the release has no check."""

    def lasting_faults(self, known: Collection[str]) -> dict[str, str]:
        """The faults that others than the known checks go on finding for a while after a start."""

    def require_readable(self, release: Path, settings: Path) -> None:
        """Try whether a release can read the unit's database.

        Args:
            release: the folder of the release.
            settings: the settings file that the release would start with.

        Raises:
            SettingsRefusedError: it cannot use these settings.
            ProvisioningError: it cannot read the database.
        """


class SystemdDaemons:
    """The daemons as systemd has them.

    Args:
        command: the unit's own command, of the release in use.
        settling_s: seconds for which what is red is checked again.
        again_s: seconds between two checks.
    """

    def __init__(self, command: Path = AS_UNIT, settling_s: float = SETTLING_S_MAX, again_s: float = AGAIN_S) -> None:
        self._command = command
        self._settling_s = settling_s
        self._again_s = again_s

    def restart(self) -> None:
        """Read the unit files again, which are links into the release in use, and restart what is enabled."""
        run("systemctl", "daemon-reload")
        for name in ("run", "uplink", "console"):
            # It outlives its daemon, and would speak for the one before.
            with suppress(FileNotFoundError), no_follow.opened_folder(HEALTH) as folder:
                no_follow.remove_file(folder, f"{name}.json")
        for unit in restarted_units():
            # One that failed too often is started all the same.
            succeeds("systemctl", "reset-failed", unit)
            run("systemctl", "restart", "--no-block", unit)

    def choose_models(self) -> bool:
        """True also where the release has no such command, and one file of each model."""
        if not self._has("models", "choice") or succeeds(self._command, "models", "choice"):
            return True
        return succeeds(self._command, "models", "choose", timeout_s=CHOOSE_S_MAX)

    def wait_ready(self, within_s: float) -> str:
        """Wait until capture reports that it is ready and the others run: without a network, or a certificate yet."""
        end_s = time.monotonic() + within_s
        steady_since_s, pids = 0.0, {"": ""}
        while True:
            why, now = _trouble(), {unit: _value(unit, "MainPID") for unit in _enabled_units()}
            if why or now != pids:
                steady_since_s, pids = time.monotonic(), now
            elif time.monotonic() - steady_since_s >= STEADY_S:
                return ""
            if time.monotonic() > end_s + (0.0 if why else STEADY_S):
                return why or "the daemons are started again and again"
            time.sleep(POLL_S)

    def adapt_machine(self, release: Path) -> None:
        """Keys that are there stay as they are, also for a release that needs fewer."""
        with ExitStack() as undo:
            for step in missing_parts(release):
                step.apply(undo)
            undo.pop_all()

    def faults(self) -> dict[str, str]:
        """Named :data:`UNIT_CHECK` as a whole where the check fails and names none."""
        if not self._has("unit", "check"):
            return {}
        as_json = ("--json",) if self._has("unit", "check", "--json") else ()
        try:
            run(self._command, "unit", "check", *as_json, timeout_s=CHECK_S_MAX)
        except ProvisioningError as error:
            return red_checks(error) or {UNIT_CHECK: str(error)}
        return {}

    def lasting_faults(self, known: Collection[str]) -> dict[str, str]:
        """A modem, a clock and a camera on the network come minutes after the key is turned on."""
        end_s = time.monotonic() + self._settling_s
        while faults := {name: finding for name, finding in self.faults().items() if name not in known}:
            if time.monotonic() >= end_s:
                break
            time.sleep(self._again_s)
        return faults

    def require_readable(self, release: Path, settings: Path) -> None:
        """Open the database with the release's own command, as its daemon would."""
        key = "--property=LoadCredentialEncrypted=alpr-edge-outbox"
        as_unit = ("systemd-run", "--quiet", "--collect", "--wait", "--pipe", f"--uid={UNIT_USER}", key)
        open_database(*as_unit, release / ".venv" / "bin" / "alpr-edge", "outbox", "status", "--settings", settings)

    def _has(self, *command: str) -> bool:
        """Whether the release in use has a command: also when it breaks, as long as its words are not refused."""
        return exit_code(self._command, *command, "--help") != WRONG_USAGE


def open_database(*command: str | Path) -> None:
    """Run a command that opens the unit's database by a settings file.

    Raises:
        SettingsRefusedError: it cannot use the settings.
        ProvisioningError: it cannot read the database.
    """
    try:
        run(*command)
    except ProvisioningError as error:
        if exit_code(*command) == WRONG_USAGE:
            raise SettingsRefusedError(str(error)) from None
        raise


def missing_parts(
    release: Path, keys: KeysStep | None = None, target: Path = Path("/"), units: Path = SYSTEM
) -> list[Step]:
    """The steps of a provisioning without which a release does not work: keys, the command that opens them, units.

    Args:
        release: the folder of the release.
        keys: the step of the keys; None: of those that the release's services open, on this machine.
        target: the folder that the command is written to.
        units: the folder with the links to unit files.

    Raises:
        ProvisioningError: a key of existing data is gone, or does not open.
    """
    keys = keys or KeysStep(names=key_names(release))
    system = release / "config" / "system"
    is_missing = any(change.startswith(MAKE_KEY) for change in keys.pending())
    parts: list[Step] = [keys] if is_missing else []
    command = str(AS_UNIT).lstrip("/")
    if (system / command).is_file():
        step = OverlayStep("command", system, (command,), target=target)
        parts += [step] if step.pending() else []
    links = ReleaseUnitsStep(release, units)
    return [*parts, links] if links.pending() else parts


def restarted_units(systemctl: str | Path = "systemctl") -> list[str]:
    """The enabled units that would run on with the release before: the daemons, and the figures for a Prometheus.

    A release is not judged by the figures, without which a unit reads plates all the same.

    Args:
        systemctl: the program that tells which are enabled.
    """
    return _enabled_units((*DAEMONS, METRICS), systemctl)


def _enabled_units(units: Sequence[str] = DAEMONS, systemctl: str | Path = "systemctl") -> list[str]:
    return [unit for unit in units if succeeds(systemctl, "is-enabled", "--quiet", unit)]


def _trouble() -> str:
    """Why the daemons are not ready at this moment."""
    for unit in _enabled_units():
        if (state := _value(unit, "ActiveState")) != "active":
            return f"{unit} is {state} ({_value(unit, 'Result')}): {_last_words(unit)}"
    return "" if says_ready() else f"{CAPTURE} runs and does not say that it is ready"


def says_ready(folder: Path = HEALTH) -> bool:
    """Whether capture says that it is ready, in a folder of the unit's user."""
    try:
        with no_follow.opened_folder(folder) as descriptor:
            health = json.loads(no_follow.read_file(descriptor, "run.json", HEALTH_BYTES_MAX))
        return bool(health["ready"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _value(unit: str, name: str) -> str:
    return run("systemctl", "show", "--value", f"--property={name}", unit, timeout_s=60).strip()


def _last_words(unit: str) -> str:
    try:
        journal = run("journalctl", "--unit", unit, "--lines=1", "--output=cat", "--no-pager", timeout_s=60)
    except ProvisioningError:
        return "no journal"
    return journal.strip()[:200]
