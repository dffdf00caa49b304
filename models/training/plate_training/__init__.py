"""Training, measuring and release of the models: a package for each model, and for what they share.

Each imports from lines further down alone, and never from its own line (``import_contracts.toml`` beside this package
says so too, and ``scripts/check`` holds it)::

    evaluation  int8  plate_check  states
    detector  reader
    networks  release  run
    data
    rendering
    command  contract
"""

import alpr_edge.vision  # noqa: F401 - before any module here imports ONNX Runtime, which it keeps from calling home
