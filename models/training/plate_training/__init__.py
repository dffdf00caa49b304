"""Training of the plate detector and the slot reader: data, rendering, networks, loop, export and measuring."""

import alpr_edge.vision  # noqa: F401 - before any module here imports ONNX Runtime, which it keeps from calling home
