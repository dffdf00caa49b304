"""What the kernel's files say of the machine; the files are real, in a folder."""

from pathlib import Path

import pytest

from alpr_edge.domain.load.frame_rate import MachineSigns
from alpr_edge.power.machine_files import MachineFiles

FIRMWARE = "devices/platform/soc/soc:firmware/get_throttled"
CLOCK = "devices/system/cpu/cpufreq/policy0/scaling_max_freq"


def put(root: Path, path: str, content: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(f"{content}\n")


def put_sensor(root: Path, kind: str, number: int, name: str, milli_c: str) -> None:
    folder = f"class/{kind}/{'thermal_zone' if kind == 'thermal' else 'hwmon'}{number}"
    put(root, f"{folder}/{'type' if kind == 'thermal' else 'name'}", name)
    put(root, f"{folder}/{'temp' if kind == 'thermal' else 'temp1_input'}", milli_c)


def test_a_machine_without_such_files_shows_nothing(tmp_path: Path) -> None:
    assert MachineFiles(tmp_path).read() == MachineSigns(None)
    assert MachineFiles(tmp_path / "nowhere").read() == MachineSigns(None)


def test_the_hottest_place_of_the_processor_counts_and_no_other_s(tmp_path: Path) -> None:
    put_sensor(tmp_path, "thermal", 0, "cpu-thermal", "61342")
    put_sensor(tmp_path, "thermal", 1, "iwlwifi_1", "95000")
    put_sensor(tmp_path, "hwmon", 0, "nvme", "99000")
    assert MachineFiles(tmp_path).read().temperature_c == 61.342
    put_sensor(tmp_path, "hwmon", 1, "coretemp", "72000")
    assert MachineFiles(tmp_path).read().temperature_c == 72.0


@pytest.mark.parametrize("content", ["", "hot", "-273000", "1000000", "60000\0"])
def test_a_sensor_that_makes_no_sense_is_none(tmp_path: Path, content: str) -> None:
    put_sensor(tmp_path, "thermal", 0, "cpu-thermal", content)
    assert MachineFiles(tmp_path).read() == MachineSigns(None)


@pytest.mark.parametrize(
    ("bits", "is_throttled", "is_low_voltage"),
    [("0", False, False), ("50005", True, True), ("50000", False, False), ("1", False, True), ("8", True, False)],
)
def test_a_raspberry_pi_s_firmware_tells_what_holds_at_present(
    tmp_path: Path, bits: str, is_throttled: bool, is_low_voltage: bool
) -> None:
    put(tmp_path, FIRMWARE, bits)
    assert MachineFiles(tmp_path).read() == MachineSigns(None, is_throttled, is_low_voltage)


def test_the_voltage_alarm_of_a_pi_counts(tmp_path: Path) -> None:
    put(tmp_path, "class/hwmon/hwmon2/name", "rpi_volt")
    put(tmp_path, "class/hwmon/hwmon2/in0_lcrit_alarm", "0")
    assert not MachineFiles(tmp_path).read().is_low_voltage
    put(tmp_path, "class/hwmon/hwmon2/in0_lcrit_alarm", "1")
    assert MachineFiles(tmp_path).read().is_low_voltage


def test_a_clock_that_the_kernel_lowers_is_throttling_and_one_set_low_before_is_not(tmp_path: Path) -> None:
    files = MachineFiles(tmp_path)
    for allowed_khz, is_throttled in [("1500000", False), ("1800000", False), ("1000000", True), ("1800000", False)]:
        put(tmp_path, CLOCK, allowed_khz)
        assert files.read().is_throttled is is_throttled
