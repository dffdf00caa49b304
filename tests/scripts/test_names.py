"""That names of files and classes are held to nouns of their own, and what is allowed is allowed for a reason."""

import subprocess
from pathlib import Path

import pytest

from scripts.checks.names import (
    NAMES_IN_ED,
    NOUNS_IN_ING,
    SAME_CLASS_NAMES,
    is_verbal,
    repeated_class_names,
    verbal_file_names,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def add(tree: Path, path: str, text: str = "") -> None:
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "add", path], cwd=tree, check=True)


def test_a_file_named_by_a_verb_is_named_with_its_path(tree: Path) -> None:
    for path in ("a/taking.py", "a/list_kept.py", "tests/test_reading.py", "a/taking.md"):
        add(tree, path)
    for path in ("a/voting.py", "a/list_feed.py", "a/generic_fixed.py", "a/update.py", "a/ring.py"):
        add(tree, path)
    assert [line.partition(":")[0] for line in verbal_file_names(tree)] == [
        "a/list_kept.py",
        "a/taking.py",
        "tests/test_reading.py",
    ]


def test_a_class_name_that_stands_for_two_things_is_named_with_its_files(tree: Path) -> None:
    add(tree, "alpr_edge/a.py", "class Tally:\n    pass\n\n\nclass _Own:\n    pass\n")
    add(tree, "scripts/b.py", "class Tally:\n    pass\n\n\nclass _Own:\n    pass\n\n\nclass FileBelow:\n    pass\n")
    add(tree, "scripts/c.py", "class FileBelow:\n    class Tally:\n        pass\n")
    add(tree, "tests/d.py", "class Tally:\n    pass\n")
    assert list(repeated_class_names(tree)) == ["class Tally: in alpr_edge/a.py, scripts/b.py; one name for one thing"]


def test_every_exception_is_one_and_has_a_reason() -> None:
    assert all(is_verbal(word) for word in [*NOUNS_IN_ING, *(name.rsplit("_", 1)[-1] for name in NAMES_IN_ED)])
    assert all({**NOUNS_IN_ING, **NAMES_IN_ED, **SAME_CLASS_NAMES}.values())
