"""Finding and reading plates: our adapters over local ONNX files. Nothing is ever downloaded."""
