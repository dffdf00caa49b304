"""Makes the files of others that maps need, out of the packages of npm that they come from.

Run ``npm pack leaflet@1.9.4 protomaps-leaflet@5.1.0 us-atlas@3.0.1`` in a folder first. Each package has to have the
digest below, so the same files come out anywhere.
"""

import argparse
import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "alpr_edge" / "department" / "page" / "maps" / "vendor"
PACKAGES = {
    "leaflet-1.9.4.tgz": "84c65a256e50657896f54c33bd857b6849ebe94c817803be818bf32a3dde0b77",
    "protomaps-leaflet-5.1.0.tgz": "0b45b08d0e6f7d39816415dbe6821d0556e7997ec716ed0123305cc1fe5a3fd8",
    "us-atlas-3.0.1.tgz": "e6daba1800885868303ad3549da62f85a557b8142bb72629ec15651de62f9c5d",
}
"""Files that npm pack makes, with the SHA-256 of each."""
SVG_PROBE = (
    b'Wt=!!Ht&&((Wt=document.createElement("div")).innerHTML="<svg/>",'
    b'"http://www.w3.org/2000/svg"===(Wt.firstChild&&Wt.firstChild.namespaceURI));'
)
"""How Leaflet asks whether HTML may have SVG in it. Pages forbid to make HTML of text (trusted types), and every
browser that knows those can."""
NO_PROBE = b"Wt=!!Ht;"
SOURCE_MAP = b"//# sourceMappingURL="
"""Begins a line that names a file for programmers, which is not here."""

Topology = Mapping[str, Any]
"""A TopoJSON file: lines in steps of a grid, and shapes that name their lines."""


def main() -> int:
    """Write the files of :data:`FOLDER`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path, help="the folder with the packages")
    folder: Path = parser.parse_args().packages
    for name, content in map_files(folder).items():
        (FOLDER / name).write_bytes(content)
        print(f"{sha256(content).hexdigest()}  {name}")
    return 0


def map_files(folder: Path) -> dict[str, bytes]:
    """The files by their names.

    Args:
        folder: where the packages lie.

    Raises:
        ValueError: a package is another than it should be.
        OSError: it cannot be read.
    """
    leaflet, protomaps, atlas = (_checked_package(folder / name, digest) for name, digest in PACKAGES.items())
    script = _member(leaflet, "dist/leaflet.js")
    if script.count(SVG_PROBE) != 1:
        raise ValueError("leaflet.js: asks for SVG in another way than it did")
    topology = json.loads(_member(atlas, "counties-10m.json"))
    return {
        "leaflet.js": _without_source_map(script.replace(SVG_PROBE, NO_PROBE)),
        "leaflet.css": _one_rule_a_line(_member(leaflet, "dist/leaflet.css")),
        "protomaps-leaflet.js": _without_source_map(_member(protomaps, "dist/protomaps-leaflet.js")),
        "us-outlines.json": json.dumps(outlines_of(topology), separators=(",", ":")).encode() + b"\n",
    }


def outlines_of(topology: Topology) -> dict[str, Any]:
    """The borders of states and counties, each line once, in the form that the page draws.

    Args:
        topology: a file of us-atlas; its lines go east and north in steps of ``transform.scale`` degrees.
    """
    of_states = {_line_of(each) for each in _arcs(topology["objects"]["states"]["geometries"])}
    lines: dict[str, list[list[int]]] = {"state": [], "county": []}
    for number, arc in enumerate(topology["arcs"]):
        lines["state" if number in of_states else "county"].append([step for point in arc for step in point])
    translate = [round(each, 6) for each in topology["transform"]["translate"]]
    return {"scale_deg": topology["transform"]["scale"], "start_deg": translate, "lines": lines}


def _arcs(geometries: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """The numbers of all lines that shapes name."""
    waiting: list[Any] = [each["arcs"] for each in geometries]
    while waiting:
        each = waiting.pop()
        if isinstance(each, int):
            yield each
        else:
            waiting += each


def _line_of(number: int) -> int:
    """A line that is followed backwards has the complement of its number."""
    return ~number if number < 0 else number


def _checked_package(path: Path, digest: str) -> Path:
    if sha256(path.read_bytes()).hexdigest() != digest:
        raise ValueError(f"{path.name}: another package than it should be")
    return path


def _member(package: Path, name: str) -> bytes:
    with tarfile.open(package) as archive:
        file = archive.extractfile(f"package/{name}")
        if file is None:
            raise ValueError(f"{package.name}: has no file {name}")
        return file.read()


def _one_rule_a_line(sheet: bytes) -> bytes:
    """A style sheet without comments and blanks that mean nothing."""
    text = re.sub(rb"/\*.*?\*/", b"", sheet, flags=re.DOTALL)
    return re.sub(rb"} ?", b"}\n", re.sub(rb"\s+", b" ", text)).lstrip()


def _without_source_map(script: bytes) -> bytes:
    head, _, _ = script.rpartition(SOURCE_MAP)
    return head or script


if __name__ == "__main__":
    raise SystemExit(main())
