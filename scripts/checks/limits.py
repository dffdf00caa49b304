"""Checks the tree against its limits: sizes that one reads in one sitting, and names that say what a thing is.

Prints a line for each offender, and then ends with exit code 1.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION_LINES_MAX = 60
"""Most are under 40; longer ones where splitting would hide the order of things."""
FILE_LINES_MAX = {"alpr_edge": 600, "models/training": 600, "scripts": 600, "tests": 600}
README_LINES_MAX = 90
SOURCES = {".py", ".sh", ".html", ".css", ".js", ""}
"""Suffixes of what people write; the scripts of bash have none."""

DENIED_WORDS = {
    "door": "factory, port, parameter",
    "doors": "factories, ports",
    "firstaid": "recovery",
    "herald": "alerter",
    "house": "product, package",
    "houses": "packages",
    "keeper": "history, owner",
    "keepers": "histories, owners",
    "rider": "deferred close",
    "riders": "deferred closes",
    "rooms": "packages",
    "taker": "importer",
    "takers": "importers",
}
"""Words of no meaning in this field, with what to say instead; in names and in sentences."""
DENIED_NAMES = {"lens": "camera", "lenses": "cameras", "sight": "models"}
"""Words that a sentence may hold (a camera has a lens, a car drives out of sight) but that name no value."""
DRAWS_STREETS = ("alpr_edge/simulation/", "tests/simulation/")
"""Here houses and doors are what they are: textures."""
STREET_WORDS = {"door", "doors", "house", "houses"}
DOCUMENTS = {".md", ".toml", ".py", ".service"}
THIS_CHECK = {"scripts/checks/limits.py", "tests/scripts/test_limits.py"}

IRREGULAR_PARTICIPLES = frozenset(
    re.findall(
        r"\w+",
        """
        begun bound brought built caught chosen dealt done drawn driven fallen fed felt found frozen given gone grown
        heard held hidden hung kept known laid led left lent lit lost made meant met paid said seen sent shown sold
        spent spoken stuck swept taken taught thrown told torn understood woken won worn written
        """,
    )
)
NO_PARTICIPLES = frozenset({"embed", "exceed", "feed", "need", "proceed", "seed", "speed", "succeed"})
ALLOWED_PARTICIPLES = {
    "amended": "a stage of a read, as tests store it",
    "closed": "a state, as of a file of the standard library",
    "decided": "a stage of a read, as tests store it",
    "heard": "a state of an alert, as tests store it",
    "left": "a side, and what remains",
    "red": "a colour",
    "done": "a state, as of a future of the standard library",
    "stalled": "a state, by which health names a stage",
    "trusted": "a state of a time stamp",
}


def main() -> int:
    """Print the places of the working tree that are over a limit."""
    root = Path(__file__).parents[2]
    offenders = [line for folder, limit in FILE_LINES_MAX.items() for line in offenders_in(root, folder, limit)]
    offenders += long_readme(root)
    for path in tracked_files(root):
        offenders += [f"{path}:{offence}" for offence in name_offences(root, path)]
    offenders += participle_offences(root)
    print("\n".join(offenders) or "limits: every file, function, package and name within its limit")
    return 1 if offenders else 0


def offenders_in(root: Path, folder: str, lines_max: int) -> Iterator[str]:
    """One line for each file or function of a folder that is over its limit."""
    for path in sorted((root / folder).rglob("*")):
        if not path.is_file() or path.suffix not in SOURCES or "__pycache__" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        lines = len(text.splitlines())
        if lines > lines_max:
            yield f"{path.relative_to(root)}: {lines} lines, at most {lines_max}"
        if path.suffix == ".py":
            yield from (f"{path.relative_to(root)}:{offence}" for offence in long_functions(text))


def long_functions(source: str) -> Iterator[str]:
    """``line: name() has N lines`` for each function over the limit, docstring included."""
    for node in _functions(source):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            yield f"{node.lineno}: {node.name}() has {lines} lines, at most {FUNCTION_LINES_MAX}"


def long_readme(root: Path) -> Iterator[str]:
    """One line when the README is more than a first look."""
    lines = len((root / "README.md").read_text(encoding="utf-8").splitlines())
    if lines > README_LINES_MAX:
        yield f"README.md: {lines} lines, at most {README_LINES_MAX}"


def tracked_files(root: Path) -> Iterator[str]:
    """Paths of the documents and programs that this repository holds, without the training code's and this check."""
    listing = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607
    for path in listing.stdout.splitlines():
        if not path.startswith("models/") and path not in THIS_CHECK and (root / path).suffix in DOCUMENTS:
            yield path


def name_offences(root: Path, path: str) -> Iterator[str]:
    """Denied words of one file and, of a Python file, denied names."""
    if not (root / path).is_file():
        return
    text = (root / path).read_text(encoding="utf-8")
    yield from denied_words(text, may_draw_streets=path.startswith(DRAWS_STREETS))
    if path.endswith(".py"):
        yield from denied_names(text)


def participle_offences(root: Path) -> list[str]:
    """Every function that has a participle for a name."""
    return [
        f"{path}:{offence}"
        for path in tracked_files(root)
        if path.endswith(".py") and (root / path).is_file()
        for offence in participle_functions((root / path).read_text(encoding="utf-8"))
    ]


def denied_words(text: str, *, may_draw_streets: bool = False) -> Iterator[str]:
    """``line: word, say ...`` for each denied word, also where it is a part of a name."""
    words = DENIED_WORDS.keys() - (STREET_WORDS if may_draw_streets else set())
    for number, line in enumerate(text.splitlines(), 1):
        for word in _words(line):
            if word in words:
                yield f"{number}: {word!r}: say {DENIED_WORDS[word]}"


def denied_names(source: str) -> Iterator[str]:
    """``line: name, say ...`` for each variable, attribute or class that has a denied name."""
    for node in ast.walk(ast.parse(source)):
        name = _name_of(node)
        if name.strip("_").lower() in DENIED_NAMES:
            yield f"{getattr(node, 'lineno', 0)}: {name!r}: say {DENIED_NAMES[name.strip('_').lower()]}"


def participle_functions(source: str) -> Iterator[str]:
    """``line: name() ...`` for each function whose name is a bare participle."""
    for node in _functions(source):
        if is_participle(node.name):
            yield f"{node.lineno}: {node.name}(): a bare participle, say what it gives or does"


def is_participle(name: str) -> bool:
    """Whether a name is one word, a past participle; verbs whose base form is the same (read, put) are none."""
    word = name.strip("_")
    if word in ALLOWED_PARTICIPLES or word in NO_PARTICIPLES:
        return False
    return word in IRREGULAR_PARTICIPLES or re.fullmatch("[a-z]+ed", word) is not None


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _name_of(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.ClassDef(name=name):
            return name
        case _:
            return ""


def _words(line: str) -> Iterator[str]:
    """Words of a line in lower case, names taken apart at underscores and capitals."""
    for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", line):
        yield word.lower()


if __name__ == "__main__":
    sys.exit(main())
