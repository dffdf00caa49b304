"""The document of data, keys, bounds and rules is as complete as the code, and says its numbers."""

import ast
import importlib
import re
from pathlib import Path

from alpr_edge.department.copying.tables import plain_tables
from alpr_edge.store.access.schema import metadata as accounts
from alpr_edge.store.access_log.schema import metadata as access_log
from alpr_edge.store.db.schema import metadata as unit
from alpr_edge.store.keys import KEY_NAMES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "config" / "data-classes.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"(?ms)^## ([^\n]+)\n(.*?)(?=^## |\Z)", TEXT))
COMPUTES = re.compile(
    r"(?m)^(?:from|import) (?:cryptography\.hazmat\.primitives\.(?:ciphers|kdf|hpke)|cryptography\.fernet|Cryptodome|"
    r"pyzipper|argon2|pyotp|hmac)\b|\bpbkdf2_hmac\b"
)
"""A line by which a file ciphers, derives a key, or authenticates by one."""


def rows_of(section: str, columns: int) -> list[list[str]]:
    """The cells of the tables of a section that have so many columns, without their heads."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if len(row) == columns and row[0] not in {"class", "key", "algorithm", "what", "where"}]


def sources() -> dict[str, str]:
    """Every file of the product by its path below the checkout."""
    paths = sorted((ROOT / "alpr_edge").rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def names_of(cell: str) -> list[str]:
    return re.findall(r"`([a-z_]+)`", cell)


def test_every_table_is_of_one_class_and_every_class_is_described() -> None:
    described = [row[0] for row in rows_of("Classes of data", 7)]
    listed = rows_of("Classes of data", 3)
    assert [row[0] for row in listed] == described
    assert len(described) == len(set(described)) > 5
    at_department = [name for row in listed for name in names_of(row[1])]
    in_car = [name for row in listed for name in names_of(row[2])]
    assert sorted(at_department) == [table.name for table in plain_tables()]
    assert sorted(in_car) == sorted({*unit.tables, *accounts.tables, *access_log.tables})
    for row in rows_of("Classes of data", 7):
        assert all(row), row[0]


def test_every_key_has_a_row_with_the_file_that_holds_it() -> None:
    rows = {name: row for row in rows_of("Keys", 5) for name in re.findall(r"`([a-z]+\.key)`", row[0])}
    texts = sources()
    in_code = {name for text in texts.values() for name in re.findall(r'"(?:[^"\n]*/)?([a-z]+\.key)"', text)}
    assert set(rows) == in_code | {f"{name}.key" for name in KEY_NAMES}
    for name, row in rows.items():
        assert all(row), name
        (place,) = re.findall(r"`(alpr_edge/[a-z_/]+\.py)`", row[2])
        kind = row[1].split(",")[0]
        classes = {
            "ECDSA": "ec.",
            "X25519": "X25519PrivateKey",
            "Ed25519": "Ed25519PrivateKey",
            "AES-256-GCM": "AESGCM",
        }
        assert kind == "SQLCipher" or classes[kind] in texts[place], (name, place)


def test_every_length_of_life_of_a_certificate_is_that_of_the_code() -> None:
    authority = importlib.import_module("alpr_edge.department.pki.authority")
    (section,) = (SECTIONS["Keys"],)
    assert {int(days) for days in re.findall(r"\| (\d+) days \(`[A-Z]+_DAYS`\)", section)} == {authority.SERVER_DAYS}
    assert authority.UNIT_DAYS == authority.SERVER_DAYS
    assert ("after ten years (`AUTHORITY_DAYS`)" in section, authority.AUTHORITY_DAYS) == (True, 3650)


def test_every_file_that_computes_with_a_key_is_named_with_its_algorithm() -> None:
    rows = rows_of("Algorithms", 4)
    named = {path for row in rows for path in re.findall(r"`(alpr_edge/[a-z_/0-9]+\.py)`", row[3])}
    texts = sources()
    assert named <= set(texts)
    computing = {path for path, text in texts.items() if COMPUTES.search(text)}
    assert computing - named == set()
    assert len(computing) > 20
    assert all(all(row) for row in rows)


def test_every_bound_is_that_of_the_code() -> None:
    rows = rows_of("What is expensive, and its bound", 3)
    assert len(rows) > 10
    for what, why, bound in rows:
        match = re.fullmatch(r"`([a-z_/]+)\.py` `([A-Z_]+)` = (\d+)", bound)
        assert match is not None, what
        assert why, what
        module = importlib.import_module(match[1].replace("/", "."))
        assert getattr(module, match[2]) == int(match[3]), bound


def test_every_rule_of_combined_fields_of_a_model_is_in_the_table() -> None:
    rows = rows_of("Values that go together", 3)
    told = {(match[1], match[2]) for row in rows if (match := re.fullmatch(r"`([a-z_/0-9]+\.py)` `(\w+)`", row[2]))}
    assert all(re.fullmatch(r"`([a-z_/0-9]+\.py)` `(\w+)`", row[2]) for row in rows)
    functions = {
        (path, node.name): any("model_validator" in ast.unparse(each) for each in node.decorator_list)
        for path, text in sources().items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }
    assert told <= set(functions)
    assert {key for key, is_validator in functions.items() if is_validator} - told == set()
