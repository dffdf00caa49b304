"""What the documents say of commands, files and names is so."""

import ast
import re
import subprocess
import tomllib
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main
from pydantic import BaseModel
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.settings import Settings
from tests.cli import tree

ROOT = Path(__file__).parents[1]
LAYOUT = (ROOT / "alpr_edge" / "README.md").read_text(encoding="utf-8")
WALKS = re.findall(r"## (The way of [^\n]+)\n(.*?)(?=\n## )", LAYOUT, re.DOTALL)
COMMAND_LINE = typer.main.get_command(app)
FIGURES = ("access", "accuracy", "alerts", "page", "path", "pooled", "rides", "road", "uplink")
"""First words of the figures that ``scripts/bench`` prints."""
FILE_ENDINGS = ("csv", "db", "html", "json", "jsonl", "key", "lock", "md", "onnx", "pem", "png", "pt", "py", "toml")


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
        r"(?m)^alpr-edge ([a-z-]+)(?: ([a-z][a-z|-]*))?", (ROOT / "alpr_edge" / "cli" / "README.md").read_text("utf-8")
    )
    assert lines
    for noun, verbs in lines:
        for verb in verbs.split("|"):
            words = [word for word in (noun, verb) if word]
            assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0, words


def test_there_are_the_ways_of_a_frame_a_feed_a_request_and_an_access() -> None:
    assert [title.split()[-1] for title, _ in WALKS] == ["frame", "feed", "request", "access"]


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


def spans_of(document: str) -> list[str]:
    """What a document sets as code: its spans, and the lines of its blocks that are commands."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^```[a-z]*\n(.*?)^```", text)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if re.match(r"(sudo )?(alpr-edge|scripts/[a-z-]+)( |$)", line)]
    return [*re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", text)), *commands]


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and the words after it."""
    command: Any = COMMAND_LINE
    for place, word in enumerate(words):
        if word not in getattr(command, "commands", ()):
            return command, words[place:]
        command = tree.load_command(command.commands[word])
    return command, []


def fault_of_command(span: str) -> str:
    """What is wrong with a command of a document; empty when all of it exists."""
    words = re.split(r"\s+", re.sub(r" {2,}.*| #.*| [|<>] .*|[\[\]]", "", span))
    command, rest = command_of(words)
    if hasattr(command, "commands") and rest and re.fullmatch("[a-z][a-z-]*", rest[0]):
        return f"{span}: {command.name} has no command {rest[0]}"
    existing = {
        option for part in (COMMAND_LINE, command) for it in part.params for option in it.opts + it.secondary_opts
    }
    existing |= {"--help", "-h"}
    options = [word.split("=")[0] for word in rest if re.match("--?[a-z]", word)]
    return f"{span}: no option {options}" if set(options) - existing else ""


def commands_in(document: str) -> Iterator[str]:
    """Commands of the product, with or without its name in front; ``unit check`` counts, ``unit`` alone does not."""
    groups = [words[0] for words in tree.groups() if len(words) == 1]
    for span in spans_of(document):
        words = span.removeprefix("sudo ")
        if words.startswith("alpr-edge "):
            yield words.removeprefix("alpr-edge ")
        elif words.startswith("alpr-edge-department "):
            yield words.replace("alpr-edge-department", "department", 1)
        elif re.match(rf"({'|'.join(groups)}) [a-z]+( |$)", words):
            yield words


@pytest.mark.parametrize("document", tracked_documents())
def test_a_document_names_commands_and_options_that_exist(document: str) -> None:
    assert [fault for span in commands_in(document) if (fault := fault_of_command(span))] == []


@cache
def options_of_script(name: str) -> str:
    """The help of a script, which makes no environment: the package's own where it has one."""
    head = (ROOT / "scripts" / name).read_text(encoding="utf-8")
    package = re.search(r"-m (?:scripts\.developer_program )?(scripts\.[a-z.]+)", head)
    sources = [] if package is None else sorted((ROOT / package[1].replace(".", "/")).glob("*.py"))
    return head + "".join(path.read_text(encoding="utf-8") for path in sources)


@pytest.mark.parametrize("document", tracked_documents())
def test_a_document_names_options_of_scripts_that_exist(document: str) -> None:
    spans = [re.search(r"scripts/([a-z-]+)((?: .*)?)$", span) for span in spans_of(document)]
    wrong = [
        f"scripts/{span[1]}: {option}"
        for span in spans
        if span is not None and (ROOT / "scripts" / span[1]).is_file()
        for option in re.findall(r"(?<!\S)\[?(--[a-z-]+)", re.sub(r" {4,}.*", "", span[2]))
        if option not in {"--help", *re.findall("--[a-z-]+", options_of_script(span[1]))}
    ]
    assert wrong == []


def models_of(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation of a field
    """The tables that a field may hold."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for part in get_args(annotation):
        yield from models_of(part)


def has_key(key: str, tables: tuple[type[BaseModel], ...] = (Settings,)) -> bool:
    """Whether the settings have a key or a table of that dotted name."""
    first, _, rest = key.partition(".")
    fields = [table.model_fields[first] for table in tables if first in table.model_fields]
    return bool(fields) and (not rest or has_key(rest, tuple(m for it in fields for m in models_of(it.annotation))))


@cache
def words_of_the_product() -> frozenset[str]:
    """Every text constant of the product: the names of log events are among them."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "alpr_edge").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_known(name: str) -> bool:
    """Whether a dotted name is a file, a figure, a settings key, a module, an attribute or a log event."""
    first, last = name.split(".", maxsplit=1)[0], name.rsplit(".", 1)[1]
    module = ROOT / name.replace(".", "/")
    return (
        last in FILE_ENDINGS
        or first in FIGURES
        or has_key(name)
        or module.is_dir()
        or module.with_suffix(".py").is_file()
        or name in words_of_the_product()
        or set(name.split(".")) <= names_of_the_product()
    )


@pytest.mark.parametrize("document", tracked_documents())
def test_a_document_names_settings_and_log_events_that_exist(document: str) -> None:
    spans = [span for span in spans_of(document) if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", span)]
    tables = [match[1] for span in spans_of(document) if (match := re.fullmatch(r"\[{1,2}([a-z_.]+)\]{1,2}", span))]
    assert [span for span in spans if not is_known(span)] == []
    manifest = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
    assert [table for table in tables if not has_key(table) and table.split(".")[0] not in manifest] == []


def test_what_does_not_exist_is_noticed() -> None:
    assert fault_of_command("hotlist import FEED --source bolo --format generic-csv") == ""
    assert fault_of_command("hotlist swap FEED").startswith("hotlist swap FEED: hotlist has no command swap")
    assert fault_of_command("unit check --loudly").endswith("no option ['--loudly']")
    assert has_key("hotlist.source.name")
    assert has_key("camera.url")
    assert not has_key("retention.days")
    assert not is_known("capture.never_was")
    assert is_known("read.stored")
