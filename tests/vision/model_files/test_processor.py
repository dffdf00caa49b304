import platform
from pathlib import Path

from alpr_edge.vision.model_files.choice import read_processor

X86 = """processor\t: 0
model name\t: Some  Processor(R) 3000
flags\t\t: fpu avx2 avx512_vnni sse2

processor\t: 1
model name\t: Some Processor(R) 3000
flags\t\t: fpu avx2 avx512_vnni sse2
"""
ARM = """processor\t: 0
Features\t: fp asimd asimddp crc32
CPU implementer\t: 0x41
CPU part\t: 0xd0b

processor\t: 1
Features\t: fp asimd asimddp crc32
CPU implementer\t: 0x41
CPU part\t: 0xd0b
"""


def test_a_processor_is_told_by_its_name_and_its_instructions(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(X86, encoding="utf-8")
    processor = read_processor(path)
    assert (processor.name, processor.instructions) == ("Some Processor(R) 3000", ("avx2", "avx512_vnni"))
    path.write_text(X86.replace("avx512_vnni", ""), encoding="utf-8")
    assert read_processor(path).instructions == ("avx2",)
    assert str(read_processor(path)) == f"Some Processor(R) 3000 ({platform.machine()}: avx2)"


def test_one_without_a_name_is_told_by_its_kinds_of_cores(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(ARM, encoding="utf-8")
    assert read_processor(path).name == "0x41 0xd0b"
    path.write_text(ARM.replace("0xd0b", "0xd05", 1), encoding="utf-8")
    processor = read_processor(path)
    assert (processor.name, processor.instructions) == ("0x41 0xd05, 0x41 0xd0b", ("asimd", "asimddp"))


def test_where_nothing_is_told_nothing_is_known(tmp_path: Path) -> None:
    processor = read_processor(tmp_path / "none")
    assert (processor.name, processor.instructions) == ("unknown", ())
    assert "no vector instructions known" in str(processor)
