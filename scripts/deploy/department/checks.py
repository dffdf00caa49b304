"""The last step: what the department's own check and the server's health say."""

import json
import urllib.error
import urllib.request
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
            _require_no_red()
            _require_health()
        return []

    def apply(self, undo: ExitStack) -> None:
        """Do nothing."""
        del undo


def _require_no_red() -> None:
    try:
        run_department("check", "--json")
    except ProvisioningError as error:
        raise ProvisioningError(first_red(error)) from None


def first_red(error: ProvisioningError) -> str:
    """The first red check of what a failed check printed, with what to do; else the error as it is."""
    for line in error.output_lines:
        if line.startswith("{"):
            reds = [check for check in json.loads(line)["checks"] if check["grade"] == "red"]
            if reds:
                advice = f"; {reds[0]['todo']}" if reds[0]["todo"] else ""
                return f"{reds[0]['name']}: {reds[0]['finding']}{advice}"
    return str(error)


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
