"""Names of the files of a package, and which names a file in one may have.

The payload of the bag lies below ``data``; everything else is a tag file. No name holds a plate, a case or anything
else of the content: reads are numbered, so that what a feed or a person wrote never becomes part of a path.
"""

import re

from alpr_edge.domain.errors import EvidenceError

PAYLOAD = "data/"
INDEX = "index.html"
"""The start page; a tag file, so that it lies where somebody opens the folder."""
DECLARATION = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
NOTE = f"{TAG_MANIFEST}.note"
MINISIG = f"{TAG_MANIFEST}.minisig"
TIME_STAMP = f"{TAG_MANIFEST}.tsr"
STAMP_WORDS = "; time stamp sha256:"
"""Behind these words the signed comment of the minisign signature has the digest of the time stamp, if there is one."""
BESIDE_TAG_MANIFEST = (NOTE, MINISIG, TIME_STAMP)
"""Files that no manifest lists: they are made from the tag manifest."""
MINISIGN_KEY = "keys/signing.pub"
CERTIFICATE = "keys/signing.pem"
AUTHORITY = "keys/authority.pem"
PACKAGE = "data/package.json"
RELEASE = "data/release.json"
"""Of packages for other agencies alone."""
ACCESSES = "data/access/accesses.csv"
"""Who looked at the reads, a line an access; of packages of a department alone."""
READS_A_PAGE = 200
PROVENANCE = "provenance.json"
READ_RECORD = "record.json"
PATH_BYTES_MAX = 240
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""Names that Windows takes for devices, whatever their ending."""


def check_path(path: str) -> str:
    """Return the path of a file inside a package if it may be one.

    It is relative, has no step upwards, and is a name on every system that a package is opened on: Windows, macOS and
    Linux, on FAT and in a zip.
    """
    segments = path.split("/")
    if len(path) > PATH_BYTES_MAX or not all(_is_segment(segment) for segment in segments):
        raise EvidenceError("a file name that a package may not have: letters, digits, dot, dash and underscore alone")
    return path


def _is_segment(segment: str) -> bool:
    is_plain = _SEGMENT.fullmatch(segment) is not None and not segment.endswith(".")
    return is_plain and segment.partition(".")[0].lower() not in _DEVICES


def span_of(number: int) -> str:
    """The name of the page of a read, by the read's number from 1: ``00001-00200``."""
    first = (number - 1) // READS_A_PAGE * READS_A_PAGE + 1
    return f"{first:05}-{first + READS_A_PAGE - 1:05}"


def read_folder(number: int) -> str:
    """The folder of a read, by its number from 1."""
    return f"{PAYLOAD}reads/{span_of(number)}/{number:05}"


def record_name(kind: str, number: int) -> str:
    """The name of the file of what was said of a read, by its kind and its number from 1."""
    return f"{kind.replace('_', '-')}-{number}.json"


def page_path(number: int) -> str:
    """The page that shows a read, by the read's number."""
    return f"{PAYLOAD}pages/reads-{span_of(number)}.html"


def read_anchor(number: int) -> str:
    """What names a read on its page, by its number from 1."""
    return f"read-{number:05}"


def log_folder(number: int) -> str:
    """The folder of an access log, by its number from 1."""
    return f"{PAYLOAD}access/log-{number}"


def canvass_folder(number: int) -> str:
    """The folder of a canvass, by its number from 1."""
    return f"{PAYLOAD}canvasses/{number}"
