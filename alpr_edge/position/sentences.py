"""Parses one line of a receiver: RMC and GGA of any talker, checksum required.

pynmea2 takes a sentence apart; what it lets through is refused here. It takes a missing checksum unless told
otherwise, gives 0.0, 0.0 for a void RMC and coordinates for a GGA of quality 0, hands a bad number back as text,
and calls every RMC of a u-blox 8 invalid because its last field says that no navigational status is provided.
"""

import math
import re
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

import pynmea2

LINE_BYTES_MAX = 256
"""NMEA 0183 allows 82; receivers with many digits write up to 120."""
MPS_PER_KNOT = 1852 / 3600
_FRAME = re.compile(rb"[$!]([\x20-\x29\x2b-\x7e]*)\*([0-9A-Fa-f]{2})\s*$")
_KIND = re.compile(rb"[A-OQ-Z][A-Z](?:RMC|GGA),")  # P begins a maker's own sentence
_DEGREES_MINUTES = re.compile(r"(\d{2,3})(\d{2}(?:\.\d{1,12})?)")
_DECIMAL = re.compile(r"\d{1,6}(?:\.\d{1,12})?")
_MEASURED_QUALITIES = frozenset({1, 2, 3, 4, 5, 9})
"""NMEA 0183 GGA: GPS, differential, PPS, RTK fixed and float; NovAtel writes 9 for SBAS."""
_MEASURED_MODES = frozenset("ADFPR")
"""NMEA 0183 RMC: autonomous, differential, float RTK, precise, RTK; E, M and S are no measurements."""


class SentenceKind(StrEnum):
    """The two sentences that make a fix."""

    RMC = "RMC"
    GGA = "GGA"


class Rejection(StrEnum):
    """Why a line gave nothing."""

    OVERLONG = "overlong"
    MALFORMED = "malformed"
    CHECKSUM = "checksum"
    VOID = "void"
    """The receiver itself says that it has no fix."""
    NOT_MEASURED = "not_measured"
    """Estimated, typed in or simulated by the receiver: no evidence of a place."""
    OUT_OF_RANGE = "out_of_range"
    """No place on Earth, or exactly 0, 0: a receiver's way to say nothing."""
    BACKWARDS = "backwards"
    """A log whose time of day runs back."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A valid RMC or GGA; fields of the other kind are None."""

    kind: SentenceKind
    time_of_day: time
    lat_deg: float
    lon_deg: float
    day: date | None = None
    """With the century taken as 20: the sentence has two digits."""
    speed_mps: float | None = None
    course_deg: float | None = None
    hdop: float | None = None
    satellites: int | None = None


@dataclass(frozen=True, slots=True)
class SentenceRefusal:
    """A line without a position; an RMC or GGA still says which moment it refuses."""

    reason: Rejection
    kind: SentenceKind | None = None
    time_of_day: time | None = None


def parse(line: bytes) -> Sentence | SentenceRefusal | None:
    """Read one line; None is a sound sentence of another kind. Never raises, whatever the bytes.

    A sentence cut short by the next one is passed over: what follows the last ``$`` counts.
    """
    start = max(line.rfind(b"$"), line.rfind(b"!"))
    frame = _FRAME.match(line, max(0, start))
    if frame is None:
        return SentenceRefusal(Rejection.MALFORMED)
    body, checksum = frame.groups()
    if _checksum(body) != int(checksum, 16):
        return SentenceRefusal(Rejection.CHECKSUM)
    if line[start : start + 1] == b"!" or not _KIND.match(body):
        return None
    sentence = pynmea2.parse(f"${body.decode('ascii')}*{checksum.decode('ascii')}", check=True)
    return _rmc(sentence) if sentence.sentence_type == "RMC" else _gga(sentence)


def _checksum(body: bytes) -> int:
    value = 0
    for byte in body:
        value ^= byte
    return value


