"""Compare the packages of the product with published vulnerabilities that somebody downloaded; no host is asked.

Advisories are files in OSV's format: a record, a list of records, a zip file or a folder of them. Those of PyPI and of
npm are both needed.
"""

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from scripts.checks.audit.advisories import AdvisoryError, AdvisorySet, read_advisories
from scripts.checks.audit.comparison import Vulnerability, product_packages, vulnerabilities

LOCK = Path(__file__).parents[3] / "requirements.lock"


def main() -> int:
    """Compare; 0 nothing was found, 1 something was, 2 wrong usage or nothing to compare with."""
    arguments = _parser().parse_args()
    today = datetime.now(UTC).date()
    try:
        packages = product_packages(arguments.lock)
        advisories = read_advisories(arguments.advisories, packages.keys())
    except AdvisoryError as error:
        print(f"audit-dependencies: {error}", file=sys.stderr)
        return 2
    found = vulnerabilities(packages, advisories.about)
    if arguments.json:
        print(json.dumps(_summary(len(packages), advisories, found, today)))
    else:
        _tell(len(packages), advisories, found, today)
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/audit-dependencies",
        description=__doc__,
        epilog="Exit codes: 0 nothing was found, 1 something was, 2 wrong usage or nothing to compare with.",
    )
    parser.add_argument(
        "--advisories", type=Path, metavar="PATH", action="append", required=True, help="OSV's files; may be repeated"
    )
    parser.add_argument("--lock", type=Path, metavar="FILE", default=LOCK, help="the lock; requirements.lock")
    parser.add_argument("--json", action="store_true", help="what was found, for programs")
    return parser


def _summary(packages: int, advisories: AdvisorySet, found: list[Vulnerability], today: date) -> dict[str, object]:
    return {
        "packages": packages,
        "advisories": advisories.counts.total(),
        "newest": advisories.newest.isoformat(),
        "found": [
            {
                "ecosystem": each.package[0],
                "package": each.package[1],
                "version": each.version,
                "names": each.names,
                "severity": each.severity.name.lower() if each.severity else None,
                "fixed_in": each.fixed_in or None,
                "due": each.due.isoformat(),
                "overdue": each.is_overdue(today),
            }
            for each in found
        ],
    }


def _tell(packages: int, advisories: AdvisorySet, found: list[Vulnerability], today: date) -> None:
    for each in found:
        severity = each.severity.name.lower() if each.severity else "severity not said"
        fix = f"fixed in {each.fixed_in}" if each.fixed_in else "no fixed version is told"
        late = " (OVERDUE)" if each.is_overdue(today) else ""
        print(f"{each.package[1]} {each.version}: {', '.join(each.names)}; {severity}; {fix}; by {each.due}{late}")
    overdue = sum(each.is_overdue(today) for each in found)
    print(
        f"{packages} packages compared with {advisories.counts.total()} advisories, the newest of"
        f" {advisories.newest.date()}: {len(found)} found, {overdue} overdue"
    )


if __name__ == "__main__":
    sys.exit(main())
