"""Makes the support bundle: a zip of texts, to be read before it is handed out, without plates, keys or people.

Where store or accounts do not open, nobody knows which texts to look for: then what programs wrote in words, the
journal, the health and the checks, is left out, and the bundle says so.
"""

import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr_edge.diagnostics.support import documents
from alpr_edge.domain.errors import AlprEdgeError, StoreError
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.plates import canonical
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.members import all_members
from alpr_edge.store.access.schema import FILE_NAME as ACCOUNTS_FILE
from alpr_edge.store.reads.plate_texts import stored_plates
from alpr_edge.store.unit_store import UnitStore, open_store

# Leaves out of texts whatever names a plate or a person of this unit.
#
# The program logs neither. This is the second look, before a text leaves the unit: rather a line too many is left out
# than one too few.

LEFT_OUT = "left out: it names a plate or a person"
WORD_CHARACTERS_MIN = 3
"""Shorter texts are in every other line, and name no vehicle and nobody by themselves."""
SPLIT_CHARACTERS_MIN = 5
"""Least length of a plate that is found in parts, such as "7ABC-123"."""
LINE_CHARACTERS_MAX = 4000
_WORDS = re.compile(r"\w+")
_NO_WORD = re.compile(r"[^0-9A-Za-z]+")


class TextFilter:
    """Compares texts with the plates and people of a unit."""

    def __init__(self, plates: Iterable[str], people: Iterable[str]) -> None:
        texts = {canonical(text) for text in plates}
        self._plates = frozenset(text for text in texts if len(text) >= WORD_CHARACTERS_MIN)
        self._lengths = sorted({len(text) for text in self._plates if len(text) >= SPLIT_CHARACTERS_MIN})
        told = {text.casefold().strip() for text in people}
        self._people = tuple(sorted(text for text in told if len(text) >= WORD_CHARACTERS_MIN))
        self.left_out = 0
        """Lines and values left out so far."""

    def names_anything(self, text: str) -> bool:
        """Whether a text names a plate, whole or in parts, or a person."""
        words = _WORDS.findall(text)
        if any(canonical(word) in self._plates for word in words) or self._names_person(text):
            return True
        return any(self._names_split_plate(part) for part in text.split())

    def lines(self, text: str) -> str:
        """A text without the lines that name anything; a line that is too long is cut."""
        kept = [line[:LINE_CHARACTERS_MAX] for line in text.splitlines() if not self._leaves_out(line)]
        return "".join(f"{line}\n" for line in kept)

    def value(self, value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
        """A value of JSON in which texts that name anything are replaced by :data:`LEFT_OUT`."""
        if isinstance(value, str):
            return LEFT_OUT if self._leaves_out(value) else value
        if isinstance(value, dict):
            return {self.value(name): self.value(item) for name, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, list | tuple) else value

    def _leaves_out(self, text: str) -> bool:
        is_out = self.names_anything(text)
        self.left_out += is_out
        return is_out

    def _names_person(self, text: str) -> bool:
        folded = text.casefold()
        for person in self._people:
            place = folded.find(person)
            while place >= 0:
                after = place + len(person)
                if not (folded[place - 1 : place].isalnum() or folded[after : after + 1].isalnum()):
                    return True
                place = folded.find(person, place + 1)
        return False

    def _names_split_plate(self, part: str) -> bool:
        """Whether a plate stands in what has no blank in it, such as ``plate=7ABC-123`` or a file's name."""
        joined = canonical(_NO_WORD.sub("", part))
        return any(
            joined[place : place + length] in self._plates
            for length in self._lengths
            for place in range(len(joined) - length + 1)
        )


PRIVATE_FILE = 0o600
_HEAD = """\
Support bundle of an alpr-edge unit. All files are text; review them before sharing.

No key, no plate and no person is in it: settings stand without logins, the databases as sizes and counts. Every line
and every value was compared with the plates and people of this unit, and left out where it named one.
"""
_CLOSED = (
    "Left out: the journal, the health and the checks, as plates and people could not be read to compare them: {reason}"
)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One text of the bundle."""

    name: str
    content: str
    left_out: int
    """Lines or values that named a plate or a person."""


@dataclass(frozen=True, slots=True)
class SupportBundle:
    """A bundle that is made and not written yet."""

    files: tuple[BundleFile, ...]
    not_compared: str
    """Why the journal and the like are left out; empty: they are in it."""

    def write(self, target: Path) -> None:
        """Write it to a new file that its owner alone may read."""
        require_new(target)
        with io_errors(f"{target}: cannot be written", AlprEdgeError):
            descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, PRIVATE_FILE)
            with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for each in self.files:
                    archive.writestr(each.name, each.content)


def require_new(target: Path) -> None:
    """Refuse to write over a file, or into a folder that is not there or takes no file of this user's.

    Raises:
        AlprEdgeError: the file is there, or cannot be made.
    """
    if target.exists():
        raise AlprEdgeError(f"{target}: already exists; name a new file")
    folder = target.parent
    if not folder.is_dir():
        raise AlprEdgeError(f"{target}: cannot be written: {folder} is no folder; make it, or name another file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise AlprEdgeError(f"{target}: cannot be written: {folder} takes no file of this user; name one elsewhere")


def make_bundle(settings: Settings, checks: dict[str, Any]) -> SupportBundle:
    """Collect what is so at present.

    Raises:
        AlprEdgeError: there is no data folder, or it cannot be read.
    """
    with ExitStack() as resources:
        store, not_compared = _open_known_texts(settings, resources)
        texts = TextFilter(*_known_texts(settings, store)) if store is not None else TextFilter((), ())
        with io_errors(f"{settings.unit.data_directory}: cannot be read", AlprEdgeError):
            files = [
                _json_file("settings.json", documents.settings_document(settings), texts),
                _json_file("versions.json", documents.versions_document(), texts),
                _json_file("databases.json", documents.database_document(settings, store), texts),
                _text_file("kernel.txt", documents.kernel_document(), texts),
            ]
        if store is not None:
            files += [
                _json_file("health.json", documents.health_document(settings), texts),
                _json_file("check.json", checks, texts),
                _text_file("journal.txt", documents.journal_document(), texts),
            ]
    return SupportBundle((_read_me(files, not_compared), *files), not_compared)


def _open_known_texts(settings: Settings, resources: ExitStack) -> tuple[UnitStore | None, str]:
    """The store; None and why, where it or the accounts cannot be read."""
    try:
        store = resources.enter_context(open_store(settings, migrate=False))
        list(_people(settings))
    except StoreError as error:
        return None, str(error)
    return store, ""


def _known_texts(settings: Settings, store: UnitStore) -> tuple[Iterator[str], Iterator[str]]:
    people = (text for person in _people(settings) for text in _names_of(person))
    return (plate.strip("*?") for plate in stored_plates(store.database)), people


def _people(settings: Settings) -> Iterator[Person]:
    folder = settings.unit.data_directory
    if (folder / ACCOUNTS_FILE).exists():
        with open_accounts(folder, settings.store.keys_directory, migrate=False) as accounts:
            members = all_members(accounts)
        yield from (member.person for member in members)


def _names_of(person: Person) -> Iterator[str]:
    yield from (person.name, person.badge, person.email, person.person_id)


def _json_file(name: str, value: object, texts: TextFilter) -> BundleFile:
    before = texts.left_out
    content = json.dumps(texts.value(value), indent=2, sort_keys=True, default=str) + "\n"
    return BundleFile(name, content, texts.left_out - before)


def _text_file(name: str, text: str, texts: TextFilter) -> BundleFile:
    before = texts.left_out
    content = texts.lines(text)
    return BundleFile(name, content, texts.left_out - before)


def _read_me(files: list[BundleFile], not_compared: str) -> BundleFile:
    rows = [f"{each.name}: {len(each.content.encode()):,} bytes, left out {each.left_out:,}" for each in files]
    closed = [_CLOSED.format(reason=not_compared)] if not_compared else []
    return BundleFile("README.txt", "\n".join((_HEAD, *rows, *closed, "")), 0)
