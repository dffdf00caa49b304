import numpy as np
import pytest
from numpy.typing import NDArray

from alpr_edge.domain.plates import ALPHABET
from alpr_edge.domain.recognition.frames import Probabilities
from plate_training.contract import SLOTS, text_of
from plate_training.reader.calibration import calibration_error, confidence_of, fit_calibration, log_loss

READS = 800


def draw_reads(smoothing: float, temperature: float) -> tuple[Probabilities, list[str], NDArray[np.bool_]]:
    """Reads whose plates are drawn from what a reader truly knows, told smoothed and at another temperature."""
    rng = np.random.default_rng(7)
    probabilities = np.full((READS, SLOTS, len(ALPHABET)), 1e-6)
    best = rng.integers(0, 10, (READS, SLOTS))
    sure = 1 - np.repeat(rng.beta(0.4, 8, (READS, 1)), SLOTS, axis=1)
    np.put_along_axis(probabilities, best[..., None], sure[..., None], axis=2)
    np.put_along_axis(probabilities, ((best + 1) % 10)[..., None], (1 - sure)[..., None], axis=2)
    probabilities /= probabilities.sum(axis=2, keepdims=True)
    truth = np.where(rng.random((READS, SLOTS)) < sure, best, (best + 1) % 10)
    reported_slots = probabilities**temperature
    reported_slots = (1 - smoothing) * reported_slots / reported_slots.sum(axis=2, keepdims=True) + smoothing / len(
        ALPHABET
    )
    texts = [text_of(row) for row in truth]
    return reported_slots.astype(np.float32), texts, (probabilities.argmax(axis=2) == truth).all(axis=1)


@pytest.mark.parametrize(("smoothing", "temperature"), [(0.02, 1.0), (0.0, 0.6)])
def test_the_fit_finds_what_was_done_to_the_probabilities(smoothing: float, temperature: float) -> None:
    slots, texts, right = draw_reads(smoothing, temperature)
    calibration = fit_calibration(slots, texts)
    confidence = confidence_of(calibration.of(slots))
    assert calibration.temperature == pytest.approx(temperature, abs=0.25)
    assert log_loss(confidence, right) <= log_loss(confidence_of(slots), right)
    assert calibration_error(confidence, right) < 0.05


def test_probabilities_that_are_right_stay_what_they_are() -> None:
    slots, texts, _ = draw_reads(0.0, 1.0)
    calibration = fit_calibration(slots, texts)
    assert calibration.temperature == pytest.approx(1, abs=0.15)
    assert np.abs(confidence_of(calibration.of(slots)) - confidence_of(slots)).mean() < 0.02
