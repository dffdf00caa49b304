"""Changes of the machine: runs programs and writes files, each so that it can be undone."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

RUN_S_MAX = 900
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""A user's PATH may lack the folders of the system's own programs."""


class ProvisioningError(Exception):
    """One line that says what is wrong and what to do.

    Args:
        line: the error in one line, for a person.
        output_lines: every line that a failed program printed: its errors, or its output where it printed no errors.
        stdout_lines: every line of its output.
    """

    def __init__(self, line: str, output_lines: Sequence[str] = (), stdout_lines: Sequence[str] = ()) -> None:
        super().__init__(line)
        self.output_lines = output_lines
        self.stdout_lines = stdout_lines


def run(
    *command: str | Path,
    stdin: bytes | None = None,
    timeout_s: float = RUN_S_MAX,
    environment: Mapping[str, str] | None = None,
) -> str:
    """The output of a program.

    Args:
        command: the program and its arguments.
        stdin: the input of the command; none by default.
        timeout_s: seconds after which the program is killed.
        environment: variables that are added to this process's own, which name proxies and indexes.

    Raises:
        ProvisioningError: it is missing, failed, or took too long; its last line of errors is quoted.
    """
    words = [str(word) for word in command]
    done = _completed_process(words, stdin, timeout_s, environment)
    if done.returncode:
        output_lines = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace").splitlines()
        raise ProvisioningError(
            f"{_first_words(words)}: {output_lines[-1] if output_lines else f'exit code {done.returncode}'}",
            output_lines,
            done.stdout.decode(errors="replace").splitlines(),
        )
    return done.stdout.decode(errors="replace")


def succeeds(*command: str | Path, timeout_s: float = 60) -> bool:
    """Whether a program ends with 0; False also when it is missing."""
    return exit_code(*command, timeout_s=timeout_s) == 0


def exit_code(*command: str | Path, timeout_s: float = 60) -> int | None:
    """The exit code of a program, negative after a signal; None when it is missing or takes longer than a time."""
    try:
        return _completed_process([str(word) for word in command], timeout_s=timeout_s).returncode
    except ProvisioningError:
        return None


def _completed_process(
    words: list[str],
    stdin: bytes | None = None,
    timeout_s: float = RUN_S_MAX,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    surroundings = {**os.environ, "PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8", **(environment or {})}
    try:
        return subprocess.run(
            words,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            env=surroundings,
            check=False,
        )
    except FileNotFoundError:
        raise ProvisioningError(f"{words[0]}: no such program here") from None
    except OSError as error:
        raise ProvisioningError(f"{_first_words(words)}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ProvisioningError(f"{_first_words(words)}: took longer than {timeout_s:g} s") from None


def _first_words(words: Sequence[str]) -> str:
    """A command's first words; what follows may be secret (an enrollment code) or long."""
    return " ".join(words[:3])


@dataclass(frozen=True, slots=True)
class ManagedFile:
    """A file of the machine as it has to be."""

    target: Path
    content: bytes
    mode: int = 0o644
    group: str = "root"

    @property
    def is_current(self) -> bool:
        """Whether it is there, with this content, mode and group; the owner is always root."""
        try:
            status = self.target.stat()
            return (
                self.target.read_bytes() == self.content
                and status.st_mode & 0o7777 == self.mode
                and self.target.group() == self.group
            )
        except (OSError, KeyError):
            return False

    def install(self, undo: ExitStack) -> None:
        """Write it in one step; ``undo`` brings back what was there, until :meth:`forget_before`.

        Raises:
            ProvisioningError: the disk does not take it.
        """
        try:
            if self.target.exists():
                before = _before_path(self.target)
                shutil.copy2(self.target, before)
                _copy_owner(self.target, before)
                undo.callback(_bring_back, self.target)
            else:
                undo.callback(self.target.unlink, missing_ok=True)
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._write()
        except (OSError, LookupError) as error:
            raise ProvisioningError(f"{self.target}: cannot be written: {error}") from None

    def forget_before(self) -> None:
        """Remove the copy that :meth:`install` kept; what was there cannot be brought back any more."""
        _before_path(self.target).unlink(missing_ok=True)

    def _write(self) -> None:
        draft = _draft_path(self.target)
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(self.content)
            file.flush()
            os.fsync(file.fileno())
        shutil.chown(draft, group=self.group)
        draft.chmod(self.mode)
        draft.replace(self.target)


def file_mode(content: bytes) -> int:
    """The mode of a file by how its content begins: a program of the release is a script.

    The mode that a medium shows says nothing: of FAT a desktop shows all files, or none, as programs.
    """
    return 0o755 if content.startswith(b"#!") else 0o644


def require_writable(*folders: Path) -> None:
    """Refuse folders on a file system that is mounted read-only, before anything stops half-way for it.

    Args:
        folders: those that will be written to; of one that is not there yet the folder above it counts.

    Raises:
        ProvisioningError: one of them cannot be written; it says how it can.
    """
    for folder in folders:
        present = next(path for path in (folder, *folder.parents) if path.exists()).resolve()
        if os.statvfs(present).f_flag & os.ST_RDONLY:
            place = next(path for path in (present, *present.parents) if path.is_mount())
            raise ProvisioningError(
                f"{folder}: {place} is mounted read-only; to make it writable: sudo mount -o remount,rw {place}"
            )


def leftovers(target: Path) -> list[Path]:
    """The copy and the draft that a power cut left beside a file while it was installed."""
    return [path for path in (_before_path(target), _draft_path(target)) if path.exists()]


def _before_path(target: Path) -> Path:
    return target.with_name(f".{target.name}.before")


def _draft_path(target: Path) -> Path:
    return target.with_name(f".{target.name}.new")


def _bring_back(target: Path) -> None:
    with suppress(FileNotFoundError):  # the copy is forgotten
        _before_path(target).replace(target)


def _copy_owner(source: Path, target: Path) -> None:
    status = source.stat()
    os.chown(target, status.st_uid, status.st_gid)


def link(path: Path, to: Path, undo: ExitStack) -> None:
    """Make ``path`` a symbolic link at once; ``undo`` brings back the link that was there, or none.

    Raises:
        ProvisioningError: something else lies there.
    """
    before = path.readlink() if path.is_symlink() else None
    if before is None and path.exists():
        raise ProvisioningError(f"{path}: a link belongs there, and something else is; move it away")
    _put_link(path, to)
    if before is None:
        undo.callback(path.unlink, missing_ok=True)
    else:
        undo.callback(_put_link, path, before)


def _put_link(path: Path, to: Path) -> None:
    draft = _draft_path(path)
    draft.unlink(missing_ok=True)
    draft.symlink_to(to)
    draft.replace(path)
