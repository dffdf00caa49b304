"""That each limit of the tree names the fault that is planted, with its place, and nothing else."""

import subprocess
from pathlib import Path

import pytest

from scripts.checks.limits import (
    README_LINES_MAX,
    denied_names,
    denied_words,
    is_participle,
    long_readme,
    name_offences,
    participle_functions,
    participle_offences,
)


@pytest.mark.parametrize(("lines", "offenders"), [(README_LINES_MAX, 0), (README_LINES_MAX + 1, 1)])
def test_a_long_readme_is_named(tmp_path: Path, lines: int, offenders: int) -> None:
    (tmp_path / "README.md").write_text("a line\n" * lines, encoding="utf-8")
    assert len(list(long_readme(tmp_path))) == offenders


@pytest.mark.parametrize("text", ["the doors", "class HeraldStage:", "opened_taker = 1", "FIXKeeper", "a rider"])
def test_a_denied_word_is_named_with_its_line(text: str) -> None:
    offences = list(denied_words(f"fine\n{text}\n"))
    assert len(offences) == 1
    assert offences[0].startswith("2: ")


@pytest.mark.parametrize(
    "text", ["indoor cameras", "out of sight", "override", "there is room for it", "warehouse", "taken"]
)
def test_a_word_that_holds_a_denied_one_is_fine(text: str) -> None:
    assert list(denied_words(text)) == []


def test_where_streets_are_drawn_houses_have_doors_but_no_heralds() -> None:
    assert list(denied_words("a house with a door", may_draw_streets=True)) == []
    assert len(list(denied_words("a herald", may_draw_streets=True))) == 1


def test_a_lens_is_a_word_but_no_name() -> None:
    assert list(denied_names('"""Focus the lens."""\nlens_mm = 16\n')) == []
    assert list(denied_names("lens = 1\n")) == ["1: 'lens': say camera"]
    assert len(list(denied_names("class Lens:\n    pass\n"))) == 1


@pytest.mark.parametrize("name", ["told", "_found", "known", "taken", "kept", "located", "watched", "limited"])
def test_a_function_named_by_a_bare_participle_is_named(name: str) -> None:
    assert is_participle(name)
    assert [line.split(":")[0] for line in participle_functions(f"x = 1\n\ndef {name}():\n    pass\n")] == ["3"]
    assert len(list(participle_functions(f"class A:\n    async def {name}(self):\n        pass\n"))) == 1


@pytest.mark.parametrize(
    "name", ["read", "put", "feed", "seed", "closed", "is_known", "find", "mark_delivered", "bed_of"]
)
def test_verbs_nouns_and_states_are_fine(name: str) -> None:
    assert not is_participle(name)


def test_a_file_is_held_to_all_of_it_and_a_document_to_its_words(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("def told(lens):\n    return 'herald'\n", encoding="utf-8")
    (tmp_path / "guide.md").write_text("def told(lens): a herald", encoding="utf-8")
    assert len(list(name_offences(tmp_path, "module.py"))) == 2
    assert len(list(name_offences(tmp_path, "guide.md"))) == 1


def test_no_function_has_a_participle_for_a_name(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("def told():\n    return 1\n", encoding="utf-8")
    for command in (["git", "init", "-q"], ["git", "add", "module.py"]):
        subprocess.run(command, cwd=tmp_path, check=True)
    assert len(participle_offences(tmp_path)) == 1
    (tmp_path / "module.py").write_text("def answer():\n    return 1\n", encoding="utf-8")
    assert participle_offences(tmp_path) == []
