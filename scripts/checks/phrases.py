"""Checks that finished texts are plain American English: what people read in commands, messages, templates and guides.

Prints a line for each phrase that a finished file must not use, and then ends with exit code 1. Comments and docstrings
are not judged, except the docstrings of commands, which are their help.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

FINISHED = (
    "README.md",
    "alpr_edge/app/fault_advice.py",
    "alpr_edge/cli/__init__.py",
    "alpr_edge/cli/access/",
    "alpr_edge/cli/accounts/",
    "alpr_edge/cli/audit/",
    "alpr_edge/cli/canvass/",
    "alpr_edge/cli/evidence/",
    "alpr_edge/cli/holds/",
    "alpr_edge/cli/hotlist/",
    "alpr_edge/cli/report/",
    "alpr_edge/cli/sound/",
    "alpr_edge/cli/unit/",
    "alpr_edge/cli/common.py",
    "alpr_edge/cli/consent.py",
    "alpr_edge/cli/drive.py",
    "alpr_edge/cli/keys.py",
    "alpr_edge/cli/models.py",
    "alpr_edge/cli/outbox.py",
    "alpr_edge/cli/plate_entry.py",
    "alpr_edge/cli/read.py",
    "alpr_edge/cli/reads.py",
    "alpr_edge/cli/settings.py",
    "alpr_edge/services/unit_health/",
)
"""Files and folders whose texts are done; add finished ones and remove none."""
DENIED = {
    r"colour\w*": "color",
    r"grey": "gray",
    r"metres?": "meter",
    r"centres?": "center",
    r"licen[cs]e[ -]plate reader's|licence\w*|number[ -]plates?": "license, license plate",
    r"offences?": "offense",
    r"organis\w+": "organization",
    r"authoris\w+": "authorize",
    r"recognis\w+|summaris\w+": "-ize",
    r"enrols?|enrolments?": "enroll, enrollment",
    r"nobody|somebody|whoever": "the user, officer, technician, department or unit that is meant",
    r"(?:is|are|was|were) told": "is reported, shown or notified",
    r"likewise|beside": "also, next to, in addition to",
}
"""Words and phrases as regular expressions, with what to write instead."""
DENIED_OPENINGS = ("As what", "Of", "So many", "That", "What", "Whose")
"""First words of a sentence that puts a clause before its noun."""
_CODE = re.compile(r"`[^`]*`|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_WORDS = re.compile(rf"(?<![-\w./])(?:{'|'.join(DENIED)})(?![-\w/])", re.IGNORECASE)
_OPENING = re.compile(rf"(?:{'|'.join(DENIED_OPENINGS)}) (?!is the )")
_COMMANDS = re.compile(r"\balpr-edge(?: [a-z-]+)+")


def main() -> int:
    """Print each phrase that a finished text must not use."""
    faults = list(phrase_faults(Path(__file__).parents[2], FINISHED))
    print("\n".join(faults) or "phrases: finished texts are plain American English")
    return 1 if faults else 0


def phrase_faults(root: Path, finished: tuple[str, ...]) -> Iterator[str]:
    """Yield ``path:line: ...`` for each denied phrase in the finished files of a checkout."""
    command = ["git", "ls-files", "--", *finished]
    for path in subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines():  # noqa: S603 - git and the paths above
        for line, text in _texts(path, (root / path).read_text(encoding="utf-8")):
            yield from (f"{path}:{line}: {fault}" for fault in _faults_of(text))


def _faults_of(text: str) -> Iterator[str]:
    prose = _COMMANDS.sub(" ", _CODE.sub(" ", text))
    for match in _WORDS.finditer(prose):
        better = next(words for pattern, words in DENIED.items() if re.fullmatch(pattern, match[0], re.IGNORECASE))
        yield f"{match[0]!r}; write {better}"
    if _OPENING.match(text):
        yield f"begins with a clause: {text[:40]!r}; begin with the noun or the verb"


def _texts(path: str, content: str) -> Iterator[tuple[int, str]]:
    """Yield the texts that people read, each with its line."""
    if path.endswith(".py"):
        yield from _python_texts(ast.parse(content))
    elif path.endswith((".html", ".jinja")):
        plain = _CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), content)
        for match in re.finditer(r">([^<]+)<", plain):
            if text := " ".join(unescape(match[1]).split()):
                yield content.count("\n", 0, match.start(1)) + 1, text
    else:
        yield from ((number, line) for number, line in enumerate(content.splitlines(), 1) if line[:1] not in {"#", "!"})


def _python_texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    unread = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _is_command(node))
    helps = {id(node.body[0].value) for node in functions if isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in unread - helps:
            continue
        if " " in node.value.strip():
            yield node.lineno, node.value


def _is_command(node: ast.FunctionDef) -> bool:
    """Whether a function takes options of the command line, so that its docstring is shown as help."""
    return any(
        argument.annotation is not None and re.search(r"(?:Option|Argument)\b", ast.unparse(argument.annotation))
        for argument in (*node.args.args, *node.args.kwonlyargs)
    )


if __name__ == "__main__":
    sys.exit(main())
