"""The model files of a unit: adding others, and choosing between float32 and int8."""
