"""Settings files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings import load
from alpr_edge.settings.migration import migrate_text
from tests.conftest import ROOT
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.mutators import change_bytes, change_lines, odd_text, one_of

SMALL = b"""[unit]
id = "unit-1"
data_directory = "data"
[[camera]]
kind = "rtsp"
id = "front"
url = "rtsp://127.0.0.1/stream"
ignore_areas = [[0.0, 0.0, 0.5, 0.1]]
[[hotlist.source]]
name = "doj-svs"
format = "clew"
url = "https://lists.example/svs.tbl"
[retention]
read_days = 30
"""
_ODD = (
    *(
        "true",
        "nan",
        "-inf",
        "1e400",
        "0x7fffffffffffffffff",
        "9" * 5000,
        "0x" + "f" * 5000,
        "1979-05-27T07:32:00-24:00",
        "07:32:00",
    ),
    *("[]", "{}", "{a = {a = {a = 1}}}", '"\\ud800"', '"\\u0000"', "'''\n'''", "[1, 'a', {}]", "0000-01-01", "1.", "'"),
)
_DEPTHS = (3, 500, 20_000)


def change_toml(draw: Random, content: bytes) -> bytes:
    """A value replaced by one of another kind, nested deeply, or a key or table made of many names."""
    lines = content.decode("utf-8", "replace").split("\n")
    place = draw.randrange(len(lines))
    key, depth = lines[place].partition("=")[0], draw.choice(_DEPTHS)
    odd = draw.choice((*_ODD, "[" * depth + "]" * depth, "{a=" * depth + "1" + "}" * depth, repr(odd_text(draw))))
    lines[place] = draw.choice(
        (
            f"{key}= {odd}",
            f"{key}{'.a' * depth} = 1",
            f"[{key.strip('[] ')}{'.a' * depth}]",
            lines[draw.randrange(len(lines))],
        )
    )
    return "\n".join(lines).encode("utf-8", "replace")


@contextmanager
def settings(folder: Path) -> Iterator[Parser]:
    """Settings as they are read, and as an update rewrites them."""
    path = folder / "alpr-edge.toml"

    def parse(content: bytes) -> str:
        path.write_bytes(content)
        try:
            load(path)
            said = "taken"
        except SettingsError as error:
            said = str(error)
        migrate_text(content.decode())
        return said

    whole = (ROOT / "config" / "alpr-edge.toml").read_bytes()
    head = b"\n".join(line for line in whole.split(b"\n") if line and not line.startswith(b"#"))
    change = one_of(change_toml, change_toml, change_lines(b"=", b" ", b",", b'"'), change_bytes)
    yield Parser((SMALL, SMALL, head), change, parse, (SettingsError, UnicodeDecodeError))
