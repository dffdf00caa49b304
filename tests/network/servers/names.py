"""A DNS server of one name: ``names.py ADDRESS FILE`` answers A questions with the address the file holds."""

import socket
import sys
from pathlib import Path

listening, answer = sys.argv[1], Path(sys.argv[2])


def reply_to(question: bytes) -> bytes:
    """An answer for type A (RFC 1035, 4.1), an empty one for any other."""
    end = question.index(b"\0", 12) + 5
    is_a = question[end - 4 : end - 2] == b"\0\1"
    header = question[:2] + b"\x81\x80" + b"\0\1" + (b"\0\1" if is_a else b"\0\0") + bytes(4)
    address = socket.inet_aton(answer.read_text().strip())
    record = b"\xc0\x0c" + b"\0\1\0\1" + (1).to_bytes(4, "big") + b"\0\4" + address
    return header + question[12:end] + (record if is_a else b"")


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
    listener.bind((listening, 53))
    print("listening", flush=True)  # noqa: T201 - the test waits for it
    while True:
        query, sender = listener.recvfrom(512)
        listener.sendto(reply_to(query), sender)
