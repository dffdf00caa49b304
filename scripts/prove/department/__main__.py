"""Set a department up on a clean Debian 13 with systemd as process 1, twice; the last line is JSON."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.runtime.logs import configure_logs
from scripts.deploy.department.plan import PACKAGES
from scripts.deploy.department.postgresql import PACKAGE
from scripts.prove.car import Car
from scripts.prove.department import proofs, unit
from scripts.prove.department.machine import DATA, DepartmentMachine, prepare
from scripts.prove.host import ProofError, call, fault
from scripts.prove.networks import CAR, connect_networks, internet
from scripts.prove.roots import RELEASE_KEY, bundle, clean_root, copy_root, put_checkout

DepartmentProof = tuple[str, Callable[[], str]]


def main() -> None:
    """Run; a deliberate error ends it as one line."""
    run_command_line(_run)


def _run() -> None:
    parser = argparse.ArgumentParser(prog="scripts/prove-department", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="from a bundle and a root with its packages")
    arguments = parser.parse_args()
    configure_logs(verbose=False)
    if why_not := fault():
        raise ProofError(why_not)
    figures = {}
    with ExitStack() as resources:
        resources.enter_context(connect_networks())
        for name, proof in _proofs(resources, quick=arguments.quick):
            began_s = time.monotonic()
            print(f"{name} ...", file=sys.stderr, flush=True)
            finding = proof()
            figures[name] = {"seconds": round(time.monotonic() - began_s, 1), "found": finding}
            print(f"  {finding}  ({figures[name]['seconds']} s)", file=sys.stderr, flush=True)
    print(json.dumps(figures))


def _proofs(resources: ExitStack, *, quick: bool) -> Iterator[DepartmentProof]:
    machines: list[DepartmentMachine] = []

    def begin() -> str:
        machines.append(_machine(resources, quick=quick))
        return "systemd is process 1"

    yield "a clean Debian starts", begin
    machine = machines[0]
    yield "a dry run changes nothing", partial(proofs.a_dry_run_changes_nothing, machine)
    online = resources.enter_context(ExitStack())
    if not quick:
        online.enter_context(internet())
    yield "a failed step is undone", partial(proofs.a_failed_step_is_undone, machine)
    yield "on SQLite: setting up makes a department", partial(proofs.setting_up_makes_a_department, machine)
    yield from _of_an_engine(machine, "on SQLite")
    yield "the folder is emptied", partial(_empty, machine)
    set_up = partial(proofs.setting_up_makes_a_department, machine, "--postgresql")
    yield "on PostgreSQL: setting up makes a department", set_up
    online.close()
    yield from _of_an_engine(machine, "on PostgreSQL")


def _of_an_engine(machine: DepartmentMachine, where: str) -> Iterator[DepartmentProof]:
    yield f"{where}: a stranger is refused", partial(unit.a_stranger_is_refused, machine)
    yield f"{where}: a unit enrolls and delivers", partial(unit.a_unit_enrols_and_delivers, machine)
    yield f"{where}: each job does its work", partial(proofs.each_job_does_its_work, machine)
    yield f"{where}: an alarm is told and ends", partial(proofs.an_alarm_is_told_and_ends, machine)
    yield f"{where}: Prometheus is answered", partial(proofs.prometheus_is_answered, machine)
    yield f"{where}: all is well", partial(proofs.all_is_well, machine)
    survival = partial(proofs.a_kill_and_a_power_cut_are_survived, machine)
    yield f"{where}: a kill and a power cut are survived", survival


def _machine(resources: ExitStack, *, quick: bool) -> DepartmentMachine:
    """A clean system with a checkout, and from a bundle with that and the Debian packages."""
    root = copy_root(clean_root((*PACKAGES, PACKAGE) if quick else ()), "department")
    put_checkout(root)
    if quick:
        call("cp", "-a", bundle(), root / "root" / "bundle")
        call("cp", RELEASE_KEY, root / "root" / "release-key.pem")
    machine = DepartmentMachine(resources.enter_context(Car(root, CAR)), has_bundle=quick)
    prepare(machine)
    return machine


def _empty(machine: DepartmentMachine) -> str:
    """The department and its backups go; software, user and services stay."""
    units = machine.car.run("systemctl", "list-units", "--plain", "--no-legend", "alpr-edge-department*").stdout
    names = [line.split()[0] for line in units.splitlines()]
    machine.car.run("systemctl", "stop", *names)
    machine.car.run("sh", "-c", f"rm -rf {DATA} /var/backups/alpr-edge-department/*")
    return f"{len(names)} units stopped"


if __name__ == "__main__":
    main()