def _rmc(sentence: pynmea2.RMC) -> Sentence | SentenceRefusal:
    moment = _time(sentence.timestamp)
    mode = sentence.data[11] if len(sentence.data) > 11 else ""
    if sentence.status != "A" or mode == "N":
        return SentenceRefusal(Rejection.VOID, SentenceKind.RMC, moment)
    if mode and mode not in _MEASURED_MODES:
        return SentenceRefusal(Rejection.NOT_MEASURED, SentenceKind.RMC, moment)
    place = _place(sentence)
    if moment is None or isinstance(place, Rejection):
        return SentenceRefusal(place if isinstance(place, Rejection) else Rejection.MALFORMED, SentenceKind.RMC, moment)
    knots = _decimal(sentence.data[6:7])
    course = _decimal(sentence.data[7:8])
    return Sentence(
        SentenceKind.RMC,
        moment,
        *place,
        day=_date(sentence.data[8:9]),
        speed_mps=None if knots is None else knots * MPS_PER_KNOT,
        course_deg=course % 360 if course is not None and course <= 360 else None,
    )


def _gga(sentence: pynmea2.GGA) -> Sentence | SentenceRefusal:
    moment = _time(sentence.timestamp)
    quality = sentence.gps_qual
    if quality in {None, 0}:
        return SentenceRefusal(Rejection.VOID, SentenceKind.GGA, moment)
    if quality not in _MEASURED_QUALITIES:
        reason = Rejection.NOT_MEASURED if isinstance(quality, int) else Rejection.MALFORMED
        return SentenceRefusal(reason, SentenceKind.GGA, moment)
    place = _place(sentence)
    if moment is None or isinstance(place, Rejection):
        return SentenceRefusal(place if isinstance(place, Rejection) else Rejection.MALFORMED, SentenceKind.GGA, moment)
    satellites = _decimal(sentence.data[6:7])
    return Sentence(
        SentenceKind.GGA,
        moment,
        *place,
        hdop=_decimal(sentence.data[7:8]),
        satellites=None if satellites is None else int(satellites),
    )


def _time(value: object) -> time | None:
    """pynmea2's time of day, which is text where it could not be read."""
    return value.replace(tzinfo=None) if isinstance(value, time) else None


def _date(fields: list[str]) -> date | None:
    text = fields[0] if fields else ""
    if not re.fullmatch(r"[0-9]{6}", text):
        return None
    try:
        return date(2000 + int(text[4:6]), int(text[2:4]), int(text[0:2]))
    except ValueError:
        return None


def _decimal(fields: list[str]) -> float | None:
    """A plain unsigned number of the sentence; None when it is empty or anything else."""
    text = fields[0] if fields else ""
    return float(text) if _DECIMAL.fullmatch(text) else None


def _place(sentence: pynmea2.RMC | pynmea2.GGA) -> tuple[float, float] | Rejection:
    lat_deg = _degrees(sentence.lat, sentence.lat_dir, "NS")
    lon_deg = _degrees(sentence.lon, sentence.lon_dir, "EW")
    if lat_deg is None or lon_deg is None:
        return Rejection.MALFORMED
    nowhere = math.isclose(lat_deg, 0, abs_tol=1e-9) and math.isclose(lon_deg, 0, abs_tol=1e-9)
    return Rejection.OUT_OF_RANGE if nowhere or abs(lat_deg) > 90 or abs(lon_deg) > 180 else (lat_deg, lon_deg)


def _degrees(text: str, hemisphere: str, hemispheres: str) -> float | None:
    """Signed degrees from ``dddmm.mmmm``; the second hemisphere is negative."""
    match = _DEGREES_MINUTES.fullmatch(text)
    if match is None or len(hemisphere) != 1 or hemisphere not in hemispheres:
        return None
    degrees, minutes = float(match[1]), float(match[2])
    value = degrees + minutes / 60
    return None if minutes >= 60 else value if hemisphere == hemispheres[0] else -value
