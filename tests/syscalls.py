"""The kernel's filter of system calls, as systemd sets it for a unit: read from the unit file, set by libseccomp."""

import ctypes
import errno
import re
import subprocess
import sys
from pathlib import Path

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_EQUAL = 4
_UNKNOWN = -1
_TCSETS = 0x5402
_IOCTL = b"ioctl"


class _Comparison(ctypes.Structure):
    """struct scmp_arg_cmp."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    library.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
    library.seccomp_rule_add_array.argtypes = [*library.seccomp_rule_add.argtypes, ctypes.POINTER(_Comparison)]
    return library


def allowed_by(analyze: str, unit: Path) -> list[str]:
    """Names of the calls that a unit file lets pass, by its SystemCallFilter= lines and systemd's own sets."""
    calls: set[str] = set()
    for line in re.findall(r"(?m)^SystemCallFilter=(.+)", unit.read_text(encoding="utf-8")):
        names = {name for word in line.lstrip("~").split() for name in _names(analyze, word)}
        calls = calls - names if line.startswith("~") else calls | names
    return sorted(calls)


def _names(analyze: str, word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    command = [analyze, "syscall-filter", "--no-pager", word]
    listing = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    inner = [line.strip() for line in listing.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return {name for each in inner for name in _names(analyze, each)}


def deny_all_but(names: list[str]) -> None:
    """From now on and in what is started here: EPERM for every other call."""
    library = _library()
    context = library.seccomp_init(_ERRNO | errno.EPERM)
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number != _UNKNOWN:
            library.seccomp_rule_add(context, _ALLOW, number, 0)
    assert library.seccomp_load(context) == 0


def fail_to_set_lines() -> None:
    """From now on, in this thread alone: a serial line that is set up answers EIO, as one that was just unplugged."""
    library = _library()
    context = library.seccomp_init(_ALLOW)
    command = _Comparison(1, _EQUAL, _TCSETS, 0)
    number = library.seccomp_syscall_resolve_name(_IOCTL)
    assert library.seccomp_rule_add_array(context, _ERRNO | errno.EIO, number, 1, ctypes.byref(command)) == 0
    assert library.seccomp_load(context) == 0


if __name__ == "__main__":
    import os

    deny_all_but(sys.argv[1].split(","))
    os.execv(sys.argv[2], sys.argv[2:])
