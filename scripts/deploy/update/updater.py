"""An update, step by step. A power cut between any two of them leaves a unit that starts a whole release."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from scripts.deploy.provision.accounts import AS_UNIT
from scripts.deploy.provision.bundle import Progress, checked_copy
from scripts.deploy.provision.department import check_text
from scripts.deploy.provision.machine import ProvisioningError, require_writable
from scripts.deploy.provision.release import version_of
from scripts.deploy.update import trial as trials
from scripts.deploy.update.daemons import UNIT_CHECK, Daemons, SettingsRefusedError
from scripts.deploy.update.disk import fault_words, require_space
from scripts.deploy.update.releases import Releases, is_older
from scripts.deploy.update.settings_file import SettingsFile
from scripts.deploy.update.trial import Trial

BACK_S_MIN = 180.0
"""The release before gets at least so long: there is nothing else to go back to."""
TRIES_MAX = 2
"""A release under which the computer itself does not stay up is taken back without another look."""


class Result(StrEnum):
    """How an update ended."""

    SAME = "in use already"
    UPDATED = "updated"
    ROLLED_BACK = "rolled back"
    STUCK = "rolled back, and not ready either"
    NOTHING = "nothing to decide"
    UNDECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class UpdateOutcome:
    """The result of an update, and the reason."""

    result: Result
    version: str
    """The version in use now."""
    why: str = ""
    removed: tuple[str, ...] = ()
    """Versions that were removed."""


@dataclass(frozen=True, slots=True)
class Update:
    """An update of this unit.

    Args:
        releases: the folder of the releases.
        daemons: the daemons that are restarted and checked.
        say: receives what is being done, a line each.
    """

    releases: Releases
    daemons: Daemons
    say: Callable[[str], None]
    ready_s: float = 180.0
    boot_unit: Path = trials.BOOT_UNIT
    settings: SettingsFile = field(default_factory=SettingsFile)

    @property
    def _trial(self) -> Path:
        return self.releases.base / "trial.json"

    def take(
        self,
        bundle: Path,
        key: Path,
        *,
        downgrade: bool,
        lose_settings: bool = False,
        progress: Progress | None = None,
    ) -> UpdateOutcome:
        """Take up the release of a bundle.

        Args:
            bundle: the folder.
            key: the public key that the bundle has to be signed with.
            downgrade: whether an older release is taken too.
            lose_settings: whether an older release's own settings are put back also where values in use differ.
            progress: receives the progress of the checking.

        Raises:
            ProvisioningError: it is refused, or cannot be made; the release in use was not touched.
        """
        require_writable(self.boot_unit.parent, self.settings.path.parent, AS_UNIT.parent)
        if (left := self.settle()).result is Result.UNDECIDED:
            return left
        self.releases.prune()
        self.say("checking the bundle")
        require_space(self.releases.base, bundle, key)
        with checked_copy(bundle, key, self.releases.base / "releases", progress) as copy:
            before, after = self.releases.in_use, version_of(copy)
            if before == after:
                self.releases.require_same(copy)
                return UpdateOutcome(Result.SAME, before)
            if (older := is_older(after, before)) and not downgrade:
                raise ProvisioningError(f"{after} is older than {before}, which is in use; --allow-downgrade takes it")
            self.say(f"making release {after} beside {before}")
            self.releases.make(copy)
        if older:
            self._require_readable(after)
            self._compare_settings(before, after, lose_settings=lose_settings)
        return self._switch(before, after, older=older)

    def settle(self) -> UpdateOutcome:
        """Decide a release on trial: keep it if it is ready in time, else go back. Does nothing when there is none.

        A disk that takes nothing more may leave it undecided: the trial stays, for the next start.
        """
        trial = Trial.under_way(self._trial)
        if trial is None:
            return UpdateOutcome(Result.NOTHING, self.releases.in_use)
        if self.releases.in_use != trial.after:
            # The power went before the link was switched, or after it was switched back and before all else was.
            self.say(f"release {trial.after} is not in use; making sure that {trial.before} is as before")
            self.settings.put_back(trial.before)
            still = self._fault_of_old(trial)
            trials.end(self._trial, self.boot_unit)
            return UpdateOutcome(Result.STUCK if still else Result.NOTHING, self.releases.in_use, still)
        return self._decide(trial.again(self._trial))

    def _decide(self, trial: Trial, why: str = "") -> UpdateOutcome:
        """Keep the release on trial, or go back from it.

        Args:
            trial: the trial.
            why: a fault that is known already.
        """
        try:
            if why := why or self._trial_fault(trial):
                return self._back(trial, why)
            self.releases.remember(trial.before)
            trials.end(self._trial, self.boot_unit)
        except (OSError, ProvisioningError) as error:
            reason = "; ".join(filter(None, (why, fault_words(error))))
            return UpdateOutcome(Result.UNDECIDED, self.releases.in_use, f"{reason}; then: scripts/update --resume")
        return UpdateOutcome(Result.UPDATED, trial.after, removed=self._prune())

    def _switch(self, before: str, after: str, *, older: bool) -> UpdateOutcome:
        trial = self._new_trial(before, after)
        trial.begin(self._trial, self._program(before, after), self.boot_unit)
        self._adapt_settings(before, after, older=older)
        return self._try_out(trial)

    def _try_out(self, trial: Trial) -> UpdateOutcome:
        self.say(f"switching to {trial.after}")
        try:
            self.releases.use(trial.after)
        except OSError as error:
            return self._decide(trial, fault_words(error))
        return self.settle()

    def _new_trial(self, before: str, after: str) -> Trial:
        faults = self.daemons.faults()
        red_before = tuple(name for name in faults if name != UNIT_CHECK)
        return Trial(before, after, was_fit=not faults, ready_s=self.ready_s, red_before=red_before)

    def _program(self, before: str, after: str) -> Path:
        """What decides the trial at a start: of the release before, which works, unless it cannot read this trial."""
        knows = trials.is_read_by(self.releases.folder(before))
        return self.releases.folder(before if knows else after) / "scripts" / "update"

    def _adapt_settings(self, before: str, after: str, *, older: bool) -> None:
        """Make the settings those of the new release; one that cannot rewrite them is not switched to."""
        try:
            self.settings.adapt(self.releases.folder(after), before, older=older)
        except ProvisioningError:
            self.settings.put_back(before)
            trials.end(self._trial, self.boot_unit)
            raise

    def _trial_fault(self, trial: Trial) -> str:
        """Why the release on trial is not kept; empty when it is.

        The power may have gone after the link was switched and before the daemons had all that they open.
        """
        if trial.tries > TRIES_MAX:
            return f"not decided in {TRIES_MAX} starts of this computer"
        if not trial.is_adapted:
            if why := self._restart_fault():
                return why
            try:
                trial.note_adaptation(self._trial)
            except OSError as error:
                return fault_words(error)
        self.say(f"waiting for release {trial.after} to be ready")
        return self._ready_fault(trial.ready_s) or self._new_fault(trial)

    def _ready_fault(self, within_s: float) -> str:
        """Why the release in use is not ready; empty when it is."""
        try:
            why = self.daemons.wait_ready(within_s)
        except (OSError, ProvisioningError) as error:
            return fault_words(error)
        return f"not ready within {within_s:g} s: {why}" if why else ""

    def _new_fault(self, trial: Trial) -> str:
        """What the unit's check goes on finding and did not find before; empty when there is nothing."""
        if not trial.was_fit and not trial.red_before:
            self.say("what is red is left out: the check before named nothing that was red; see: alpr-edge unit check")
            return ""
        try:
            faults = self.daemons.lasting_faults(trial.red_before)
        except (OSError, ProvisioningError) as error:
            return fault_words(error)
        return f"alpr-edge unit check finds what was not red before: {check_text(faults)}" if faults else ""

    def _restart_fault(self) -> str:
        """Why the daemons could not be restarted; empty when they were.

        They open their keys and models as they start, so the keys that are missing are made first, and the release in
        use measures which files it runs.
        """
        try:
            self.daemons.adapt_machine(self.releases.folder(self.releases.in_use))
            if not self.daemons.choose_models():
                self.say("which model files run was not measured: float32; see: sudo alpr-edge models choose")
            self.daemons.restart()
        except (OSError, ProvisioningError) as error:
            return fault_words(error)
        return ""

    def _fault_of_old(self, trial: Trial) -> str:
        """Why the release before, which is in use again, does not run; empty when it does."""
        return self._restart_fault() or self._ready_fault(max(trial.ready_s, BACK_S_MIN))

    def _settings_fault(self, version: str) -> str:
        """Put the settings of a release back; returns why that failed, empty when it did not."""
        try:
            self.settings.put_back(version)
        except ProvisioningError as error:
            return str(error)
        return ""

    def _back(self, trial: Trial, why: str) -> UpdateOutcome:
        self.say(f"release {trial.after}: {why}; going back to {trial.before}")
        self.releases.use(trial.before)
        still = self._settings_fault(trial.before) or self._fault_of_old(trial)
        trials.end(self._trial, self.boot_unit)
        old_versions = self._prune()
        if still:
            return UpdateOutcome(Result.STUCK, trial.before, f"{why}; {trial.before}: {still}", old_versions)
        return UpdateOutcome(Result.ROLLED_BACK, trial.before, why, old_versions)

    def _prune(self) -> tuple[str, ...]:
        """Remove old releases; a disk that does not let them go is no reason against what was decided."""
        try:
            return tuple(self.releases.prune())
        except OSError as error:
            self.say(f"old releases stay: {fault_words(error)}")
            return ()

    def _require_readable(self, version: str) -> None:
        """Refuse an older release that cannot read the database, tried with the settings that it would get back."""
        try:
            self.daemons.require_readable(self.releases.folder(version), self.settings.file_for(version))
        except SettingsRefusedError as error:
            file = self.settings.file_for(version)
            raise ProvisioningError(
                f"release {version} cannot use the settings {file}: {error}; "
                f"write settings for it to {self.settings.kept_path(version)}"
            ) from None
        except ProvisioningError as error:
            raise ProvisioningError(f"release {version} cannot read this unit's database: {error}") from None

    def _compare_settings(self, before: str, after: str, *, lose_settings: bool) -> None:
        """Say what becomes of the settings on the way to an older release; refuse to lose any that were set since."""
        kept = self.settings.file_for(after)
        if kept == self.settings.path:
            self.say(f"{kept}: stays as it is, as no file of release {after} is kept")
            return
        try:
            keys = self.settings.lost_keys(after, self.releases.folder(before))
            loss = f"these differ in the settings in use: {', '.join(keys)}" if keys else ""
        except ProvisioningError as error:
            loss = f"it cannot be compared with the settings in use: {error}"
        if loss and not lose_settings:
            raise ProvisioningError(f"{kept} would be put back, and {loss}; --lose-settings puts it back all the same")
        self.say(f"{kept}: is put back; {loss or 'no value differs from the settings in use'}")
