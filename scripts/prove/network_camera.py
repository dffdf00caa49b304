"""A camera on the vehicle's network: read by the capture unit, which reaches that one address and no other."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from alpr_edge.simulation.drive import Drive
from scripts.prove.car import Car
from scripts.prove.host import CACHE, ProofError, call, until
from scripts.prove.networks import DEPOT, DEPOT_ADDRESS, OTHER_ADDRESS
from scripts.prove.scenario import AS_UNIT_USER, CAMERA, CAPTURE, Setup
from scripts.prove.unit import CURRENT, SETTINGS, read_rows

PORT = 8554
NAME = "street"
FPS = 10.0
DROP_IN = "/etc/systemd/system/alpr-edge.service.d/rtsp.conf"
EXAMPLE_ADDRESS = "192.0.2.10"
PROCESSES = "/sys/fs/cgroup/unified/system.slice/alpr-edge.service/cgroup.procs"
PROCESSES_ALONE = "/sys/fs/cgroup/system.slice/alpr-edge.service/cgroup.procs"
"""Where there are no older control groups beside them."""
PACKAGES = "python3-gst-1.0 gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
SERVER = """\
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch(f"( filesrc location={sys.argv[2]} ! qtdemux ! rtpmp4vpay name=pay0 pt=96 config-interval=1 )")
server = GstRtspServer.RTSPServer.new()
server.set_address("0.0.0.0")
server.set_service(sys.argv[1])
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
GLib.MainLoop().run()
"""


def a_network_camera_is_read(setup: Setup) -> str:
    """By its settings, provisioning and the example's drop-in alone; another address is out of reach for the unit."""
    car = setup.car
    before = car.read(SETTINGS)
    with _camera():
        _drop_in(car)
        _settle(car, _with_camera(before))
        seconds = until(lambda: _newest(car) == NAME, "the unit reads plates of the network camera", 120)
        summary = _check_reach(car)
    car.run("rm", DROP_IN)
    car.run("systemctl", "daemon-reload")
    _settle(car, before)
    until(lambda: _newest(car) == CAMERA.id, "the unit reads plates of its own camera again", 120)
    return f"first read after {seconds:.0f} s; {summary}"


@contextmanager
def _camera() -> Iterator[None]:
    video = _video()
    words = ["ip", "netns", "exec", DEPOT, "/usr/bin/python3", "-c", SERVER, str(PORT), str(video)]
    server = subprocess.Popen(words, stderr=subprocess.PIPE)
    try:
        until(lambda: _listens(server), "the network camera listens", 30)
        yield
    finally:
        server.kill()
        server.communicate()


def _listens(server: subprocess.Popen[bytes]) -> bool:
    if server.poll() is not None:
        last_line = server.communicate()[1].decode(errors="replace").strip().splitlines()[-1:]
        raise ProofError(f"no RTSP server: {' '.join(last_line)}; apt install {PACKAGES}")
    return f":{PORT}" in call("ip", "netns", "exec", DEPOT, "ss", "-ltn").stdout


def _video() -> Path:
    """The rendered drive as a video; made once."""
    path = CACHE / "camera.mp4"
    if not path.exists():
        frames = [pixels for _, pixels, _ in Drive(CAMERA.seed, CAMERA.seconds).frames()]
        height, width = frames[0].shape[:2]
        draft = path.with_suffix(".new.mp4")
        writer = cv2.VideoWriter(str(draft), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), FPS, (width, height))
        for pixels in frames:
            writer.write(pixels)
        writer.release()
        draft.replace(path)
    return path


def _with_camera(settings: str) -> str:
    """The same with this camera for the rendered one."""
    before, _, rest = settings.partition("[[camera]]\n")
    url = f"rtsp://{DEPOT_ADDRESS}:{PORT}/cam"
    camera = f'[[camera]]\nkind = "rtsp"\nid = "{NAME}"\nurl = "{url}"\n\n'
    return before + camera + rest[rest.index("[position]") :]


def _settle(car: Car, settings: str) -> None:
    """As the guide says it: the file is edited, and provisioning, told no more, puts it in force, the firewall too."""
    car.write(SETTINGS, settings)
    before = car.value(CAPTURE, "MainPID")
    car.run(f"{CURRENT}/scripts/provision")
    if car.value(CAPTURE, "MainPID") == before:
        raise ProofError("the daemon goes on by the settings before")


def _drop_in(car: Car) -> None:
    """As the example's own head says; provisioning restarts the daemon."""
    example = car.read(f"{CURRENT}/systemd/examples/rtsp.conf")
    car.write(DROP_IN, example.replace(EXAMPLE_ADDRESS, DEPOT_ADDRESS))
    car.run("systemctl", "daemon-reload")


def _newest(car: Car) -> str:
    """The camera of the newest read."""
    rows = read_rows(car, 1)
    return str(rows[0]["camera_id"]) if rows else ""


def _check_reach(car: Car) -> str:
    """Both addresses answer; of the two the unit reaches its camera's alone."""
    within = next(path for path in (PROCESSES, PROCESSES_ALONE) if car.holds("test", "-e", path))
    enter = f"echo $$ >{within} && exec "
    answers = {
        (address, place): car.holds("sh", "-c", f'{start}"$@"', "sh", *AS_UNIT_USER, "python3", "-c", _knock(address))
        for address in (DEPOT_ADDRESS, OTHER_ADDRESS)
        for place, start in (("inside", enter), ("outside", "exec "))
    }
    expected_answers = {key: key != (OTHER_ADDRESS, "inside") for key in answers}
    if answers != expected_answers:
        raise ProofError(f"what answers the unit's user: {answers}")
    return f"of {DEPOT_ADDRESS} and {OTHER_ADDRESS}, which both answer, the unit reaches the first alone"


def _knock(address: str) -> str:
    return f"import socket; socket.create_connection(('{address}', {PORT}), 5)"
