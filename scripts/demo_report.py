"""Explain the result of a drive to a newcomer: what sounded, what an officer would do with it, and what was missed."""

import argparse
import sys
import wave
from pathlib import Path
from typing import Any

from alpr_edge.cli.drive import load_lines
from alpr_edge.domain.plates import canonical
from alpr_edge.simulation.truth import DriveTruth, VehicleTruth

Line = dict[str, Any]
LATER_LIST = "later"
"""Source of the list that goes live during the drive."""
SILENCES = {
    "other_hit": "the tone of a graver hit of this car told of it",
    "cooldown": "it sounded a moment ago",
    "muted": "the unit was muted",
    "signed_out": "nobody was signed in",
    "no_device": "no sound device",
}


def main() -> int:
    """Print two lines for each hit, and what a simulated drive missed."""
    parser = argparse.ArgumentParser(prog="scripts/demo_report.py", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of alpr-edge drive --out")
    parser.add_argument("--stopped", action="store_true", help="the drive was stopped before its end")
    parser.add_argument("--no-hotlist", action="store_true", help="the drive had no hotlist")
    arguments = parser.parse_args()
    reads, hits = load_lines(arguments.folder / "reads.jsonl"), load_lines(arguments.folder / "hits.jsonl")
    print("\n".join([*hit_lines(hits, reads), *sound_lines(arguments.folder / "alerts.wav")]))
    truth = arguments.folder / "truth.json"
    if truth.exists() and not arguments.stopped:
        print("\n".join(truth_lines(DriveTruth.load(truth), reads, hits)))
    if arguments.stopped:
        print("  The drive was stopped before its end; this is what was read until then.")
    elif not hits:
        print(
            "  No hotlist was given: add --hotlist FILE." if arguments.no_hotlist else "  No plate was on the hotlist."
        )
    return 0


def hit_lines(hits: list[Line], reads: list[Line]) -> list[str]:
    """Two lines for each hit: what was read and what is listed, then the tone and what it means."""
    lines, earlier = [], {each["read_id"]: each["earlier_texts"] for each in reads}
    for hit in hits:
        tone = f"{hit['tone']} tone" if hit["sounded"] else f"no tone ({SILENCES[hit['silence']]})"
        if hit["sounded"] and hit["match_kind"] == "exact" and "confusable" in (hit.get("phrase") or ""):
            texts = " or ".join(each["plate"] for each in earlier[hit["read_id"]])
            tone += f" while it was still read as {texts}"
        tone += ", withdrawn later" if hit["withdrawn"] else ""
        if hit["source"] == LATER_LIST:
            tone = f"{tone}, as its list went live with the car in view"
        vehicle = f", a {hit['vehicle']}" if hit["vehicle"] else ""
        entry = f"listed {hit['entry_plate']} ({hit['entry_state']}){vehicle}"
        lines.append(f"  {hit['seen'][:19].replace('T', ' ')}  read {hit['plate']}, {entry}")
        lines.append(f"      {tone}: {hit.get('phrase') or hit['reason']}")
    return lines


def sound_lines(path: Path) -> list[str]:
    """How long the recording of the tones is; nothing where it was not finished."""
    try:
        with wave.open(str(path)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
    except (OSError, EOFError, wave.Error):
        return []
    return [f"  alerts.wav: {seconds:.1f} s; each tone lies where it sounded on the drive"]


def truth_lines(truth: DriveTruth, reads: list[Line], hits: list[Line]) -> list[str]:
    """Compare the drive with what the simulation drew."""
    read, hit = {each["plate_canonical"] for each in reads}, {canonical(each["entry_plate"]) for each in hits}
    missed = [each for each in truth.vehicles if canonical(each.plate) not in read]
    wrong = sorted(read - {canonical(each.plate) for each in truth.vehicles})
    listed = [each for each in truth.vehicles if each.hotlist_description]
    unheard = [each.plate for each in listed if canonical(each.plate) not in hit]
    counts = f"{len(truth.vehicles) - len(missed)} of {len(truth.vehicles)}"
    lines = [f"  compared with the truth of the simulation: {counts} plates were read"]
    lines += [f"      missed {each.plate} ({each.state}), at most {_width_px(each):.0f} pixels wide" for each in missed]
    lines += [f"      read {text}, which is on no vehicle" for text in wrong]
    later = sum(each["source"] == LATER_LIST for each in hits)
    more = f", and {later} of the list that went live later" if later else ""
    lines.append(f"  {len(listed) - len(unheard)} of {len(listed)} plates of the hotlist made a hit{more}")
    return [*lines, *(f"      no hit for {plate}" for plate in unheard)]


def _width_px(vehicle: VehicleTruth) -> float:
    return max(box.width_px for box in vehicle.boxes.values())


if __name__ == "__main__":
    sys.exit(main())
