"""Commands that a technician types on a provisioned unit: what they may open, and what the journal keeps of them."""

import json
from datetime import UTC, datetime, timedelta

from scripts.prove.host import ProofError
from scripts.prove.scenario import Setup

COMMAND = "/usr/local/bin/alpr-edge"
PLATE, TECHNICIAN = "8XQZ417", "technician"
ENTRY = ("--reason", "major_crime", "--case", "26-0417", "--json")


def commands_by_hand_are_discreet(setup: Setup) -> str:
    """A plate that was typed is in no journal, who typed it is in the entry, and a command has its own keys alone."""
    car = setup.car
    plate_line = f"{PLATE}\n".encode()
    person = {"SUDO_USER": TECHNICIAN}
    # A date, since nothing vouches for the clock of a computer that has just been set up.
    end = (datetime.now(UTC) + timedelta(days=30)).isoformat(timespec="seconds")
    own = json.loads(
        car.run(COMMAND, "hotlist", "add", *ENTRY, "--expires", end, stdin=plate_line, environment=person).stdout
    )
    if (own["plate"], own["added_by"]) != (PLATE, TECHNICIAN):
        raise ProofError(f"the entry is {own['plate']} by {own['added_by']}")
    lines = car.run(COMMAND, "hotlist", "match", "--json", stdin=plate_line).stdout.splitlines()
    matches = [json.loads(line) for line in lines]
    if [row["record_id"] for row in matches] != [own["id"]]:
        raise ProofError(f"{len(matches)} entries are met, not the one that was made")
    refusal = car.run(COMMAND, "hotlist", "match", PLATE, check=False)
    if refusal.returncode != 2 or "no plate on the command line" not in refusal.stderr:
        raise ProofError(f"a plate on the command line: exit code {refusal.returncode}")
    car.run(COMMAND, "hotlist", "remove", own["id"])
    journal = car.run("journalctl", "--no-pager", "--output=cat").stdout
    if PLATE in journal:
        raise ProofError("the plate is in the journal")
    if "alpr-edge: a command by hand" not in journal:
        raise ProofError("the journal does not tell that commands ran")
    return "nothing of a plate in the journal; the entry knows who typed"
