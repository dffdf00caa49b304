"""Files of a month for programs: its counts as JSON and CSV, and the root of the log as OpenSSL checks it."""

import csv
import io
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_edge.domain.log_proofs.cosignatures import cosigned_message, time_of
from alpr_edge.domain.log_proofs.notes import NoteKey, SignedNote
from alpr_edge.domain.publication.published_month import PublishedMonth

COUNTS, TABLE, SCHEMA = "counts.json", "counts.csv", "counts.schema.json"
ROOT, MESSAGE, SIGNATURE = "log-root.txt", "log-root.message", "log-root.sig"
KEY, PEM = "log-key.txt", "log-key.pem"
HIDDEN = "hidden"
_TIME_BYTES = 8
_HEADERS = ("month", "version", "table", "label", "further_label", "count")


def counts_csv(months: list[PublishedMonth]) -> bytes:
    """The counts of months, a row each; a count that is hidden says so."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADERS)
    for month in months:
        about = (month.month, str(month.version))
        for figure in month.figures:
            writer.writerow((*about, "figures", figure.name, "", _count_text(figure.count)))
        for table in month.tables:
            for row in table.rows:
                writer.writerow((*about, table.name, row.labels[0], " ".join(row.labels[1:]), row.count))
            writer.writerow((*about, table.name, "all others together", "", _count_text(table.others)))
            writer.writerow((*about, table.name, "total", "", _count_text(table.total)))
    return text.getvalue().encode()


def all_counts_json(months: list[PublishedMonth]) -> bytes:
    """What holds of all months, as one object."""
    return _json({"schema_version": 1, "months": [month.model_dump(mode="json") for month in months]})


def schema_json() -> bytes:
    """The JSON Schema of a month's counts."""
    schema = PublishedMonth.model_json_schema(mode="serialization")
    return _json({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema)


def log_files(month: PublishedMonth, key: NoteKey) -> dict[str, bytes]:
    """The signed root of the log at the end of a month, and the same as bytes and signature for OpenSSL."""
    if month.log is None:
        return {}
    note = SignedNote.parse(month.log.note)
    signature = note.by(key)[0]
    message = cosigned_message(note.text, time_of(signature))
    return {
        ROOT: month.log.note.encode(),
        MESSAGE: message,
        SIGNATURE: signature.signature[_TIME_BYTES:],
    }


def key_files(key: NoteKey) -> dict[str, bytes]:
    """The public key that signs, as notes name it and as OpenSSL reads it."""
    public = Ed25519PublicKey.from_public_bytes(key.public_key)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {KEY: f"{key.text}\n".encode(), PEM: pem}


def _count_text(count: int | None) -> str:
    return HIDDEN if count is None else str(count)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"
