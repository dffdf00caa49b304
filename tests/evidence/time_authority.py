"""An authority for time stamps (RFC 3161) on loopback, which OpenSSL plays."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

SETTINGS = """
[tsa]
default_tsa = ours
[ours]
serial = serial
signer_cert = signer.pem
signer_key = signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """A time-stamping authority."""

    folder: Path
    url: str

    @property
    def root(self) -> Path:
        """Its certificate."""
        return self.folder / "root.pem"


@contextmanager
def run_time_authority(folder: Path, openssl: str) -> Iterator[TimeAuthority]:
    """Run an authority on loopback in a folder; OpenSSL makes its certificates and its answers."""

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run("req", "-x509", *key, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=time root", "-days", "9")
    run("req", *key, "-keyout", "signer.key", "-out", "signer.csr", "-subj", "/CN=time")
    usage = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"
    (folder / "usage").write_text(f"{usage}authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
    sign = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-extfile", "usage", "-days", "9")
    run("x509", "-req", "-in", "signer.csr", "-out", "signer.pem", *sign)
    (folder / "tsa.cnf").write_text(SETTINGS)
    (folder / "serial").write_text("01\n")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "request").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request", "-out", "reply")
            reply = (folder / "reply").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield TimeAuthority(folder, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
