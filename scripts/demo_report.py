"""Explain the result of a drive to a newcomer: every read, what sounded, and what an officer would do with it."""

import argparse
import json
import sys
import wave
from pathlib import Path
from typing import Any

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
    """Print a line for each read and two for each hit."""
    parser = argparse.ArgumentParser(prog="scripts/demo_report.py", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of alpr-edge drive --out")
    parser.add_argument("--stopped", action="store_true", help="the drive was stopped before its end")
    parser.add_argument("--no-hotlist", action="store_true", help="the drive had no hotlist")
    arguments = parser.parse_args()
    reads, hits = lines_of(arguments.folder / "reads.jsonl"), lines_of(arguments.folder / "hits.jsonl")
    print("\n".join([*read_lines(reads), "", *hit_lines(hits), *sound_lines(arguments.folder / "alerts.wav")]))
    if arguments.stopped:
        print("  The drive was stopped before its end; this is what was read until then.")
    elif not hits:
        print(
            "  No hotlist was given: add --hotlist FILE." if arguments.no_hotlist else "  No plate was on the hotlist."
        )
    return 0


def lines_of(path: Path) -> list[Line]:
    """The objects of a file of JSON lines; none where there is no file. A last line that was cut short is left out."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def read_lines(reads: list[Line]) -> list[str]:
    """A table of the reads: when, which plate, how sure, in how many frames, and what it was taken for before."""
    if not reads:
        return ["  No plate was read."]
    lines = [f"  {'first seen (UTC)':19}  {'plate':9}  {'sure':>5}  {'frames':>6}  note"]
    for read in sorted(reads, key=lambda read: (read["first_seen"], read["read_id"])):
        frames = read["last_frame"] - read["first_frame"] + 1
        line = f"  {_clock(read)}  {read['plate']:9}  {read['confidence']:5.0%}  {frames:6}  {_note(read)}"
        lines.append(line.rstrip())
    return lines


def _note(read: Line) -> str:
    """Return what to know about a read: what the first looks took it for, and its second best text."""
    if read["earlier_texts"]:
        return f"at first {read['earlier_texts'][-1]['plate']}, until more frames said otherwise"
    if read["alternatives"]:
        best = read["alternatives"][0]
        return f"or {best['plate']} ({best['confidence']:.0%})"
    return ""


def hit_lines(hits: list[Line]) -> list[str]:
    """Two lines for each hit: what was read and what is listed, then the tone and what it means."""
    lines = []
    for hit in hits:
        tone = f"{hit['tone']} tone" if hit["sounded"] else f"no tone ({SILENCES[hit['silence']]})"
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


def _clock(read: Line) -> str:
    return str(read["first_seen"])[:19].replace("T", " ")


if __name__ == "__main__":
    sys.exit(main())
