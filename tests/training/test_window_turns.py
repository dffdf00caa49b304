import numpy as np

from plate_training.detector.window_turns import turn_window

BOX = np.array([120, 150, 180, 170], np.float32)


def test_a_box_stays_about_what_it_is_of() -> None:
    window = np.zeros((320, 320), np.uint8)
    window[150:170, 120:180] = 255
    turned_count, narrowed, wide = 0, 0, BOX[2] - BOX[0]
    for seed in range(60):
        turned, ((box,), unsure) = turn_window(window, ([BOX], []), np.random.default_rng(seed))
        if turned.max() < 255:
            continue  # dark: the grey behind the edges is as bright as what is looked for
        rows, columns = np.nonzero(turned > 200)
        seen = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert unsure == []
        assert np.abs(box - seen).max() < 4
        turned_count += not np.array_equal(box, BOX)
        narrowed += box[2] - box[0] < 0.8 * wide
    assert turned_count > 10
    assert narrowed > 3


def test_windows_are_left_as_they_are_mirrored_turned_and_dark() -> None:
    window = np.full((320, 320), 200, np.uint8)
    window[:, :10] = 250
    drawn = [turn_window(window, ([BOX],), np.random.default_rng(seed))[0] for seed in range(60)]
    assert any(np.array_equal(each, window) for each in drawn)
    assert any(np.array_equal(each, window[:, ::-1]) for each in drawn)
    assert any(each[160, 160] < 110 for each in drawn)
    assert any(each[0, 0] == 114 or each[-1, -1] == 114 for each in drawn)
