"""Commands that a technician types on a provisioned unit: what they may open, and what the journal keeps of them."""

import json

from scripts.prove.host import ProofError
from scripts.prove.scenario import Setup
from scripts.prove.unit import BREAK_GLASS, WHO

COMMAND = "/usr/local/bin/alpr-edge"
PLATE, TECHNICIAN = "8XQZ417", "technician"
ENTRY = ("--reason", "major_crime", "--case", "26-000417", "--expires", "2100-01-01T00:00Z", "--json")
NOT_ALLOWED = 3


def commands_by_hand_are_discreet(setup: Setup) -> str:
    """Without a session no plate is shown or watched for, and a plate that was typed is in no journal."""
    car = setup.car
    plate_line = f"{PLATE}\n".encode()
    person = {"SUDO_USER": TECHNICIAN}
    refusal = car.run(COMMAND, "hotlist", "add", *ENTRY, stdin=plate_line, environment=person, check=False)
    if refusal.returncode != NOT_ALLOWED or "sign in first" not in refusal.stderr:
        raise ProofError(f"an entry without a session: exit code {refusal.returncode}")
    refusal = car.run(COMMAND, "hotlist", "match", "--json", stdin=plate_line, environment=person, check=False)
    if refusal.returncode != NOT_ALLOWED or "sign in first" not in refusal.stderr:
        raise ProofError(f"a look-up without a session: exit code {refusal.returncode}")
    found = car.run(COMMAND, "hotlist", "match", "--json", *BREAK_GLASS, stdin=plate_line + WHO).stdout
    if [json.loads(line) for line in found.splitlines()]:
        raise ProofError("an entry is met that nobody made")
    refusal = car.run(COMMAND, "hotlist", "match", PLATE, check=False)
    if refusal.returncode != 2 or "no plate on the command line" not in refusal.stderr:
        raise ProofError(f"a plate on the command line: exit code {refusal.returncode}")
    journal = car.run("journalctl", "--no-pager", "--output=cat").stdout
    if PLATE in journal:
        raise ProofError("the plate is in the journal")
    if "alpr-edge: a command by hand" not in journal:
        raise ProofError("the journal does not tell that commands ran")
    return "no plate without a session, and nothing of one in the journal"
