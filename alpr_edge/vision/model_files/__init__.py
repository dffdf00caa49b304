"""The files of the models: where they lie, which of them a unit runs, and how others are added."""
