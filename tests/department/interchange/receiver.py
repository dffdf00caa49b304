"""A receiver on loopback that does what a test asks of it, and checks each signature as its owner would."""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = b"k" * 40
HANG, DRIP, CLOSE = "hang", "drip", "close"


@dataclass(frozen=True)
class Post:
    """A post that arrived whole."""

    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    def is_signed(self, key: bytes = KEY) -> bool:
        """Whether it has the signature of the Standard Webhooks specification, made within five minutes."""
        seconds = self.headers["webhook-timestamp"]
        signed = f"{self.event_id}.{seconds}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        is_now = abs(time.time() - int(seconds)) < 300
        return is_now and self.headers["webhook-signature"] == f"v1,{expected}"


@dataclass
class Receiver:
    """What a receiver answers, and what it got."""

    url: str = ""
    answers: list[int | str] = field(default_factory=list)
    """The next answers in their order; after them :attr:`status`."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    refused_ids: set[str] = field(default_factory=set)
    """Events that it answers with 500."""
    is_over: threading.Event = field(default_factory=threading.Event)

    def taken_posts(self) -> list[Post]:
        return [post for post in self.posts if 200 <= post.status < 300]


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.receiver
        answer = receiver.answers.pop(0) if receiver.answers else receiver.status
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers["webhook-id"] in receiver.refused_ids:
            answer = 500
        receiver.posts.append(Post(headers, body, answer if isinstance(answer, int) else 0))
        if answer == HANG:
            receiver.is_over.wait(300)
        elif answer == DRIP:
            self.connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not receiver.is_over.wait(0.05):
                try:
                    self.connection.sendall(b"X-Slow: 1\r\n")
                except OSError:
                    return
        elif isinstance(answer, int):
            self.send_response(answer)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/alpr"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()
