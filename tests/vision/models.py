"""Small real ONNX files with known answers, and manifests that name them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from alpr_edge.domain.plates import ALPHABET
from alpr_edge.vision.plate_check import FEATURES, UNREAD_OUTPUT

SLOTS = 9
LEVEL_STEP = 8


def save(model: onnx.ModelProto, path: Path) -> Path:
    """Write a model."""
    path.write_bytes(model.SerializeToString())
    return path


def detector_model(
    rows: Sequence[Sequence[float]],
    shape: Sequence[int] = (1, 384, 640, 1),
    element: int = TensorProto.UINT8,
) -> onnx.ModelProto:
    """A detector that finds ``rows`` in every frame; it does look at its input, and adds nothing of it."""
    nodes = [
        helper.make_node("Cast", ["frames"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["rows", "nothing"], ["detections"]),
    ]
    constants = [
        numpy_helper.from_array(np.array(rows, np.float32).reshape(-1, 7), "rows"),
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
    ]
    return _model(nodes, constants, ("frames", element, shape), ("detections", (len(rows), 7)))


def reader_model(
    text: str,
    certainty: float = 0.9,
    alphabet: int = len(ALPHABET),
    shape: Sequence[int | str] = ("N", 64, 128, 1),
) -> onnx.ModelProto:
    """A reader that reads ``text`` in every crop, so sure of each slot."""
    slots = np.full((1, SLOTS, alphabet), (1 - certainty) / (alphabet - 1), np.float32)
    for slot, character in enumerate(text.ljust(SLOTS, "_")):
        slots[0, slot, ALPHABET.index(character) % alphabet] = certainty
    nodes = [
        helper.make_node("Cast", ["plates"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values"], ["means"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Squeeze", ["means", "last"], ["column"]),
        helper.make_node("Mul", ["column", "zero"], ["nothing"]),
        helper.make_node("Add", ["slots", "nothing"], ["plate"]),
    ]
    constants = [
        numpy_helper.from_array(slots, "slots"),
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
        numpy_helper.from_array(np.array([3], np.int64), "last"),
    ]
    return _model(nodes, constants, ("plates", TensorProto.UINT8, shape), ("plate", ("N", SLOTS, alphabet)))


def check_model(
    feature: int, threshold: float = 0.0, features: int = FEATURES, unread: tuple[int, float] | None = None
) -> onnx.ModelProto:
    """A check of boxes that goes by one number of a box: a sigmoid about a threshold, as steep as it gets.

    Args:
        feature: the number of a read box that it goes by.
        threshold: the value of that number from which on a box is a plate.
        features: how many numbers it takes.
        unread: number and threshold of a box that is not read yet; None: it says nothing of these.
    """
    nodes, constants = _steep("probability", features, feature, threshold)
    model = _model(nodes, constants, ("features", TensorProto.FLOAT, ("N", features)), ("probability", ("N",)))
    if unread is not None:
        more_nodes, more_constants = _steep(UNREAD_OUTPUT, features, *unread)
        model.graph.node.extend(more_nodes)
        model.graph.initializer.extend(more_constants)
        model.graph.output.append(helper.make_tensor_value_info(UNREAD_OUTPUT, TensorProto.FLOAT, ("N",)))
    return model


def _steep(
    output: str, features: int, feature: int, threshold: float
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """A steep sigmoid of one number about a threshold."""
    weights = np.zeros((features, 1), np.float32)
    weights[feature] = 100.0
    nodes = [
        helper.make_node("MatMul", ["features", f"{output}.weights"], [f"{output}.column"]),
        helper.make_node("Add", [f"{output}.column", f"{output}.offset"], [f"{output}.shifted"]),
        helper.make_node("Sigmoid", [f"{output}.shifted"], [f"{output}.share"]),
        helper.make_node("Squeeze", [f"{output}.share", f"{output}.last"], [output]),
    ]
    constants = [
        numpy_helper.from_array(weights, f"{output}.weights"),
        numpy_helper.from_array(np.array(-100.0 * threshold, np.float32), f"{output}.offset"),
        numpy_helper.from_array(np.array([1], np.int64), f"{output}.last"),
    ]
    return nodes, constants


def name_check(folder: Path, model: onnx.ModelProto) -> None:
    """Write a check of boxes, and name it in the entry of the default detector."""
    file = save(model, folder / "plate-check.onnx")
    manifest = folder / "manifest.toml"
    text = manifest.read_text(encoding="utf-8").partition("\n[plate-check.default]")[0]
    text = (
        text.replace("[detector.default]\n", '[detector.default]\ncheck = "default"\n')
        if "check =" not in text
        else text
    )
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    entry = f'\n[plate-check.default]\nfile = "{file.name}"\nsha256 = "{digest}"\n'
    manifest.write_text(text + entry, encoding="utf-8")


def state_model(states: int, shape: Sequence[int | str] = ("N", 64, 128, 3)) -> onnx.ModelProto:
    """A reader of states that goes by brightness: a white plate is surely of the first state, a black one of none."""
    nodes = [
        helper.make_node("Cast", ["plates"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values"], ["bright"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["bright", "last"], ["column"]),
        helper.make_node("Mul", ["column", "rise"], ["shares"]),
        helper.make_node("Add", ["shares", "black"], ["states"]),
    ]
    rise, black = np.zeros((2, states + 1), np.float32)
    rise[0], rise[-1], black[-1] = 1 / 255, -1 / 255, 1.0
    constants = [
        numpy_helper.from_array(np.array([1], np.int64), "last"),
        numpy_helper.from_array(rise, "rise"),
        numpy_helper.from_array(black, "black"),
    ]
    return _model(nodes, constants, ("plates", TensorProto.UINT8, shape), ("states", ("N", states + 1)))


def name_states(
    folder: Path, model: onnx.ModelProto, facts: str = 'states = ["CO", "UT"]\nprobability_min = 0.7'
) -> None:
    """Write a reader of states with those lines of its entry, and name it in the entry of the default reader."""
    file = save(model, folder / "state-reader.onnx")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest = folder / "manifest.toml"
    text = manifest.read_text(encoding="utf-8").partition("\n[state-reader.default]")[0]
    if "state_reader =" not in text:
        text = text.replace("[reader.default]\n", '[reader.default]\nstate_reader = "default"\n')
    entry = f'\n[state-reader.default]\nfile = "{file.name}"\nsha256 = "{digest}"\n{facts}\n'
    manifest.write_text(text + entry, encoding="utf-8")


def _model(
    nodes: Sequence[onnx.NodeProto],
    constants: Sequence[onnx.TensorProto],
    inlet: tuple[str, int, Sequence[int | str]],
    outlet: tuple[str, Sequence[int | str]],
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(*inlet)],
        [helper.make_tensor_value_info(outlet[0], TensorProto.FLOAT, outlet[1])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def write_models(folder: Path, detector: onnx.ModelProto, reader: onnx.ModelProto) -> Path:
    """A models folder with both and their manifest; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for role, model in (("detector", detector), ("reader", reader)):
        path = save(model, folder / f"{role}.onnx")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f'[{role}.default]\nfile = "{path.name}"\nsha256 = "{digest}"\n')
    (folder / "manifest.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def write_near(folder: Path, model: onnx.ModelProto) -> None:
    """Add the detector for near plates to a models folder, named by the entry of the first."""
    path = save(model, folder / "detector-near.onnx")
    manifest = folder / "manifest.toml"
    text = manifest.read_text(encoding="utf-8").replace("sha256", 'near = "near"\nsha256', 1)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    text += f'\n[detector.near]\nfile = "{path.name}"\nsha256 = "{digest}"\n'
    manifest.write_text(text, encoding="utf-8")


def write_int8(folder: Path, role: str, model: onnx.ModelProto, name: str = "default") -> Path:
    """Add an int8 file to a model of a folder; returns the file."""
    path = save(model, folder / f"{role}-{name}-int8.onnx")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with (folder / "manifest.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[{role}.{name}.int8]\nfile = "{path.name}"\nsha256 = "{digest}"\n')
    return path


def slow_model(model: onnx.ModelProto, size: int = 700) -> onnx.ModelProto:
    """The same model with a product of matrices in it that takes many milliseconds, and changes nothing."""
    mean = next(node.output[0] for node in model.graph.node if node.op_type == "ReduceMean")
    (product,) = [node for node in model.graph.node if node.op_type == "Mul"]
    nodes = [
        helper.make_node("ReduceMean", [mean], ["slow.mean"], keepdims=0),
        helper.make_node("Expand", ["slow.mean", "slow.shape"], ["slow.0"]),
        *(helper.make_node("MatMul", [f"slow.{i}", "slow.0"], [f"slow.{i + 1}"]) for i in range(3)),
        helper.make_node("ReduceMean", ["slow.3"], ["slow.value"], keepdims=0),
        helper.make_node("Mul", ["slow.value", "zero"], ["slow.zero"]),
        helper.make_node("Add", [product.output[0], "slow.zero"], ["slow.nothing"]),
    ]
    place = list(model.graph.node).index(product) + 1
    for node in model.graph.node[place:]:
        node.input[:] = ["slow.nothing" if name == product.output[0] else name for name in node.input]
    rest = [*model.graph.node[:place], *nodes, *model.graph.node[place:]]
    del model.graph.node[:]
    model.graph.node.extend(rest)
    model.graph.initializer.append(numpy_helper.from_array(np.array([size, size], np.int64), "slow.shape"))
    return model


def brightness_models(plates: Sequence[str]) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Models for flat grey frames: level 0 shows nothing, level 8 * n shows the n-th plate (n from 1)."""
    return _brightness_detector(), _brightness_reader(plates)


def _brightness_detector() -> onnx.ModelProto:
    box = np.array([[0, 300, 180, 340, 200, 0, 0]], np.float32)
    score = np.array([[0, 0, 0, 0, 0, 0, 1]], np.float32)
    find = [
        helper.make_node("Cast", ["frames"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["values", "from", "to"], ["middle"]),
        helper.make_node("ReduceMean", ["middle"], ["mean"], keepdims=0),
        helper.make_node("Clip", ["mean", "zero", "high"], ["clipped"]),
        helper.make_node("Mul", ["clipped", "score"], ["scored"]),
        helper.make_node("Add", ["box", "scored"], ["detections"]),
    ]
    find_constants = [
        numpy_helper.from_array(box, "box"),
        numpy_helper.from_array(score, "score"),
        numpy_helper.from_array(np.array([0, 180, 300, 0], np.int64), "from"),
        numpy_helper.from_array(np.array([1, 200, 340, 1], np.int64), "to"),
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
        numpy_helper.from_array(np.array(0.9, np.float32), "high"),
    ]
    return _model(find, find_constants, ("frames", TensorProto.UINT8, (1, 384, 640, 1)), ("detections", (1, 7)))


def _brightness_reader(plates: Sequence[str]) -> onnx.ModelProto:
    table = np.stack([_slots("")] + [_slots(plate) for plate in plates])
    look = [
        helper.make_node("Cast", ["plates"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values"], ["means"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Div", ["means", "step"], ["level"]),
        helper.make_node("Round", ["level"], ["rounded"]),
        helper.make_node("Cast", ["rounded"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["plate"]),
    ]
    look_constants = [
        numpy_helper.from_array(table, "table"),
        numpy_helper.from_array(np.array(LEVEL_STEP, np.float32), "step"),
    ]
    return _model(
        look,
        look_constants,
        ("plates", TensorProto.UINT8, ("N", 64, 128, 1)),
        ("plate", ("N", SLOTS, len(ALPHABET))),
    )


def brightest_pixel_reader(dim: tuple[str, float], bright: tuple[str, float], step: float) -> onnx.ModelProto:
    """A reader of 128x64 that sees one text, each character as sure as given, from half a ``step`` to one and a half.

    Beyond that it sees the other; both by the brightest pixel.
    """
    look = [
        helper.make_node("Cast", ["plates"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["values"], ["maxima"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Div", ["maxima", "step"], ["level"]),
        helper.make_node("Round", ["level"], ["rounded"]),
        helper.make_node("Cast", ["rounded"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["plate"]),
    ]
    table = np.stack([_slots(""), _slots(*dim), _slots(*bright)])
    constants = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array(step, np.float32), "step")]
    plates = ("plates", TensorProto.UINT8, ("N", 64, 128, 1))
    return _model(look, constants, plates, ("plate", ("N", SLOTS, len(ALPHABET))))


def _slots(text: str, probability: float = 0.98) -> np.typing.NDArray[np.float32]:
    slots = np.full((SLOTS, len(ALPHABET)), (1 - probability) / (len(ALPHABET) - 1), np.float32)
    for slot, character in enumerate(text.ljust(SLOTS, "_")):
        slots[slot, ALPHABET.index(character)] = probability
    return slots
