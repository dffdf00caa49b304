from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from alpr_edge.app.pipeline.second_reader_worker import (
    WAITING_MAX,
    DirectSecondReader,
    QueuedSecondReader,
    second_reader_worker,
)
from alpr_edge.domain.errors import ModelError
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.vision.model_files.manifest import ModelFile
from alpr_edge.vision.second_reader import (
    BLANK,
    LABELS,
    PACKAGE,
    WEIGHTS,
    OnnxSecondReader,
    likelihood,
    load_second_reader,
)

CHARACTERS = "!·0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz中"
CROP = np.full((40, 90, 3), 120, np.uint8)

PATIENCE_S = 20


def recogniser(text: str, sure: float = 0.9, characters: str = CHARACTERS) -> ModelFile:
    """A CTC recogniser that spells ``text`` in every band, a blank before each character."""
    classes = len(characters) + 1
    columns = np.full((1, 2 * len(text) + 1, classes), (1 - sure) / (classes - 1), np.float32)
    for index in range(2 * len(text) + 1):
        columns[0, index, characters.index(text[index // 2]) + 1 if index % 2 else 0] = sure
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["means"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Squeeze", ["means", "last"], ["column"]),
        helper.make_node("Mul", ["column", "zero"], ["nothing"]),
        helper.make_node("Add", ["columns", "nothing"], ["said"]),
    ]
    constants = [
        numpy_helper.from_array(columns, "columns"),
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
        numpy_helper.from_array(np.array([3], np.int64), "last"),
    ]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 48, "W"])],
        [helper.make_tensor_value_info("said", TensorProto.FLOAT, ["N", "T", classes])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {"character": "\n".join(characters)})
    return ModelFile("second-reader", "test", "0" * 64, model.SerializeToString(), {})


@pytest.mark.parametrize(
    ("text", "plate"), [("8ABC123", "8ABC123"), ("80oO", "8000"), ("ab·12", "AB12"), ("中中", ""), ("AA11", "AA11")]
)
def test_it_reads_canonical_text_and_passes_over_the_rest(text: str, plate: str) -> None:
    assert OnnxSecondReader(recogniser(text)).consider(CROP, ()).plate == plate


def test_a_text_it_sees_is_likelier_than_one_it_does_not() -> None:
    opinion = OnnxSecondReader(recogniser("5SOW350")).consider(CROP, ("5S0W350", "5S0W750", "5S0W35"))
    assert opinion.plate == "5S0W350"
    assert opinion.likelihoods["5S0W350"] > 0.2
    assert opinion.likelihoods["5S0W350"] > 10 * max(opinion.likelihoods["5S0W750"], opinion.likelihoods["5S0W35"])


@pytest.mark.parametrize("shape", [(1, 1, 3), (4, 300, 3), (300, 4, 3), (720, 1280, 3)])
def test_crops_of_any_shape_are_read(shape: tuple[int, int, int]) -> None:
    assert OnnxSecondReader(recogniser("8ABC123")).consider(np.zeros(shape, np.uint8), ()).plate == "8ABC123"


def test_a_model_with_other_characters_is_refused() -> None:
    with pytest.raises(ModelError, match="not those of a text recogniser"):
        OnnxSecondReader(recogniser("12", characters="0123456789"))


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), min_size=1, max_size=4))
def test_the_likelihoods_of_all_texts_sum_to_one(rows: list[list[float]]) -> None:
    indices = [LABELS.index(character) for character in "1AB"] + [BLANK]
    columns = np.zeros((len(rows), len(LABELS) + 1))
    columns[:, indices] = np.array(rows) / np.sum(rows, axis=1, keepdims=True)
    texts, layer = [""], [""]
    for _ in rows:
        layer = [text + character for text in layer for character in "1AB"]
        texts += layer
    empty = float(columns[:, BLANK].prod())
    assert sum(likelihood(columns, text) for text in texts[1:]) + empty == pytest.approx(1)


def test_it_answers_in_a_stage_of_its_own_and_is_not_asked_beyond_its_room() -> None:
    busy, supervisor = QueuedSecondReader(OnnxSecondReader(recogniser("8ABC123"))), Supervisor()
    supervisor.add(busy.stage)
    supervisor.start()
    answers = [busy.ask(np.zeros((720, 1280, 3), np.uint8), ()) for _ in range(WAITING_MAX * 8)]
    answers_given = [answer for answer in answers if answer is not None]
    assert WAITING_MAX <= len(answers_given) < len(answers)
    assert {opinion.plate for answer in answers_given if (opinion := answer.result(20))} == {"8ABC123"}
    assert all(answer.done() for answer in answers_given)
    assert busy.ask(CROP, ()) is not None
    busy.close()
    assert supervisor.join(PATIENCE_S)


def test_a_replay_has_its_answer_at_once() -> None:
    answer = DirectSecondReader(OnnxSecondReader(recogniser("8ABC123"))).ask(CROP, ())
    opinion = answer.result(0)
    assert opinion is not None
    assert opinion.plate == "8ABC123"


def test_a_failing_second_reader_leaves_the_first_one_s_word() -> None:
    model = onnx.load_from_string(recogniser("8ABC123").content)
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 32
    broken = ModelFile("second-reader", "test", "0" * 64, model.SerializeToString(), {})
    worker = second_reader_worker(OnnxSecondReader(broken), live=False)
    assert worker is not None
    answer = worker.ask(CROP, ())
    assert answer is not None
    assert answer.result(0) is None


def test_without_a_second_reader_nobody_is_at_work() -> None:
    assert second_reader_worker(None, live=True) is None


def test_a_package_that_is_missing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error_info:
        load_second_reader([str(tmp_path)])
    assert str(error_info.value) == (
        'vision.second_reader is set, but rapidocr is not installed: pip install "alpr-edge[second-reader]"'
    )


@pytest.mark.parametrize(
    ("content", "message"), [(b"other", "not the weights of rapidocr 3.10"), (None, "cannot be read")]
)
def test_other_weights_are_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    package = tmp_path / PACKAGE
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    if content is not None:
        (package / WEIGHTS).write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_second_reader([str(tmp_path)])
