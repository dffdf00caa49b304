"""Puts models into the folder of released models: every file under a temporary name first, the manifest last.

Units that use the folder refuse a file whose hash is not the manifest's: an export that is stopped, a full disk or an
error leaves all of it as it was. Between the last two renames alone file and manifest differ.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from alpr_edge.domain.errors import ModelError
from alpr_edge.runtime.durable_files import sync_directory, write_temporary
from alpr_edge.runtime.io_errors import io_errors
from plate_training.release.licences import licence_text
from plate_training.release.manifest import Manifest, files_of, manifest_text, read_manifest

MODE = 0o644
"""Everybody may read a released file."""


def install_models(folder: Path, manifest: Manifest, files: Iterable[Path] = ()) -> None:
    """Copy model files into a folder and write its LICENSE and manifest; a file that the manifest names no more goes.

    Args:
        folder: the folder of released models.
        manifest: the manifest to be.
        files: the models, each with the name that its entry gives it.

    Raises:
        ModelError: the folder cannot be written.
    """
    path = folder / "manifest.toml"
    gone = set(files_of(read_manifest(path))) - set(files_of(manifest))
    contents = {
        folder / "LICENSE": licence_text(manifest).encode(),
        **{folder / file.name: file.read_bytes() for file in files},
        path: manifest_text(manifest).encode(),
    }
    with io_errors(f"{folder}: cannot be written", ModelError, "nothing was released"), ExitStack() as undo:
        renames = []
        for target, content in contents.items():
            temporary = write_temporary(folder, content)
            undo.callback(temporary.unlink, missing_ok=True)
            temporary.chmod(MODE)
            renames.append((temporary, target))
        for temporary, target in renames:
            temporary.replace(target)
        sync_directory(folder)
    for name in gone:
        (folder / name).unlink(missing_ok=True)
