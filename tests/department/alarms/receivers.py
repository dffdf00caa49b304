"""Servers on loopback that take in what a department tells: mail by SMTP (RFC 5321), and posts by HTTP."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TypeVar

ServerT = TypeVar("ServerT", bound=socketserver.BaseServer)


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail in.

    Args:
        tls: makes a connection encrypted after STARTTLS; None: it offers none.
        password: what a sender has to sign in with; empty: nobody has to.
        refused: the address that it takes no mail for.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None, password: str = "", refused: str = "") -> None:
        super().__init__(("127.0.0.1", 0), MailSession)
        self.tls, self.password, self.refused = tls, password, refused
        self.messages: list[Message] = []
        self.was_encrypted: list[bool] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class MailSession(socketserver.StreamRequestHandler):
    """One connection."""

    server: MailServer
    encrypted = False
    is_signed_in = False

    def handle(self) -> None:
        self._say("220 mail.test")
        while words := self.rfile.readline().decode("ascii").strip():
            verb = words.split(" ", 1)[0].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            getattr(self, f"_{verb.lower()}", self._unknown)(words)

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the encrypted one, of which the server knows nothing

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode("ascii"))

    def _unknown(self, _: str) -> None:
        self._say("500 what?")

    def _ehlo(self, _: str) -> None:
        if self.server.tls is not None and not self.encrypted:
            self._say("250-mail.test")
            self._say("250 STARTTLS")
        else:
            self._say("250-mail.test")
            self._say("250 AUTH PLAIN")

    def _starttls(self, _: str) -> None:
        assert self.server.tls is not None
        self._say("220 go on")
        try:
            encrypted = self.server.tls.wrap_socket(self.request, server_side=True)
        except OSError:
            return  # the sender does not trust this server
        self.request = encrypted
        self.encrypted = True
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)

    def _auth(self, words: str) -> None:
        _, user, password = base64.b64decode(words.split(" ")[2]).decode().split("\0")
        self.is_signed_in = (user, password) == ("alarms", self.server.password)
        self._say("235 welcome" if self.is_signed_in else "535 wrong")

    def _mail(self, _: str) -> None:
        self._say("530 sign in" if self.server.password and not self.is_signed_in else "250 yes")

    def _rcpt(self, words: str) -> None:
        self._say("550 nobody" if self.server.refused and self.server.refused in words else "250 yes")

    def _rset(self, _: str) -> None:
        self._say("250 yes")

    def _data(self, _: str) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.messages.append(message_from_bytes(b"".join(lines)))
        self.server.was_encrypted.append(self.encrypted)
        self._say("250 taken")


class PostServer(HTTPServer):
    """Takes posts in, and answers with :attr:`status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), PostHandler)
        self.status = 204
        self.posts: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook/secret-part"


class PostHandler(BaseHTTPRequestHandler):
    """One post."""

    server: PostServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass


@contextmanager
def running(server: ServerT) -> Iterator[ServerT]:
    """Serve from a thread for as long as the block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def server_tls(folder: Path) -> ssl.SSLContext:
    """The TLS of a server with the certificate of a department's folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context
