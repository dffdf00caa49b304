"""What answers in the department's place: ``pages.py KIND PORT [CERTIFICATE KEY]``.

Kinds: ``login`` a page with 200, ``redirect`` 302 to one, ``drip`` a byte of an answer's head now and then,
``deaf`` reads a little of the request now and then, ``silent`` takes a connection and says nothing.
With a certificate over TLS; the client's is not asked for.
"""

import contextlib
import socket
import ssl
import sys
import threading
import time

PAGE = b"<html><form>Accept the terms of this network</form></html>"
LENGTH = b"Content-Type: text/html\r\nContent-Length: " + str(len(PAGE)).encode() + b"\r\n\r\n"
LOGIN = b"HTTP/1.1 200 OK\r\n" + LENGTH + PAGE
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://10.77.0.2/login\r\n" + LENGTH + PAGE
PACE_S = 0.2
READ_S = 0.3
"""Long enough for a whole batch over a wire without faults."""

kind, port, *files = sys.argv[1:]
context = None
if files:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)


def serve(connection: socket.socket) -> None:
    """One client."""
    with contextlib.suppress(OSError), connection:
        if kind == "silent":
            time.sleep(60)
        connection = context.wrap_socket(connection, server_side=True) if context else connection
        if kind == "deaf":
            while connection.recv(2048):
                time.sleep(PACE_S)
        take(connection)
        if kind == "drip":
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000:
                connection.sendall(bytes([byte]))
                time.sleep(PACE_S)
        connection.sendall(LOGIN if kind == "login" else REDIRECT)


def take(connection: socket.socket) -> None:
    """Read what comes until nothing has for a while."""
    connection.settimeout(READ_S)
    with contextlib.suppress(TimeoutError):
        while connection.recv(65_536):
            pass
    connection.settimeout(None)


with socket.create_server(("0.0.0.0", int(port)), reuse_port=True) as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    print("listening", flush=True)  # noqa: T201 - the test waits for it
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
