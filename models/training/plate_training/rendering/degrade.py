"""What a moving camera does to a grey picture: light, blur, noise, compression."""

import cv2
import numpy as np

from plate_training.contract import Picture

Rng = np.random.Generator


def to_grey(picture: Picture, rng: Rng) -> Picture:
    """Grey by random channel weights: sensors, and infrared lamps, see colours differently."""
    if rng.random() < 0.5:
        return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    weights = rng.dirichlet((1.5, 2.5, 2.0)).astype(np.float32)
    return cv2.transform(picture, weights[np.newaxis]).reshape(picture.shape[:2]).astype(np.uint8, copy=False)


def light(grey: Picture, rng: Rng) -> Picture:
    """Exposure, contrast and gamma through one look-up table, then shade or glare across the picture."""
    ramp = np.linspace(0, 1, 256, dtype=np.float32)
    low, high = (rng.uniform(0, 0.3), rng.uniform(0.5, 1.25)) if rng.random() < 0.6 else (0.0, 1.0)
    if rng.random() < 0.08:
        high = low + rng.uniform(0.1, 0.3)
    table = low + (high - low) * ramp ** rng.uniform(0.55, 1.8)
    picture = cv2.LUT(grey, np.clip(table * 255, 0, 255).astype(np.uint8)).astype(np.uint8, copy=False)
    return _shade(picture, rng) if rng.random() < 0.25 else picture


def _shade(grey: Picture, rng: Rng) -> Picture:
    """A soft shadow edge or a glare spot."""
    height, width = grey.shape
    coarse = rng.uniform(0.5, 1.4, (int(rng.integers(1, 4)), int(rng.integers(2, 5)))).astype(np.float32)
    gain = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    picture = grey * gain
    if rng.random() < 0.3:
        centre = int(rng.integers(width)), int(rng.integers(height))
        spot = np.zeros((height, width), np.float32)
        cv2.circle(spot, centre, max(2, int(rng.uniform(0.1, 0.4) * height)), float(rng.uniform(40, 130)), -1)
        picture = picture + cv2.GaussianBlur(spot, (0, 0), max(1.0, height / 8))
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def blur(grey: Picture, rng: Rng, reach_px: float) -> Picture:
    """Defocus or motion of up to ``reach_px``, or the ringing of a camera's sharpening."""
    kind = rng.random()
    if kind < 0.35:
        return cv2.GaussianBlur(grey, (0, 0), max(0.3, rng.uniform(0.2, 0.5) * reach_px)).astype(np.uint8, copy=False)
    if kind < 0.6:
        return _motion(grey, rng, reach_px)
    if kind < 0.75:
        soft = cv2.GaussianBlur(grey, (0, 0), 1.2)
        gain = float(rng.uniform(0.5, 1.5))
        return cv2.addWeighted(grey, 1 + gain, soft, -gain, 0).astype(np.uint8, copy=False)
    return grey


def _motion(grey: Picture, rng: Rng, reach_px: float) -> Picture:
    length = max(2, round(rng.uniform(0.4, 1.6) * reach_px))
    size = 2 * length + 1
    kernel = np.zeros((size, size), np.float32)
    angle = rng.normal(0, 0.4) if rng.random() < 0.7 else rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = [tuple(round(float(v)) for v in length + sign * reach) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return cv2.filter2D(grey, -1, kernel / kernel.sum()).astype(np.uint8, copy=False)


def noise(grey: Picture, rng: Rng) -> Picture:
    """Sensor noise, and JPEG as cameras and video leave it."""
    noisy = grey
    if rng.random() < 0.6:
        grain = rng.standard_normal(grey.shape, np.float32) * np.float32(rng.gamma(1.5, 3.0))
        noisy = np.clip(grey + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 95))])
        noisy = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)
    return noisy
