"""Released and trained models at work as the unit runs them: compared, by distance, and on look-alike characters.

Imports ``data`` and ``contract``; runs models from their files.
"""
