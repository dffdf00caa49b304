"""What has to hold between an earlier release and this one, each a function that raises ProofError where it does not.

The car was provisioned with the earlier release, whose fleet's settings have keys that were renamed since. Its own
update rewrites no settings, so the update is run from the bundle of the new release, as the technician's guide has it.
"""

import shutil

from scripts.deploy.provision.release import version_of
from scripts.prove.host import ROOT, call, require, until
from scripts.prove.roots import bundle
from scripts.prove.scenario import CAPTURE, CONSOLE, FLEET, PAGE_SETTINGS, UPLINK, Setup
from scripts.prove.unit import deliver_reads, hold_reads_back, run_update, settings_file, version_in_use
from scripts.prove.updates import BROKEN, BROKEN_READY_S, NEW_KEY, OLD_KEY, put_version

EARLIER_FLEET = FLEET.replace(NEW_KEY, OLD_KEY).replace(PAGE_SETTINGS, "")
"""The fleet's settings as the earlier release reads them, which knows no page."""
READY_S_MAX = 120


def a_broken_release_is_taken_back(setup: Setup) -> str:
    """After a release that never gets ready the earlier one runs again, by its own settings, and no read is lost."""
    earlier, settings = version_in_use(setup), settings_file(setup).read_text()
    require(OLD_KEY in settings, f"release {earlier} does not run by the settings that it was given")
    put_version(setup, BROKEN)
    reads_before = hold_reads_back(setup)
    folder = f"/root/bundle-{BROKEN}"
    summary = run_update(setup, folder, program=f"{folder}/scripts/update", ready_s=BROKEN_READY_S)
    require((summary.exit_code, summary.result) == (4, "rolled back"), f"the broken update ends so: {summary}")
    _require_in_use(setup, earlier, settings)
    return f"{summary.seconds:.0f} s; back on {earlier}, settings as they were; {deliver_reads(setup, reads_before)}"


def this_release_is_taken_up(setup: Setup) -> str:
    """This checkout's release is in use, the settings are rewritten, the earlier ones are kept, and no read is lost."""
    earlier, settings = version_in_use(setup), settings_file(setup).read_text()
    folder = _put_this_release(setup)
    reads_before = hold_reads_back(setup)
    summary = run_update(setup, folder, program=f"{folder}/scripts/update")
    require((summary.exit_code, summary.result) == (0, "updated"), f"the update ends so: {summary}")
    _require_in_use(setup, version_of(ROOT), settings.replace(OLD_KEY, NEW_KEY))
    old_file = settings_file(setup).with_name(f"{settings_file(setup).name}.release-{earlier}")
    require(old_file.is_file() and old_file.read_text() == settings, f"{old_file.name} is not the file as it was")
    return f"{earlier} to {version_of(ROOT)} in {summary.seconds:.0f} s, settings rewritten; " + deliver_reads(
        setup, reads_before
    )


def the_earlier_release_is_gone_back_to(setup: Setup) -> str:
    """The earlier release's bundle, by hand: it runs by its own settings again, and no read is lost."""
    newer, settings = version_in_use(setup), settings_file(setup).read_text()
    reads_before = hold_reads_back(setup)
    summary = run_update(setup, "/root/bundle", "--allow-downgrade")
    require((summary.exit_code, summary.result) == (0, "updated"), f"going back ends so: {summary}")
    earlier = version_in_use(setup)
    require(earlier != newer, f"in use is still {newer}")
    _require_in_use(setup, earlier, settings.replace(NEW_KEY, OLD_KEY))
    return f"{newer} to {earlier} in {summary.seconds:.0f} s, its own settings put back; " + deliver_reads(
        setup, reads_before
    )


def _put_this_release(setup: Setup) -> str:
    """Put a bundle of this checkout into the car; returns its folder there."""
    folder = f"/root/bundle-{version_of(ROOT)}"
    target = setup.car.root / folder.lstrip("/")
    shutil.rmtree(target, ignore_errors=True)
    call("cp", "-a", bundle(version_of(ROOT)), target)
    return folder


def _require_in_use(setup: Setup, version: str, settings: str) -> None:
    """A release is in use by these settings, its daemons are ready, and the page is this release's alone."""
    require(version_in_use(setup) == version, f"in use is {version_in_use(setup)}, not {version}")
    require(settings_file(setup).read_text() == settings, f"the settings are not those of release {version}")
    until(lambda: setup.health("run").get("ready"), f"release {version} is ready", READY_S_MAX)
    until(lambda: _are_active(setup), "both daemons are active", READY_S_MAX)
    has_page = version == version_of(ROOT)
    runs = setup.car.holds("systemctl", "is-active", "--quiet", CONSOLE)
    require(runs is has_page, f"under release {version} {CONSOLE} {'runs' if runs else 'does not run'}")
    link = setup.car.root / "etc/systemd/system" / CONSOLE
    require(link.is_symlink() is has_page, f"{link.name} is {'' if link.is_symlink() else 'not '}linked")


def _are_active(setup: Setup) -> bool:
    return all(setup.car.holds("systemctl", "is-active", "--quiet", unit) for unit in (CAPTURE, UPLINK))
