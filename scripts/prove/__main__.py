"""Provision a clean Debian 13 with systemd as process 1, drive, and break what can break; the last line is JSON."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.runtime.logs import configure_logs
from scripts.deploy.provision.base import PACKAGES
from scripts.prove import earlier_release, emulation, network_camera, page, scenario, updates
from scripts.prove.by_hand import commands_by_hand_are_discreet
from scripts.prove.car import Car
from scripts.prove.depot import Depot
from scripts.prove.hardening import rate_inside
from scripts.prove.host import CACHE, ROOT, ProofError, call, fault
from scripts.prove.networks import CAR, connect_networks, internet
from scripts.prove.roots import RELEASE_KEY, bundle, clean_root, copy_root, put_checkout
from scripts.prove.scenario import Setup

Proof = tuple[str, Callable[[], str]]


def main() -> None:
    """Run; a deliberate error ends it as one line."""
    run_command_line(_run)


def _run() -> None:
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.earlier is not None and not arguments.releases:
        parser.error("--from needs --releases")
    configure_logs(verbose=False)
    if why_not := fault():
        raise ProofError(why_not)
    figures = {}
    with ExitStack() as resources:
        if not arguments.arm64:
            resources.enter_context(connect_networks())
        for name, proof in _proofs(resources, arguments):
            began_s = time.monotonic()
            print(f"{name} ...", file=sys.stderr, flush=True)
            finding = proof()
            figures[name] = {"seconds": round(time.monotonic() - began_s, 1), "found": finding}
            print(f"  {finding}  ({figures[name]['seconds']} s)", file=sys.stderr, flush=True)
    print(json.dumps(figures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/prove-provisioning", description=__doc__)
    tiers = parser.add_mutually_exclusive_group()
    tiers.add_argument(
        "--quick", action="store_true", help="from a bundle and a root with its packages; no stall, no power cut"
    )
    tiers.add_argument("--releases", action="store_true", help="from a bundle: updates, roll-backs, the end of a unit")
    parser.add_argument(
        "--from",
        dest="earlier",
        type=Path,
        metavar="CHECKOUT",
        help="with --releases: provision this earlier release, update it to this checkout's, and go back",
    )
    tiers.add_argument("--arm64", action="store_true", help="a bundle's release reads a picture on an emulated arm64")
    return parser


def _proofs(resources: ExitStack, arguments: argparse.Namespace) -> Iterator[Proof]:
    if arguments.arm64:
        yield "a bundle works on arm64", emulation.a_bundle_works_on_arm64
        return
    offline = arguments.quick or arguments.releases
    setups: list[Setup] = []

    def begin() -> str:
        name = "earlier" if arguments.earlier else "releases" if arguments.releases else "proof"
        setups.append(_setup(resources, offline=offline, name=name, earlier=arguments.earlier))
        return "systemd is process 1"

    yield "a clean Debian starts", begin
    setup = setups[0]
    if arguments.releases:
        yield "provisioning makes a unit", partial(scenario.provisioning_makes_a_unit, setup)
        yield "a drive arrives at the department", partial(scenario.a_drive_arrives_at_the_department, setup)
    else:
        yield from _of_a_unit(setup, resources, quick=arguments.quick)
    if arguments.earlier:
        yield from _of_an_earlier_release(setup)
    elif not arguments.quick:
        yield from _of_releases(setup, offline=offline)


def _of_releases(setup: Setup, *, offline: bool) -> Iterator[Proof]:
    yield from _of_updates(setup)
    yield "a unit with reads is not decommissioned", partial(updates.a_unit_with_reads_is_not_decommissioned, setup)
    yield "decommissioning exports and destroys", partial(updates.decommissioning_exports_and_destroys, setup)
    if not offline:
        yield "a bundle works on arm64", emulation.a_bundle_works_on_arm64


def _of_a_unit(setup: Setup, resources: ExitStack, *, quick: bool) -> Iterator[Proof]:
    yield "a dry run changes nothing", partial(scenario.a_dry_run_changes_nothing, setup)
    if not quick:
        online = resources.enter_context(ExitStack())
        online.enter_context(internet())
    yield "a failed step is undone", partial(scenario.a_failed_step_is_undone, setup)
    yield "provisioning makes a unit", partial(scenario.provisioning_makes_a_unit, setup)
    if not quick:
        # From here on the car has the wire to its department alone.
        online.close()
    yield "again changes nothing", partial(scenario.again_changes_nothing, setup)
    yield "a drive arrives at the department", partial(scenario.a_drive_arrives_at_the_department, setup)
    yield "chronyd is fed", partial(scenario.chronyd_is_fed, setup)
    yield "the hardening holds", partial(scenario.hardening_holds, setup)
    yield "the page is served", partial(page.the_page_is_served, setup)
    yield "an officer signs in", partial(page.an_officer_signs_in, setup)
    yield "the page sees little", partial(page.the_page_sees_little, setup)
    yield "the page stops and starts", partial(page.the_page_stops_and_starts, setup)
    yield "commands by hand are discreet", partial(commands_by_hand_are_discreet, setup)
    yield "the firewall holds", partial(scenario.firewall_holds, setup)
    yield "kills are survived", partial(scenario.kills_are_survived, setup)
    if not quick:
        yield "the hardening costs no frames", partial(rate_inside, setup.car)
        yield "a network camera is read", partial(network_camera.a_network_camera_is_read, setup)
        yield "a stall is survived", partial(scenario.a_stall_is_survived, setup)
        yield "a power cut is survived", partial(scenario.a_power_cut_is_survived, setup)


def _of_an_earlier_release(setup: Setup) -> Iterator[Proof]:
    yield "a broken release is taken back", partial(earlier_release.a_broken_release_is_taken_back, setup)
    yield "this release is taken up", partial(earlier_release.this_release_is_taken_up, setup)
    yield "the earlier release is gone back to", partial(earlier_release.the_earlier_release_is_gone_back_to, setup)


def _of_updates(setup: Setup) -> Iterator[Proof]:
    yield "an update is taken up", partial(updates.an_update_is_taken_up, setup)
    yield "the same again changes nothing", partial(updates.the_same_again_changes_nothing, setup)
    yield "a broken release is taken back", partial(updates.a_broken_release_is_taken_back, setup)
    proof = updates.power_cut_in_an_update_is_decided_at_the_start
    yield "a power cut in an update is decided at the start", partial(proof, setup)
    yield "a changed bundle is refused", partial(updates.a_changed_bundle_is_refused, setup)


def _setup(resources: ExitStack, *, offline: bool, name: str, earlier: Path | None) -> Setup:
    """A car with a checkout and a bundle in it, and its department; of an earlier release, where one is named."""
    source = earlier or ROOT
    root = copy_root(clean_root(PACKAGES if offline else ()), name)
    put_checkout(root, source)
    call("cp", "-a", bundle("earlier" if earlier else "", source=source), root / "root" / "bundle")
    call("cp", RELEASE_KEY, root / "root" / "release-key.pem")
    folder = CACHE / f"depot-{name}"
    call("rm", "-rf", folder)
    depot = Depot(folder)
    resources.enter_context(depot.serving())
    car = resources.enter_context(Car(root, CAR))
    setup = Setup(car, depot, bundle=offline, fleet=earlier_release.EARLIER_FLEET if earlier else scenario.FLEET)
    scenario.prepare(setup)
    return setup


if __name__ == "__main__":
    main()
