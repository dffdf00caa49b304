"""A process ends by its exit code though one of its threads does not end."""

import subprocess
import sys

PATIENCE_S = 60
HANGING_THREAD = """
import sys, threading, time
from alpr_edge.runtime.process_end import run_to_exit
threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
def program():
    print("done")
    sys.exit(7)
run_to_exit(program)
"""


def test_a_process_ends_by_its_code_though_a_thread_hangs() -> None:
    process = subprocess.run(
        [sys.executable, "-c", HANGING_THREAD], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (process.returncode, process.stdout, process.stderr) == (7, "done\n", "")
