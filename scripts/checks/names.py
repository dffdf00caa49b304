"""Checks the names of files and classes: a file is named by a noun, and a class name stands for one thing.

Prints a line for each offender beyond those that are known, and then ends with exit code 1.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from scripts.checks.limits import is_participle, tracked_files

NOUNS_IN_ING = {
    "aiming": "what a technician does with a camera; the command is unit aim",
    "alerting": "the field's word for the rules of tones and words",
    "encoding": "the field's word for turning pixels into JPEG",
    "framing": "the field's word for finding the ends of messages in a stream",
    "handling": "of errors, as everywhere",
    "hardening": "what systemd's restrictions of a service are called",
    "lettering": "letters on signs and vehicles",
    "mapping": "of rows to values, as everywhere",
    "matching": "the field's word for comparing a read with a list",
    "opening": "of what allows and records a command, with all that it needs",
    "positioning": "the field's word for finding one's place",
    "recording": "a drive that was recorded",
    "rendering": "the field's word for drawing pictures from a scene",
    "sealing": "the field's word for encrypting with a recipient's public key",
    "serving": "what the department's server does",
    "string": "a noun",
    "tracking": "the field's word for following a box from frame to frame",
    "voting": "the field's word for joining readings to one text",
}
"""Words in -ing that may end a file's name, each with the reason."""
NAMES_IN_ED = {
    "generic_fixed": "the name of a feed format in settings",
    "refused": "named after the command unit refused",
}
"""File names that may end in a participle."""
SAME_CLASS_NAMES = {
    "FileBelow": "no_follow.py is the same file in product and deploy, which may not import the product",
    "Invitation": "what a department gives a unit to enroll with; deploy may not import the product",
}
"""Class names that may stand in more than one file."""
FILE_NAMES_MAX = 0
"""File names that are no nouns yet; to be lowered as files are renamed, and never raised."""
CLASS_NAMES_MAX = 0
"""Class names that stand for several things yet; to be lowered as classes are renamed, and never raised."""


def main() -> int:
    """Print the names that say too little, once there are more of them than are known."""
    root = Path(__file__).parents[2]
    files, classes = list(verbal_file_names(root)), list(repeated_class_names(root))
    offenders = [*(files if len(files) > FILE_NAMES_MAX else []), *(classes if len(classes) > CLASS_NAMES_MAX else [])]
    print("\n".join(offenders) or "names: every file and class is named by a noun of its own, or known")
    return 1 if offenders else 0


def verbal_file_names(root: Path) -> Iterator[str]:
    """``path: ...`` for each Python file whose name ends in a gerund or a participle."""
    for path in tracked_files(root):
        name = Path(path).stem.removeprefix("test_")
        last = name.rsplit("_", 1)[-1]
        if path.endswith(".py") and is_verbal(last) and last not in NOUNS_IN_ING and name not in NAMES_IN_ED:
            yield f"{path}: ends in {last!r}; a noun says what is in it"


def is_verbal(word: str) -> bool:
    """Whether a word is a gerund or a past participle."""
    return re.fullmatch("[a-z]{2,}ing", word) is not None or is_participle(word)


def repeated_class_names(root: Path) -> Iterator[str]:
    """A line for each public class name that product and scripts define in several files."""
    files: dict[str, list[str]] = defaultdict(list)
    for path in tracked_files(root):
        if path.endswith(".py") and not path.startswith("tests/") and (root / path).is_file():
            for name in _public_classes((root / path).read_text(encoding="utf-8")):
                files[name].append(path)
    for name, paths in sorted(files.items()):
        if len(paths) > 1 and name not in SAME_CLASS_NAMES:
            yield f"class {name}: in {', '.join(paths)}; one name for one thing"


def _public_classes(source: str) -> Iterator[str]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


if __name__ == "__main__":
    sys.exit(main())
