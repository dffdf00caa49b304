"""What the pages of jobs, and of forms with a fault, answer to a browser of few words."""

import re
import time

import httpx

WAIT_S_MAX = 60.0


def fault_line(answer: httpx.Response) -> str:
    """The one line that tells what is wrong."""
    (line,) = re.findall(r'<p class="fault" role="alert">([^<]*)</p>', answer.text)
    return str(line)


def done_page(client: httpx.Client, begun: httpx.Response) -> httpx.Response:
    """Where the page of a job leads once it is done."""
    answer = _over(client, begun)
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"])


def job_fault(client: httpx.Client, begun: httpx.Response) -> str:
    """Why a job came to nothing."""
    return fault_line(_over(client, begun))


def _over(client: httpx.Client, begun: httpx.Response) -> httpx.Response:
    """The answer of a job's page once it is over; while it is not, the page asks for itself again."""
    end_s = time.monotonic() + WAIT_S_MAX
    while 'http-equiv="refresh" content="2"' in (answer := client.get(begun.headers["location"])).text:
        assert time.monotonic() < end_s
        time.sleep(0.05)
    return answer
