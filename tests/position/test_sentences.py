import string
from datetime import date, time

import pynmea2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.position.sentences import Rejection, Sentence, SentenceKind, SentenceRefusal, parse

RMC = b"$GNRMC,101530.25,A,3738.3460,N,12059.8140,W,19.438,271.50,020326,,,A,V*"
GGA = b"$GPGGA,101530.25,3738.3460,N,12059.8140,W,1,09,0.92,27.0,M,-28.0,M,,*"


def with_checksum(text: bytes) -> bytes:
    """The sentence with its right checksum."""
    body = text.lstrip(b"$").split(b"*", maxsplit=1)[0].decode("latin-1")
    return b"$" + body.encode("latin-1") + f"*{pynmea2.NMEASentence.checksum(body):02X}\r\n".encode()


def refusal_of(text: bytes) -> SentenceRefusal:
    result = parse(with_checksum(text))
    assert isinstance(result, SentenceRefusal)
    return result


def test_rmc_gives_place_speed_course_and_date() -> None:
    sentence = parse(with_checksum(RMC))
    assert isinstance(sentence, Sentence)
    assert sentence.kind is SentenceKind.RMC
    assert sentence.time_of_day == time(10, 15, 30, 250_000)
    assert sentence.day == date(2026, 3, 2)
    assert (sentence.lat_deg, sentence.lon_deg) == pytest.approx((37.6391, -120.9969))
    assert sentence.speed_mps == pytest.approx(10.0, abs=0.001)
    assert sentence.course_deg == 271.5
    assert sentence.hdop is None


def test_gga_gives_place_hdop_and_satellites() -> None:
    sentence = parse(with_checksum(GGA))
    assert isinstance(sentence, Sentence)
    assert (sentence.kind, sentence.hdop, sentence.satellites) == (SentenceKind.GGA, 0.92, 9)
    assert sentence.day is None


@pytest.mark.parametrize("talker", [b"GP", b"GN", b"GL", b"GA", b"BD", b"GB", b"QZ", b"II"])
def test_any_talker(talker: bytes) -> None:
    assert isinstance(parse(with_checksum(RMC.replace(b"GN", talker, 1))), Sentence)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b",A,3738", b",V,3738", Rejection.VOID),
        (b",A,3738", b",,3738", Rejection.VOID),
        (b",A,V", b",N,V", Rejection.VOID),
        (b",A,V", b",E,V", Rejection.NOT_MEASURED),
        (b",A,V", b",S,V", Rejection.NOT_MEASURED),
        (b"3738.3460,N", b",", Rejection.MALFORMED),
        (b"3738.3460,N", b"3738.3460,E", Rejection.MALFORMED),
        (b"3738.3460,N", b"3778.3460,N", Rejection.MALFORMED),
        (b"3738.3460,N", b"37x8.3460,N", Rejection.MALFORMED),
        (b"3738.3460,N", b"9938.3460,N", Rejection.OUT_OF_RANGE),
        (b"12059.8140,W", b"18059.8140,W", Rejection.OUT_OF_RANGE),
        (b"3738.3460,N,12059.8140,W", b"0000.0000,N,00000.0000,E", Rejection.OUT_OF_RANGE),
        (b"101530.25", b"", Rejection.MALFORMED),
        (b"101530.25", b"256000", Rejection.MALFORMED),
    ],
)
def test_rmc_that_is_no_place(old: bytes, new: bytes, reason: Rejection) -> None:
    assert refusal_of(RMC.replace(old, new)).reason is reason


@pytest.mark.parametrize(
    ("quality", "reason"),
    [
        (b"0", Rejection.VOID),
        (b"", Rejection.VOID),
        (b"6", Rejection.NOT_MEASURED),
        (b"7", Rejection.NOT_MEASURED),
        (b"8", Rejection.NOT_MEASURED),
        (b"x", Rejection.MALFORMED),
    ],
)
def test_gga_quality(quality: bytes, reason: Rejection) -> None:
    assert refusal_of(GGA.replace(b",W,1,", b",W," + quality + b",")).reason is reason


@pytest.mark.parametrize(("old", "new"), [(b"3738.3460,N", b","), (b"101530.25", b"")])
def test_gga_without_place_or_time(old: bytes, new: bytes) -> None:
    assert refusal_of(GGA.replace(old, new)).reason is Rejection.MALFORMED


def test_refusal_says_its_moment() -> None:
    refusal = refusal_of(RMC.replace(b",A,3738", b",V,3738"))
    assert (refusal.kind, refusal.time_of_day) == (SentenceKind.RMC, time(10, 15, 30, 250_000))


@pytest.mark.parametrize("bad", [b"nan", b"inf", b"1_0", b"-3", b"1e5", b"abc"])
def test_bad_numbers_are_left_out_and_the_place_kept(bad: bytes) -> None:
    sentence = parse(with_checksum(RMC.replace(b"19.438,271.50", bad + b"," + bad)))
    assert isinstance(sentence, Sentence)
    assert (sentence.speed_mps, sentence.course_deg) == (None, None)


@pytest.mark.parametrize("bad", [b"", b"320326", b"021326", b"2026-03-02", b"ab0326"])
def test_bad_date_is_left_out_and_the_place_kept(bad: bytes) -> None:
    sentence = parse(with_checksum(RMC.replace(b"020326", bad)))
    assert isinstance(sentence, Sentence)
    assert sentence.day is None


def test_checksum_is_required_and_must_match() -> None:
    whole = with_checksum(RMC)
    assert parse(whole.split(b"*")[0] + b"\r\n") == SentenceRefusal(Rejection.MALFORMED)
    assert parse(whole.replace(b"3738", b"3739")) == SentenceRefusal(Rejection.CHECKSUM)


def test_what_follows_the_last_dollar_counts() -> None:
    assert parse(b"\x00\xb5b$GPGSV,3,1,12,31," + with_checksum(GGA)) == parse(with_checksum(GGA))


@pytest.mark.parametrize(
    "text",
    [b"$GPGSA,A,3,20,,,,31*", b"$PSRFEPE,074150.799,V*", b"$PARMC,1,2*", b"$PQRMC,101530,A*", b"$GPZZZ,1*", b"$*"],
)
def test_other_sentences_are_sound_and_say_nothing(text: bytes) -> None:
    assert parse(with_checksum(text)) is None


@given(st.binary(max_size=300))
def test_any_bytes_never_raise(line: bytes) -> None:
    parse(line)


@given(st.text(alphabet=string.printable, max_size=80), st.sampled_from(["RMC", "GGA"]))
def test_any_sealed_fields_never_raise(fields: str, kind: str) -> None:
    parse(with_checksum(f"$GP{kind},{fields}".encode()))


@given(st.sampled_from([RMC, GGA]), st.data())
def test_one_flipped_byte_never_moves_the_place(text: bytes, data: st.DataObject) -> None:
    line = with_checksum(text)
    index = data.draw(st.integers(0, len(line) - 1))
    byte = data.draw(st.integers(0, 255))
    result = parse(line[:index] + bytes([byte]) + line[index + 1 :])
    assert not isinstance(result, Sentence) or result == parse(line)
