"""The seven properties of alerts, over random looks, lists, answers, mutes, clock steps, restarts and two cameras."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from alpr_edge.domain.hits import Reason
from tests.app.pipeline.alert_world import Street

TEXTS = ("7ABC123", "7ABC128", "7ABCI23", "5XYZ900")
REASONS = (Reason.AMBER_ALERT, Reason.STOLEN_VEHICLE, Reason.SEX_OFFENDER)
LOOKS = st.lists(
    st.tuples(
        st.sampled_from(["front", "rear"]),
        st.integers(0, 2),
        st.sampled_from(TEXTS),
        st.sampled_from([0.999, 0.95, 0.7, 0.5]),
    ),
    max_size=4,
    unique_by=lambda look: look[:2],
)
GAPS = st.sampled_from([33.0, 100.0, 100.0, 400.0, 1000.0, 2500.0])


class AlertMachine(RuleBasedStateMachine):
    """What may happen on a street."""

    @initialize()
    def begin(self) -> None:
        self.street = Street()

    @rule(looks=LOOKS, gap_ms=GAPS, times=st.integers(1, 6))
    def cars_are_in_view(self, looks: list[tuple[str, int, str, float]], gap_ms: float, times: int) -> None:
        for _ in range(times):
            self.street.changed_ms = self.street.ms
            self.street.show(looks, gap_ms)

    @rule(gap_ms=st.sampled_from([500.0, 3000.0, 40_000.0]))
    def nothing_is_in_view(self, gap_ms: float) -> None:
        self.street.show([], gap_ms)

    @rule(
        plate=st.sampled_from((*TEXTS, "7ABC12?")),
        reason=st.sampled_from(REASONS),
        size=st.sampled_from([10, 50_000]),
        covert=st.booleans(),
    )
    def an_entry_goes_live(self, plate: str, reason: Reason, size: int, *, covert: bool) -> None:
        if plate not in self.street.lists.entries:
            self.street.lists.add(plate, reason, size, covert=covert)
            self.street.changed_ms = self.street.ms

    @rule(plate=st.sampled_from((*TEXTS, "7ABC12?")))
    def an_entry_is_removed(self, plate: str) -> None:
        self.street.lists.entries.pop(plate, None)
        self.street.changed_ms = self.street.ms

    @precondition(lambda self: self.street.records)
    @rule(choice=st.integers(0, 1000), answer=st.sampled_from(["misread", "not_this_vehicle", None]))
    def an_officer_answers(self, choice: int, answer: str | None) -> None:
        hit_ids = list(self.street.records)
        self.street.answer(hit_ids[choice % len(hit_ids)], answer)
        self.street.changed_ms = self.street.ms

    @precondition(lambda self: self.street.records)
    @rule(choice=st.integers(0, 1000), text=st.sampled_from(TEXTS))
    def an_officer_corrects(self, choice: int, text: str) -> None:
        hits = [self.street.hits[hit_id] for hit_id in self.street.records]
        self.street.correct(hits[choice % len(hits)].read_id, text)

    @rule()
    def the_unit_is_muted_or_heard_again(self) -> None:
        self.street.muted = not self.street.muted
        self.street.change_condition("muted")

    @rule()
    def officers_sign_out_or_in(self) -> None:
        self.street.silent = not self.street.silent
        self.street.change_condition("silent")

    @rule()
    def the_sound_device_goes_or_comes(self) -> None:
        self.street.device.up = not self.street.device.up
        self.street.change_condition("device")

    @rule(seconds=st.sampled_from([-86_400, -10, 10, 86_400]), trusted=st.booleans())
    def the_clock_steps(self, seconds: int, *, trusted: bool) -> None:
        self.street.utc_shift += type(self.street.utc_shift)(seconds=seconds)
        self.street.trusted = trusted

    @rule()
    def the_unit_restarts(self) -> None:
        self.street.restart()

    def teardown(self) -> None:
        if hasattr(self, "street"):
            self.street.finish()


def _run(examples: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        AlertMachine,
        settings=settings(max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=checks),
    )


def test_what_is_listed_is_heard_and_what_is_disowned_is_not() -> None:
    _run(2_000)


def test_a_withdrawal_lets_no_other_entry_of_the_same_tone_sound_again() -> None:
    street = Street()
    for plate in ("7ABC123", "7ABC12?"):
        street.lists.add(plate, Reason.AMBER_ALERT, 10, covert=False)
    for _ in range(2):
        street.show([("front", 0, "7ABCI23", 0.95), ("rear", 0, "7ABC123", 0.999)], 2500)
    street.finish()
    heard = [record for record in street.records.values() if record.sounded_at is not None]
    told = {street.hits[record.alert.hit_id].entry.plate: record.late_tone for record in heard}
    assert told["7ABC123"] is None


@pytest.mark.slow
def test_the_same_over_a_hundred_thousand_streets() -> None:
    _run(100_000)
