"""Which pictures of recognition the benchmark counts: each function that writes one, once."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from scripts.benchmarks.path.copies import MAKERS, PACKAGE, pictures_made

LIBRARY_CALL = re.compile(r"(?:np|cv2)(?:\.\w+)*\.(\w+)")
PICTURE = np.zeros((40, 60, 3), np.uint8)
JPEG = cv2.imencode(".jpg", PICTURE)[1]
CALLS: dict[str, Callable[[], object]] = {
    "cvtColor": lambda: cv2.cvtColor(PICTURE, cv2.COLOR_BGR2GRAY),
    "resize": lambda: cv2.resize(PICTURE, (30, 20)),
    "Laplacian": lambda: cv2.Laplacian(PICTURE, cv2.CV_32F),
    "GaussianBlur": lambda: cv2.GaussianBlur(PICTURE, (0, 0), 1),
    "copyMakeBorder": lambda: cv2.copyMakeBorder(PICTURE, 1, 1, 1, 1, cv2.BORDER_CONSTANT),
    "warpAffine": lambda: cv2.warpAffine(PICTURE, np.eye(2, 3), (60, 40)),
    "imencode": lambda: cv2.imencode(".jpg", PICTURE),
    "imdecode": lambda: cv2.imdecode(JPEG, cv2.IMREAD_COLOR),
    "absdiff": lambda: cv2.absdiff(PICTURE, PICTURE),
    "addWeighted": lambda: cv2.addWeighted(PICTURE, 2, PICTURE, -1, 0),
    "copy": lambda: [PICTURE.copy(), {}.copy()],
    "astype": lambda: PICTURE.astype(np.float32),
    "tobytes": lambda: PICTURE.tobytes("C"),
    "ascontiguousarray": lambda: np.ascontiguousarray(PICTURE),
    "array": lambda: np.array([1.0, 2.0]),
    "empty": lambda: np.empty((2, 3)),
    "zeros": lambda: np.zeros((2, 3)),
    "zeros_like": lambda: np.zeros_like(PICTURE),
    "full": lambda: np.full((2, 3), 7),
    "concatenate": lambda: np.concatenate([PICTURE, PICTURE]),
    "stack": lambda: np.stack([PICTURE, PICTURE]),
    "hstack": lambda: np.hstack([PICTURE, PICTURE]),
}
MAKE_NONE = frozenset(
    {
        # The same memory under another shape or type, for the most part.
        *("asarray", "frombuffer", "array_split"),
        # Universal functions, which no profile tells by their names.
        *("maximum", "isfinite", "log", "sqrt"),
        # Numbers, or a few of them.
        *("argmax", "clip", "count_nonzero", "flatnonzero", "float32", "geomspace", "median", "norm", "percentile"),
        *("sumElems", "getRotationMatrix2D", "column_stack", "diag", "mean"),
    }
)
"""What recognition calls of NumPy and OpenCV besides."""


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_each_is_counted_once_and_by_its_name(name: str) -> None:
    assert pictures_made(CALLS[name], Path(__file__)) == {name: 1}
    assert not pictures_made(CALLS[name])


def test_nothing_is_counted_of_functions_that_make_none() -> None:
    assert not pictures_made(lambda: [np.percentile(PICTURE, 5), np.median(PICTURE)], Path(__file__))


def test_every_function_that_recognition_calls_is_known_to_make_a_picture_or_none() -> None:
    names: set[str] = set()
    for path in (PACKAGE / "vision").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (match := LIBRARY_CALL.fullmatch(ast.unparse(node.func))):
                names.add(match[1])
    assert names - MAKERS - MAKE_NONE == set()
    assert names >= MAKE_NONE
