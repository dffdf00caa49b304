"""A real S3 server for tests and proofs: SeaweedFS over a folder of its own, at ports of the loopback address alone."""

import json
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import tomlkit

from alpr_edge.department.images.choice import ObjectBucket, bucket_location, image_bucket
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.department.upkeep_settings import ImagesTable
from alpr_edge.domain.errors import StoreError
from scripts.loopback_ports import free_ports

START_S_MAX = 60.0
ACCESS_KEY = "alpr-access"
SECRET_KEY = "alpr-secret-of-tests"  # noqa: S105 - of a server that this program starts
SERVERS = ("master", "volume", "filer", "s3")


class SeaweedServer:
    """A server that runs until it is stopped, or the process that started it ends.

    Args:
        program: SeaweedFS.
        certificate: the files of a certificate and its key, for TLS; None: plain HTTP.
    """

    def __init__(self, program: Path, certificate: tuple[Path, Path] | None = None) -> None:
        self._program = program
        self._certificate = certificate
        self.folder = Path(tempfile.mkdtemp(prefix="alpr-s3-", dir="/tmp"))
        (self.folder / "data").mkdir()
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
        identities = {"identities": [{"name": "department", "credentials": credentials, "actions": actions}]}
        (self.folder / "s3.json").write_text(json.dumps(identities))
        self.credentials = write_credentials(self.folder / "credentials", SECRET_KEY)
        listeners = [(name, is_grpc) for name in SERVERS for is_grpc in (0, 1)]
        self._ports = dict(zip(listeners, free_ports(len(listeners)), strict=True))
        self.endpoint = f"{'http' if certificate is None else 'https'}://127.0.0.1:{self._ports['s3', 0]}"
        self._process = self._start()

    def settings(self, prefix: str, bucket: str = "pictures") -> dict[str, str]:
        """What ``[images]`` says to use a part of a bucket."""
        return {
            "url": f"s3://{bucket}/{prefix}",
            "endpoint": self.endpoint,
            "credentials": str(self.credentials),
        }

    def wait(self) -> None:
        """Wait until it takes and gives objects."""
        self.wait_for(self.bucket("wait"))

    def wait_for(self, bucket: ObjectBucket) -> None:
        """Wait until a bucket of it takes and gives objects."""
        deadline_s = time.monotonic() + START_S_MAX
        while True:
            try:
                bucket.replace("a", b"1")
                assert bucket.read("a") == b"1"
            except StoreError:
                assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
                assert time.monotonic() < deadline_s, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.1)
            else:
                return

    def bucket(self, prefix: str) -> ObjectBucket:
        """A part of the bucket, looked at by itself."""
        return open_bucket(self.settings(prefix), Path("/nowhere"))

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self._process.kill()
        self._process.wait(START_S_MAX)

    def restart(self) -> None:
        """Start it again after a kill, at the same ports over the same data."""
        self._process = self._start()
        self.wait()

    def stop(self) -> None:
        """Stop it, and remove all that it had."""
        self._process.send_signal(signal.SIGKILL)  # at once: nothing of it is needed any more
        self._process.wait(START_S_MAX)
        shutil.rmtree(self.folder)

    def _start(self) -> "subprocess.Popen[bytes]":
        options = [f"-dir={self.folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
        options += [f"-s3.config={self.folder / 's3.json'}", "-s3.iam=false", "-volume.max=10"]
        options += ["-master.volumeSizeLimitMB=64", "-master.telemetry=false", "-master.electionTimeout=1s"]
        options += [f"-{name}.localSocket={self.folder / name}.sock" for name in ("s3", "filer")]
        options += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
        for (name, is_grpc), port in self._ports.items():
            options.append(f"-{name}.port{'.grpc' if is_grpc else ''}={port}")
        if self._certificate is not None:
            options += [f"-s3.cert.file={self._certificate[0]}", f"-s3.key.file={self._certificate[1]}"]
        command = ["setpriv", "--pdeathsig=KILL", str(self._program), "-logtostderr", "server", *options]
        with (self.folder / "log").open("ab") as file:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=self.folder)


def open_bucket(settings: dict[str, str], directory: Path) -> ObjectBucket:
    """The bucket of settings of images."""
    return ObjectBucket(bucket_location(ImagesTable.model_validate(settings), directory))


def bucket_of(directory: Path) -> ObjectBucket:
    """The bucket of a department's settings."""
    bucket = image_bucket(directory)
    assert bucket is not None
    return bucket


def write_credentials(path: Path, secret_key: str) -> Path:
    """A file of credentials, mode 0600."""
    path.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {secret_key}\n")
    path.chmod(0o600)
    return path


def set_images(directory: Path, **settings: object) -> None:
    """Write settings of images into those of a department's folder."""
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / FILE_NAME
    document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    document["images"] = {**document.get("images", {}), **settings}
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    path.chmod(0o600)
