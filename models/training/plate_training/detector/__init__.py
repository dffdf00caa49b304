"""The plate detector: its network, samples and figures, its training task and its ONNX file.

Imports ``run``, ``networks``, ``data``, ``rendering`` and ``contract``; nothing of the reader.
"""
