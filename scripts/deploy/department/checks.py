"""The last step: what the department's own check and the server's health say."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack

from scripts.deploy.department.host import COMMAND, FOLDER, run_department
from scripts.deploy.provision.machine import ProvisioningError

HEALTH = "http://127.0.0.1:8445/health"
HEALTH_S_MAX = 30


class DepartmentCheckStep:
    """Run ``department check`` and ask for the health. A fault is named, not mended."""

    name = "check"

    def pending(self) -> list[str]:
        """No changes.

        Raises:
            ProvisioningError: something is red, or the server does not serve.
        """
        if COMMAND.exists() and FOLDER.is_dir():
            for name, fault in failed_checks().items():
                raise ProvisioningError(f"{name}: {fault}")
            _require_health()
        return []

    def apply(self, undo: ExitStack) -> None:
        """Do nothing."""
        del undo


def failed_checks() -> dict[str, str]:
    """What is red of the department's own check, by the name of the check, with what to do.

    Raises:
        ProvisioningError: the check itself cannot be run.
    """
    try:
        run_department("check", "--json")
    except ProvisioningError as error:
        if not (found := red_checks(error.output_lines)):
            raise
        return found
    return {}


def red_checks(output_lines: Sequence[str]) -> dict[str, str]:
    """The red ones of what ``department check --json`` printed."""
    reports = [json.loads(line) for line in output_lines if line.startswith("{")]
    reds = [check for report in reports for check in report["checks"] if check["grade"] == "red"]
    found: dict[str, list[str]] = {}
    for check in reds:
        found.setdefault(check["name"], []).extend(filter(None, (check["finding"], check["todo"])))
    return {name: "; ".join(words) for name, words in found.items()}


def _require_health() -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(HEALTH, timeout=HEALTH_S_MAX) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        with error:
            troubles = json.loads(error.read()).get("troubles") or ["it does not serve"]
        raise ProvisioningError(f"the server: {troubles[0]}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ProvisioningError(f"{HEALTH}: no answer ({reason}); see: journalctl -u alpr-edge-department") from None
