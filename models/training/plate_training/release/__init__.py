"""The folder of released models: its manifest, its licences, the benchmark, the list of files in the wheel.

Imports ``data`` and ``contract``; what is released comes as files.
"""
