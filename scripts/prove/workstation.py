"""The workstation of the car, at the far end of the wire: opens the page by its name, and signs in where it is told to.

It runs in a network of its own, so it is a program: what it is asked comes on standard input, its answer is JSON.
"""

import json
import re
import socket
import ssl
import sys
from typing import Any

import httpx

SECONDS_MAX = 60


def main() -> None:
    """Answer one question."""
    asked = json.load(sys.stdin)
    trust = ssl.create_default_context(cadata=asked["authority"])
    # Found by its address, as by a line in the hosts file, and checked by its name.
    headers = {"Host": f"{asked['name']}:{asked['port']}", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(verify=trust, headers=headers, trust_env=False, timeout=SECONDS_MAX) as client:
        base, known = f"https://{asked['address']}:{asked['port']}", {"sni_hostname": asked["name"]}
        form = client.get(f"{base}/sign-in", extensions=known)
        answer: dict[str, Any] = {"status": form.status_code, "title": _title(form.text)}
        answer["other_name"] = _handshake((asked["address"], asked["port"]), asked["other_name"], trust)
        if asked["fields"]:
            signed_in = client.post(f"{base}/sign-in", data=asked["fields"], extensions=known)
            watch = client.get(f"{base}/", extensions=known)
            answer |= {
                "signed_in": signed_in.status_code,
                "watch": watch.status_code,
                "watch_title": _title(watch.text),
            }
    json.dump(answer, sys.stdout)


def _handshake(place: tuple[str, int], name: str, trust: ssl.SSLContext) -> str:
    """What becomes of a connection by a name."""
    try:
        with socket.create_connection(place, SECONDS_MAX) as plain, trust.wrap_socket(plain, server_hostname=name):
            return "connected"
    except ssl.SSLCertVerificationError as refusal:
        return str(refusal)


def _title(page: str) -> str:
    found = re.search(r"<title>([^<]*)</title>", page)
    return found[1] if found else ""


if __name__ == "__main__":
    main()
