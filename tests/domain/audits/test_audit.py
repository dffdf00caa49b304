"""A sample is drawn again by its seed; nobody reviews themselves, and nobody signs off what they reviewed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.domain.audits.audit import (
    Audit,
    AuditDraw,
    AuditSample,
    AuditState,
    AuditStep,
    AuditStepKind,
    RecordFinding,
    SampledRecord,
    SampleReview,
    check_review,
    check_sign_off,
    numbers_text,
    parse_numbers,
)
from alpr_edge.domain.audits.record_keys import RecordKey
from alpr_edge.domain.audits.samples import draw_sample, parse_seed, sample_size
from alpr_edge.domain.audits.schedule import AuditRules, parse_period, schedule_of
from alpr_edge.domain.errors import AuditError

SEED = bytes(range(32))
KEYS = [RecordKey(log * 32, number) for log in "ab" for number in range(50)]
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
DRAW = AuditDraw(date(2026, 10, 1), date(2026, 10, 31), "UTC", SEED.hex(), False, 5, 10, ())  # noqa: FBT003 - of the draw
PEOPLE = ("p-1", "p-2", "p-1")
RULES = AuditRules(92, 30, 5, 10, "UTC", "the department")


def step(kind: AuditStepKind, person_id: str, **content: object) -> AuditStep:
    return AuditStep(kind, person_id, person_id.upper(), AT, **content)  # type: ignore[arg-type] # as named


SAMPLE = AuditSample(90, 0, (), tuple(SampledRecord(KEYS[n], who, who.upper(), ()) for n, who in enumerate(PEOPLE)))
DRAWN = Audit(1, (step(AuditStepKind.DRAWN, "p-9", draw=DRAW),))
SAMPLED = Audit(1, (*DRAWN.steps, step(AuditStepKind.SAMPLED, "p-9", sample=SAMPLE)))


def with_review(audit: Audit, reviewer: str, numbers: tuple[int, ...], finding: RecordFinding) -> Audit:
    review = SampleReview(numbers, finding, "as I saw it")
    check_review(audit, review, reviewer, reviewer.upper())
    return Audit(audit.number, (*audit.steps, step(AuditStepKind.REVIEWED, reviewer, review=review)))


@settings(max_examples=25)
@given(st.sets(st.sampled_from(KEYS)), st.integers(0, 30), st.integers(0, 30), st.randoms(use_true_random=False))
def test_a_sample_is_the_same_whoever_draws_it_and_a_larger_one_holds_it(
    keys: set[RecordKey], some: int, more: int, random: object
) -> None:
    mixed = sorted(keys)
    random.shuffle(mixed)  # type: ignore[attr-defined] # of hypothesis
    small, large = draw_sample(SEED, sorted(keys), some), draw_sample(SEED, mixed, some + more)
    assert set(small) <= set(large) <= keys
    assert len(small) == min(some, len(keys))


def test_a_sample_is_what_it_was_and_another_seed_draws_another() -> None:
    drawn = draw_sample(SEED, KEYS, 4)
    assert [key.text[:1] + key.text[32:] for key in drawn] == ["a:11", "a:21", "a:37", "b:11"]
    assert draw_sample(bytes(32), KEYS, 4) != drawn
    assert [sample_size(count, 5, 10) for count in (0, 7, 100, 201, 1000)] == [0, 7, 10, 11, 50]


def test_an_audit_goes_its_way() -> None:
    assert (DRAWN.state, SAMPLED.state, SAMPLED.unreviewed_numbers) == (
        AuditState.DRAWN,
        AuditState.IN_REVIEW,
        (1, 2, 3),
    )
    first = with_review(SAMPLED, "p-2", (1, 3), RecordFinding.IN_ORDER)
    assert (first.state, first.unreviewed_numbers) == (AuditState.IN_REVIEW, (2,))
    whole = with_review(first, "p-3", (2,), RecordFinding.VIOLATION)
    assert (whole.state, whole.violations) == (AuditState.REVIEWED, (2,))
    again = with_review(whole, "p-3", (2,), RecordFinding.EXPLAINED)
    assert (again.violations, len(again.steps)) == ((), 5), "each finding stays on file, the last one counts"
    check_sign_off(whole, "p-1", "P-1", "as reported")
    signed = Audit(1, (*whole.steps, step(AuditStepKind.SIGNED_OFF, "p-1")))
    assert signed.state is AuditState.SIGNED_OFF
    for act in (
        lambda: check_sign_off(signed, "p-4", "P-4", ""),
        lambda: with_review(signed, "p-3", (2,), RecordFinding.IN_ORDER),
    ):
        with pytest.raises(AuditError, match="audit 1 is signed off"):
            act()


def check(numbers: tuple[int, ...], finding: RecordFinding, text: str, flags: tuple[int, ...] = ()) -> None:
    """Check a review of a sample whose second record stands out by some flags."""
    sampled = (SAMPLE.sampled[0], replace(SAMPLE.sampled[1], flags=flags), SAMPLE.sampled[2])
    sample = replace(SAMPLE, sampled=sampled)
    audit = Audit(1, (*DRAWN.steps, step(AuditStepKind.SAMPLED, "p-9", sample=sample)))
    check_review(audit, SampleReview(numbers, finding, text), "p-5", "P-5")


@pytest.mark.review2(16)
def test_what_stands_out_is_not_in_order_without_a_word() -> None:
    with pytest.raises(AuditError, match="say what you found"):
        check((2,), RecordFinding.IN_ORDER, "", flags=(0,))
    check((2,), RecordFinding.IN_ORDER, "compared with the case file", flags=(0,))
    check((2,), RecordFinding.IN_ORDER, "")


@pytest.mark.review2(16)
def test_several_records_are_not_in_order_by_one_press() -> None:
    with pytest.raises(AuditError, match="say what you found"):
        check((1, 2, 3), RecordFinding.IN_ORDER, "")
    check((1, 2, 3), RecordFinding.IN_ORDER, "each has a case, and the plate stands in its report")


@pytest.mark.review2(16)
def test_a_sign_off_says_something() -> None:
    whole = with_review(SAMPLED, "p-2", (1, 3), RecordFinding.EXPLAINED)
    whole = with_review(whole, "p-3", (2,), RecordFinding.EXPLAINED)
    for note in ("", "  "):
        with pytest.raises(AuditError, match="say what"):
            check_sign_off(whole, "p-5", "P-5", note)
    check_sign_off(whole, "p-5", "P-5", "no more to do")


@pytest.mark.review2(16)
def test_texts_of_an_audit_take_no_plate() -> None:
    with pytest.raises(AuditError, match="seems to name a plate"):
        check((2,), RecordFinding.EXPLAINED, "her own car, 8XYZ123")
    whole = with_review(
        with_review(SAMPLED, "p-2", (1, 3), RecordFinding.EXPLAINED), "p-3", (2,), RecordFinding.EXPLAINED
    )
    with pytest.raises(AuditError, match="seems to name a plate"):
        check_sign_off(whole, "p-5", "P-5", "the searches for 8XYZ 123 were hers")


def test_nobody_reviews_themselves_or_signs_off_what_they_reviewed() -> None:
    with pytest.raises(AuditError, match="number 3 is a record of your own"):
        with_review(SAMPLED, "p-1", (3,), RecordFinding.IN_ORDER)
    glass = replace(SAMPLE, sampled=(replace(SAMPLE.sampled[0], person_id="", person="Root"),))
    audit = Audit(1, (*DRAWN.steps, step(AuditStepKind.SAMPLED, "p-9", sample=glass)))
    with pytest.raises(AuditError, match="number 1 is a record of your own"):
        check_review(audit, SampleReview((1,), RecordFinding.IN_ORDER, ""), "p-7", "Root")
    whole = with_review(
        with_review(SAMPLED, "p-2", (1, 3), RecordFinding.VIOLATION), "p-3", (2,), RecordFinding.IN_ORDER
    )
    for person, told in (("p-2", "you reviewed"), ("p-3", "you reviewed"), ("p-1", "found to be a violation")):
        with pytest.raises(AuditError, match=told):
            check_sign_off(whole, person, person.upper(), "")
    with pytest.raises(AuditError, match="3 records of audit 1 have no finding"):
        check_sign_off(SAMPLED, "p-5", "P-5", "")
    with pytest.raises(AuditError, match="audit 1 is drawn"):
        with_review(DRAWN, "p-5", (1,), RecordFinding.IN_ORDER)


def test_whoever_broke_the_glass_does_not_sign_off_that_it_was_a_violation() -> None:
    glass = replace(SAMPLE, sampled=(replace(SAMPLE.sampled[0], person_id="", person="Root"),))
    drawn = Audit(1, (*DRAWN.steps, step(AuditStepKind.SAMPLED, "p-9", sample=glass)))
    found = with_review(drawn, "p-2", (1,), RecordFinding.VIOLATION)
    with pytest.raises(AuditError, match="found to be a violation"):
        check_sign_off(found, "p-7", "Root", "")
    check_sign_off(found, "p-7", "Somebody else", "as reported")
    check_sign_off(with_review(drawn, "p-2", (1,), RecordFinding.EXPLAINED), "p-7", "Root", "as reported")


@pytest.mark.parametrize(
    ("numbers", "text", "told"),
    [
        ((0,), "", "numbers 1 to 3"), ((4,), "", "1 to 3"), ((), "", "1 to 3"),
        ((1,), " ", "say what"), ((1,), "x" * 1001, "at most"),
    ],
)  # fmt: skip
def test_a_review_that_will_not_do(numbers: tuple[int, ...], text: str, told: str) -> None:
    with pytest.raises(AuditError, match=told):
        check_review(SAMPLED, SampleReview(numbers, RecordFinding.VIOLATION, text), "p-5", "P-5")


def test_numbers_and_seeds_that_are_typed() -> None:
    assert parse_numbers("8, 1-3,2") == (1, 2, 3, 8)
    for text in ("", "a", "3-1", "0", "1-100001", "-3"):
        with pytest.raises(AuditError, match="look like 1-5,8"):
            parse_numbers(text)
    for numbers in ((), (7,), (1, 2, 3, 8), (2, 4, 5)):
        assert not numbers or parse_numbers(numbers_text(numbers)) == numbers
    assert [numbers_text(numbers) for numbers in ((), (1, 2, 3, 8, 10))] == ["", "1-3,8,10"]
    assert parse_seed("ab" * 16) == b"\xab" * 16
    for text in ("", "ab", "xy" * 16, "ab" * 65):
        with pytest.raises(AuditError, match="hexadecimal digits"):
            parse_seed(text)


def test_what_a_step_says_has_a_digest_that_knows_every_part_of_it() -> None:
    other = replace(DRAW, seed="00" * 32)
    digests = {step(AuditStepKind.DRAWN, "p-9", draw=draw).sha256 for draw in (DRAW, other)}
    assert len(digests | {SAMPLED.steps[1].sha256}) == 3
    assert step(AuditStepKind.DRAWN, "p-8", draw=DRAW).sha256 == DRAWN.steps[0].sha256


def test_what_is_due_and_what_is_overdue() -> None:
    today = date(2026, 11, 3)
    assert schedule_of((), None, today, RULES).warnings == ()
    fresh = schedule_of((), date(2026, 8, 3), today, RULES)
    assert (fresh.begin, fresh.due, fresh.warnings) == (date(2026, 8, 3), today, ())
    (late,) = schedule_of((), date(2026, 8, 2), today, RULES).warnings
    assert late.startswith("no audit of the access logs since 2026-08-02: one was due by 2026-11-02; run:")
    open_one = schedule_of((SAMPLED,), date(2026, 8, 2), date(2026, 12, 3), RULES)
    assert (open_one.begin, open_one.unsigned) == (date(2026, 11, 1), (1,))
    assert [line[:45] for line in open_one.warnings] == ["audit 1, drawn on 2026-11-02, is not signed o"]
    assert schedule_of((SAMPLED,), None, date(2026, 12, 2), RULES).warnings == ()


def test_days_that_are_typed() -> None:
    schedule, today = schedule_of((SAMPLED,), None, date(2027, 1, 5), RULES), date(2027, 1, 5)
    for text, begin, until in (
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-11-01/2026-11-09", date(2026, 11, 1), date(2026, 11, 9)),
        ("", date(2026, 11, 1), today - timedelta(days=1)),
    ):
        period = parse_period(text, schedule, today)
        assert (period.begin, period.until) == (begin, until)
    for text, told in (
        ("2026-13", "no days"), ("2026-Q5", "no days"), ("yesterday", "no days"), ("2027-01", "not over yet"),
        ("2026-11-09/2026-11-01", "ends on its first day"), ("2026-10", "in an audit already"),
    ):  # fmt: skip
        with pytest.raises(AuditError, match=told):
            parse_period(text, schedule, today)
    with pytest.raises(AuditError, match="no days that are over"):
        parse_period("", schedule_of((), None, today, RULES), today)
