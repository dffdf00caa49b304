"""Finding and reading plates: adapters over local ONNX files. Nothing is ever downloaded, and nothing is sent out.

ONNX Runtime 1.32 looks up its maker's collector as soon as it is imported, and writes an identity of the machine into
the home folder; ``disable_telemetry_events`` comes too late for both. It reads its environment variable at import, so
that is set here, before any module of this package can import it, directly or through fast-alpr.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
