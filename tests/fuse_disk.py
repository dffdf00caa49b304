"""A disk made of software (FUSE) that hangs or fails to read, as a card does: for a file system in a file.

``python -m tests.fuse_disk IMAGE FOLDER`` shows the bytes of IMAGE as FOLDER/disk until it is unmounted. While the file
``IMAGE.hangs`` exists no request is answered, and while ``IMAGE.unread`` exists each read of the bytes that it names
fails with EIO.
"""

import ctypes
import errno
import os
import re
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.faults.disk import UNMOUNT_S_MAX

NAME = "disk"
ROOT, FILE = 1, 2
"""Numbers of the two inodes."""
_IN, _OUT = struct.Struct("<IIQQIIII"), struct.Struct("<IiQ")
_ATTRIBUTES = struct.Struct("<QQQQQQIIIIIIIIII")
_REQUEST_BYTES = (1 << 20) + 4096
_WRITE_BYTES = 1 << 17
_DIRECT_IO = 1
_LOOKUP, _FORGET, _GETATTR, _SETATTR, _OPEN, _READ, _WRITE, _STATFS = 1, 2, 3, 4, 14, 15, 16, 17
_RELEASE, _FSYNC, _FLUSH, _INIT, _OPENDIR, _RELEASEDIR, _DESTROY, _BATCH_FORGET = 18, 20, 25, 26, 27, 29, 38, 42
_NOTHING_TO_DO = {_RELEASE, _FSYNC, _FLUSH, _RELEASEDIR, _DESTROY}
_WRITE_HEADER_BYTES = 40
_OPENED = struct.pack("<QII", 0, _DIRECT_IO, 0)
_CONSTANT = {
    _INIT: struct.pack("<IIIIHHIIHHI28x", 7, 31, _WRITE_BYTES, 0, 8, 8, _WRITE_BYTES, 1, 32, 0, 0),
    _OPEN: _OPENED,
    _OPENDIR: _OPENED,
    _STATFS: struct.pack("<QQQQQIIII24x", 1 << 20, 1 << 19, 1 << 19, 9, 9, 4096, 255, 4096, 0),
}
"""Answers that are always the same (linux/fuse.h)."""
_PHYSICAL = re.compile(r"(?m)^ *\d+: +\d+\.\. +\d+: +(\d+)\.\. +(\d+):")
_POLL_S = 0.05
_WAIT_S = 60.0


