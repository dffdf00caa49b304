"""A network between an RTSP camera and its reader that lets data wait."""

import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

CHUNK_BYTES = 65_536
LOOK_S = 0.005


class RtspRelay:
    """Passes connections on to a server of this computer; what the server sends waits for ``wait_s`` on its way."""

    def __init__(self, server_port: int, resources: ExitStack) -> None:
        self.wait_s = 0.0
        self._server_port = server_port
        self._resources = resources
        self._listening = self._keep(socket.create_server(("127.0.0.1", 0)))
        self._is_over = threading.Event()
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._is_over.set()
        self._resources.close()
        for thread in self._threads:
            thread.join()

    def _keep(self, connection: socket.socket) -> socket.socket:
        """Have a socket shut down in the end, which wakes the thread that waits for it."""
        self._resources.callback(_shut_down, connection)
        return connection

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._is_over.is_set():
                client = self._keep(self._listening.accept()[0])
                server = self._keep(socket.create_connection(("127.0.0.1", self._server_port)))
                waiting: deque[tuple[float, bytes]] = deque()
                for target, words in (
                    (self._pass_on, (client, server)),
                    (self._receive, (server, waiting)),
                    (self._deliver, (waiting, client)),
                ):
                    self._threads.append(threading.Thread(target=target, args=words))
                    self._threads[-1].start()

    @staticmethod
    def _pass_on(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(CHUNK_BYTES):
                server.sendall(data)
        _shut_down(server)

    @staticmethod
    def _receive(server: socket.socket, waiting: deque[tuple[float, bytes]]) -> None:
        with suppress(OSError):
            while data := server.recv(CHUNK_BYTES):
                waiting.append((time.monotonic(), data))

    def _deliver(self, waiting: deque[tuple[float, bytes]], client: socket.socket) -> None:
        with suppress(OSError):
            while not self._is_over.is_set():
                if waiting and time.monotonic() >= waiting[0][0] + self.wait_s:
                    client.sendall(waiting.popleft()[1])
                else:
                    time.sleep(LOOK_S)


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def relay_to(server_port: int) -> Iterator[RtspRelay]:
    relay = RtspRelay(server_port, ExitStack())
    try:
        yield relay
    finally:
        relay.close()
