"""Checks the limits of the code: no file and no function grows past what one reads in one sitting.

Prints a line for each file or function over its limit, and then ends with exit code 1.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = {"alpr_edge": 300, "models/training": 300, "scripts": 300, "tests": 400}
SOURCES = {".py", ".sh", ".html", ".css", ".js", ""}
"""Suffixes of what people write; the scripts of bash have none."""


def main() -> int:
    """Print the places of the working tree that are over a limit."""
    root = Path(__file__).parents[2]
    offenders = [line for folder, limit in FILE_LINES_MAX.items() for line in offenders_in(root, folder, limit)]
    print("\n".join(offenders) or "limits: every file and function within its limit")
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
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{node.lineno}: {node.name}() has {lines} lines, at most {FUNCTION_LINES_MAX}"


if __name__ == "__main__":
    sys.exit(main())
