"""What the documents say of commands, files and names is so."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app

ROOT = Path(__file__).parents[1]
LAYOUT = (ROOT / "alpr_edge" / "README.md").read_text(encoding="utf-8")
WALKS = re.findall(r"## (The way of [^\n]+)\n(.*?)(?=\n## )", LAYOUT, re.DOTALL)


def tracked_documents() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listing.stdout.split()


@cache
def names_in(path: Path) -> frozenset[str]:
    """Every class and function that a file defines."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return frozenset(
        node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )


@cache
def names_of_the_product() -> frozenset[str]:
    return frozenset().union(*(names_in(path) for path in (ROOT / "alpr_edge").rglob("*.py")))


def test_the_readme_names_every_document() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path for path in tracked_documents() if path != "README.md" and f"`{path}`" not in readme] == []


@pytest.mark.parametrize("document", tracked_documents())
def test_a_document_names_files_that_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    paths = re.findall(r"`((?!out/|runs/|road/)(?:\.ci|[a-z_]+)/[A-Za-z0-9_./-]*)`", text)
    bases = (ROOT, ROOT / "alpr_edge", (ROOT / document).parent)
    assert [path for path in paths if not any((base / path).exists() for base in bases)] == []


def test_commands_that_are_listed_exist() -> None:
    lines = re.findall(
        r"(?m)^alpr-edge ([a-z]+)(?: ([a-z|]+))?", (ROOT / "alpr_edge" / "cli" / "README.md").read_text("utf-8")
    )
    assert lines
    for noun, verbs in lines:
        for verb in verbs.split("|"):
            words = [word for word in (noun, verb) if word]
            assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0, words


def test_there_are_the_ways_of_a_frame_a_feed_and_a_request() -> None:
    assert [title.split()[-1] for title, _ in WALKS] == ["frame", "feed", "request"]


@pytest.mark.parametrize("walk", [text for _, text in WALKS], ids=[title for title, _ in WALKS])
def test_a_way_names_what_is_where_it_says(walk: str) -> None:
    steps = re.findall(r"`([\w/]+\.py)`: `([\w.]+)`", walk)
    assert len(steps) >= 8
    missing = [
        f"{path}: {name}" for path, name in steps if not set(name.split(".")) <= names_in(ROOT / "alpr_edge" / path)
    ]
    others = re.findall(r"`([A-Za-z_]\w*(?:\.[a-z]\w*)?)`", walk)
    unknown = [name for name in others if not set(name.split(".")) <= names_of_the_product()]
    assert missing + sorted(set(unknown) - {"app"}) == []
