"""The slot reader: its network, samples and training task, its ONNX file and its calibration.

Imports ``run``, ``networks``, ``data``, ``rendering`` and ``contract``; runs the detector from its released file.
"""
