"""Takes alarms in a proof, for the system's Python: ``alarm_receiver.py PORT FOLDER``; each post is a file."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[2])


class AlarmPosts(BaseHTTPRequestHandler):
    """Writes each post down and accepts it."""

    def do_POST(self) -> None:
        """Accept a post."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (FOLDER / f"{len(list(FOLDER.iterdir())):04d}.json").write_bytes(body)
        self.send_response(204)
        self.end_headers()


FOLDER.mkdir(exist_ok=True)
HTTPServer(("127.0.0.1", int(sys.argv[1])), AlarmPosts).serve_forever()
