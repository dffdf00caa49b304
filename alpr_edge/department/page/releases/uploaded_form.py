"""Takes a form with a file as it arrives (RFC 7578); of the file no more stays in memory than a letter may be large."""

from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException

from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX
from alpr_edge.web.requests import FIELDS_MAX, SMALL_BYTES_MAX


@dataclass(slots=True)
class _FormPart:
    """A part of the form, as far as it arrived."""

    disposition: bytes = b""
    content: bytearray = field(default_factory=bytearray, repr=False)

    @property
    def name(self) -> str:
        """Its field's name."""
        return self._parameter(b"name")

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return b"filename" in parse_options_header(self.disposition)[1]

    def _parameter(self, name: bytes) -> str:
        return parse_options_header(self.disposition)[1].get(name, b"").decode(errors="replace")


class UploadedForm:
    """A form with one file."""

    def __init__(self, content_type: str) -> None:
        self.fields: dict[str, str] = {}
        self.file = b""
        """One byte more than a letter may have stands for all of a larger one."""
        self._part, self._header = _FormPart(), ("", "")
        kind, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary", b"") if kind == b"multipart/form-data" else b""
        self._parser = self._new_parser(boundary) if boundary else None

    def take(self, chunk: bytes) -> None:
        """Take what arrived next."""
        try:
            if self._parser is not None:
                self._parser.write(chunk)
        except MultipartParseError:
            raise HTTPException(400, "the form cannot be read; send it anew") from None

    def _new_parser(self, boundary: bytes) -> MultipartParser:
        names, values = bytearray(), bytearray()

        def begin() -> None:
            self._part = _FormPart()

        def end_header() -> None:
            if bytes(names).lower() == b"content-disposition":
                self._part.disposition = bytes(values)
            names.clear()
            values.clear()

        return MultipartParser(
            boundary,
            {
                "on_part_begin": begin,
                "on_header_field": lambda data, start, end: names.extend(data[start:end]),
                "on_header_value": lambda data, start, end: values.extend(data[start:end]),
                "on_header_end": end_header,
                "on_part_data": self._add,
                "on_part_end": self._end,
            },
        )

    def _add(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        most = LETTER_BYTES_MAX + 1 if part.is_file else SMALL_BYTES_MAX
        part.content += data[start : min(end, start + most - len(part.content))]

    def _end(self) -> None:
        part = self._part
        if part.is_file:
            self.file = self.file or bytes(part.content)
        elif len(self.fields) < FIELDS_MAX:
            self.fields[part.name] = part.content.decode(errors="replace")
