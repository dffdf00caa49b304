"""Explains the hits of a drive to a newcomer: what sounded, when, and what an officer would do with it."""

import json
import sys
import wave
from pathlib import Path


def main() -> int:
    """Print one line a hit."""
    folder = Path(sys.argv[1])
    lines = (folder / "hits.jsonl").read_text(encoding="utf-8").splitlines()
    for hit in map(json.loads, lines):
        sounded = f"{hit['tone']} tone" if hit.get("sounded") else "no tone (said a moment ago)"
        vehicle = f", a {hit['vehicle']}" if hit["vehicle"] else ""
        print(f"  {hit['seen']}  read {hit['plate']}, listed {hit['entry_plate']} ({hit['entry_state']}){vehicle}")
        print(f"      {sounded}: {hit.get('phrase', hit['reason'])}")
    if not lines:
        print("  no vehicle was on the hotlist (give one with --hotlist FILE)")
    with wave.open(str(folder / "alerts.wav")) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    print(f"  alerts.wav: {seconds:.1f} s; each tone lies where it sounded on the drive")
    return 0


if __name__ == "__main__":
    sys.exit(main())