class Server:
    """Answers the kernel's requests.

    Args:
        image: the file with the bytes of the disk.
        fuse: a descriptor of /dev/fuse.
    """

    def __init__(self, image: Path, fuse: int) -> None:
        self._fuse = fuse
        self._image = os.open(image, os.O_RDWR)
        self._size = os.fstat(self._image).st_size
        self._hangs, self._unread = image.with_suffix(".hangs"), image.with_suffix(".unread")

    def serve(self) -> None:
        """Answer until the file system is unmounted."""
        while True:
            try:
                request = os.read(self._fuse, _REQUEST_BYTES)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                continue
            while self._hangs.exists():
                time.sleep(_POLL_S)
            _, operation, number, node, *_ = _IN.unpack_from(request)
            if operation in {_FORGET, _BATCH_FORGET}:
                continue
            try:
                answer, failure = self._answer(operation, node, request[_IN.size :]), 0
            except OSError as error:
                answer, failure = b"", error.errno or errno.EIO
            os.write(self._fuse, _OUT.pack(_OUT.size + len(answer), -failure, number) + answer)

    def _answer(self, operation: int, node: int, body: bytes) -> bytes:
        if operation in _NOTHING_TO_DO:
            return b""
        answers = {_LOOKUP: self._look_up, _READ: self._read, _WRITE: self._write}
        if operation in answers:
            return answers[operation](body)
        if operation in {_GETATTR, _SETATTR}:
            return struct.pack("<QII", 1, 0, 0) + self._attributes(node)
        if operation not in _CONSTANT:
            raise OSError(errno.ENOSYS, "")
        return _CONSTANT[operation]

    def _look_up(self, body: bytes) -> bytes:
        if body.rstrip(b"\0") != NAME.encode():
            raise OSError(errno.ENOENT, "")
        return struct.pack("<QQQQII", FILE, 0, 1, 1, 0, 0) + self._attributes(FILE)

    def _read(self, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        if self._unread.exists():
            ranges = (tuple(map(int, line.split())) for line in self._unread.read_text().splitlines())
            if any(offset < end and begin < offset + size for begin, end in ranges):
                raise OSError(errno.EIO, "")
        return os.pread(self._image, size, offset)

    def _write(self, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        return struct.pack("<II", os.pwrite(self._image, body[_WRITE_HEADER_BYTES:][:size], offset), 0)

    def _attributes(self, node: int) -> bytes:
        mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o600
        size = 0 if node == ROOT else self._size
        return _ATTRIBUTES.pack(node, size, size >> 9, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def main() -> None:
    """Mount the file system and serve it."""
    image, folder = Path(sys.argv[1]), Path(sys.argv[2])
    fuse = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
    if ctypes.CDLL(None, use_errno=True).mount(b"test", os.fsencode(folder), b"fuse", 0, options):
        raise OSError(ctypes.get_errno(), "FUSE cannot be mounted")
    Server(image, fuse).serve()


class FuseDisk:
    """An ext4 file system on such a disk.

    Args:
        folder: where its files lie.
        size: its size in bytes.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._image, self._shown, self.folder = folder / "fuse.img", folder / "shown", folder / "mounted"
        with self._image.open("wb") as file:
            file.truncate(size)
        for each in (self._shown, self.folder):
            each.mkdir()

    @contextmanager
    def mount(self) -> Iterator["FuseDisk"]:
        """Mount it for the block; it answers again at the end, whatever the block did."""
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image], check=True, capture_output=True)
        server = subprocess.Popen([sys.executable, "-m", "tests.fuse_disk", self._image, self._shown])
        try:
            until_s = time.monotonic() + _WAIT_S
            while not (self._shown / NAME).exists() and time.monotonic() < until_s:
                time.sleep(_POLL_S)
            subprocess.run(["mount", "-o", "loop,noatime", self._shown / NAME, self.folder], check=True)
            yield self
        finally:
            self.answer()
            for path in (self.folder, self._shown):
                _unmount(path)
            server.kill()
            server.wait()

    def hang(self) -> None:
        """Answer nothing from now on."""
        self._image.with_suffix(".hangs").touch()

    def fail_reads(self, path: Path) -> None:
        """Fail each read of the blocks that a file has now, which the kernel holds in memory no more."""
        self.forget(path)
        listing = subprocess.run(["filefrag", "-b1", "-v", path], check=True, capture_output=True, text=True).stdout
        ranges = [(int(begin), int(end) + 1) for begin, end in _PHYSICAL.findall(listing)]
        assert ranges, listing
        draft = self._image.with_suffix(".draft")
        draft.write_text("".join(f"{begin} {end}\n" for begin, end in ranges))
        draft.rename(self._image.with_suffix(".unread"))
        self.forget(path)

    def forget(self, *paths: Path) -> None:
        """Have the kernel drop what it holds of some files, or of all, in memory."""
        for path in paths or [each for each in self.folder.rglob("*") if each.is_file()]:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)

    def answer(self) -> None:
        """Answer everything from now on, what waits included."""
        for suffix in (".hangs", ".unread"):
            self._image.with_suffix(suffix).unlink(missing_ok=True)


def _unmount(path: Path) -> None:
    until_s = time.monotonic() + UNMOUNT_S_MAX
    while subprocess.run(["umount", path], check=False, capture_output=True).returncode:
        if time.monotonic() > until_s:
            subprocess.run(["umount", "--lazy", path], check=False, capture_output=True)
            return
        time.sleep(_POLL_S)


if __name__ == "__main__":
    main()
