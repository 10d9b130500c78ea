"""Decode gzip, deflate, br and zstd, although we ask for none of them.

A body that does not start the way its label says is passed on unchanged: some proxies decompress a response
and keep the label, or compress it without adding one. Output is produced lazily in small pieces, so that a
decompression bomb reaches the limit before it fills the memory.
"""

import re
import sys
import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE = 65_536
_MOST_LAYERS = 5
# gzip and zstd may have several parts. An empty one is only a few bytes (9 in zstd), but takes as long to
# decode as a full one.
_MOST_PARTS = 100_000
# RFC 9659 allows at most 8 MiB; without a limit a frame may ask for gigabytes.
_ZSTD_WINDOW_LOG = 23
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
# The other codings can start with any bytes, so text that looks like the start of an answer counts as text.
_TEXT = re.compile(rb"\s*(?:[{\[<:]|data:|event:|id:|retry:)[\x20-\x7e\s]*")
_ENOUGH = 8
_ERRORS: tuple[type[Exception], ...] = (zlib.error, brotli.error, zstd.ZstdError)
_CODINGS = ("gzip", "deflate", "br", "zstd")
_PLAIN = ("identity", "none")


class BadEncodingError(Exception):
    """The compressed data is broken."""


class TooMuchUnpackedError(Exception):
    """One layer decoded to more bytes than the limit, or had too many parts."""


class Unpacker(Protocol):
    """A decompressor. `ended` tells whether the data so far is complete."""

    ended: bool

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Zlib:
    def __init__(self, bits: int) -> None:
        self.ended = False
        self._bits, self._parts = bits, 1
        self._state = zlib.decompressobj(bits)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._state.eof:  # gzip may have several members
                self._state, self._parts = zlib.decompressobj(self._bits), _one_more(self._parts)
            try:
                piece = self._state.decompress(data, PIECE)
            except zlib.error:
                if self._parts == 1:
                    raise
                return  # padding after the last member
            if piece:
                yield piece
            self.ended = self._state.eof
            data = self._state.unused_data if self.ended else self._state.unconsumed_tail
            if not data and (self.ended or len(piece) < PIECE):
                return


class _Brotli:
    def __init__(self) -> None:
        self.ended = False
        self._state = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        while not self.ended:
            piece = self._state.process(data, output_buffer_limit=PIECE)
            self.ended, data = self._state.is_finished(), b""
            if piece:
                yield piece
            elif self._state.can_accept_more_data():
                return


class _Zstd:
    def __init__(self) -> None:
        self.ended = False
        self._state, self._parts = self._new(), 1

    @staticmethod
    def _new() -> zstd.ZstdDecompressor:
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._state.eof:
                self._state, self._parts = self._new(), _one_more(self._parts)
            if piece := self._state.decompress(data, PIECE):
                yield piece
            self.ended = self._state.eof
            data = self._state.unused_data if self.ended else b""
            if not data and (self.ended or self._state.needs_input):
                return


def _one_more(parts: int) -> int:
    if parts == _MOST_PARTS:
        raise TooMuchUnpackedError
    return parts + 1


class _AsItIs:
    ended = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data


def _unpacker(coding: str, start: bytes) -> Unpacker:
    match coding:
        case "gzip":
            return _Zlib(16 + zlib.MAX_WBITS)
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
    # The RFC wraps deflate in zlib's format; some servers send it bare.
    wrapped = start[0] & 15 == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return _Zlib(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


class _Layer:
    """One coding; "" means to detect it from the first bytes.

    `unread` is set once the data turns out not to be in that coding and is passed on as received.
    """

    def __init__(self, coding: str, most: int) -> None:
        self.unread = False
        self._coding, self._left = coding, most
        self._unpacker: Unpacker | None = None
        # The bytes as received, until something has been decoded.
        self._start: bytes | None = b""

    @property
    def ended(self) -> bool:
        return self._unpacker is None or self._unpacker.ended

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            data = (self._start or b"") + data
            self._start = data
            self._unpacker = self._chosen(data)
            if self._unpacker is None:
                return
        elif self._start is not None and len(self._start) < PIECE:
            self._start += data
        try:
            for piece in self._unpacker.feed(data):
                self._start = None
                self._left -= len(piece)
                if self._left < 0:
                    raise TooMuchUnpackedError
                yield piece
        except _ERRORS as error:
            if self._start is None or len(self._start) >= PIECE:
                raise BadEncodingError(f"{self._coding}: {error}") from error
            self.unread, self._unpacker = True, _AsItIs()
            yield self._start

    def close(self) -> Iterator[bytes]:
        """Decode the first bytes when the body ended before there were enough to tell what they are."""
        if self._unpacker is None and self._start:
            self._unpacker = self._chosen(self._start.ljust(_ENOUGH, b"\xff"))
            start, self._start = self._start, b""
            yield from self.feed(start)

    def _chosen(self, start: bytes) -> Unpacker | None:
        """Choose a decompressor, or None while there are too few bytes."""
        if self._coding in _MAGIC or not self._coding:
            return self._by_magic(start)
        if len(start) < _ENOUGH:
            return None
        return _AsItIs() if _TEXT.fullmatch(start[:_ENOUGH]) else _unpacker(self._coding, start)

    def _by_magic(self, start: bytes) -> Unpacker | None:
        magics = {name: magic for name, magic in _MAGIC.items() if self._coding in ("", name)}
        for name, magic in magics.items():
            if start.startswith(magic):
                self._coding = name
                return _unpacker(name, start)
        return None if any(magic.startswith(start) for magic in magics.values()) else _AsItIs()


class Decoder:
    """Decodes a body: call `feed` for each piece, then `close`.

    `most` bounds the output of each layer, in bytes. `unread` names the coding that could not be decoded, in
    which case the body is passed on as received; "" otherwise.
    """

    def __init__(self, codings: list[str], most: int) -> None:
        codings = ["gzip" if coding == "x-gzip" else coding for coding in codings if coding not in _PLAIN]
        self._unknown = ""
        if len(codings) > _MOST_LAYERS or not all(coding in _CODINGS for coding in codings):
            self._unknown, codings = ", ".join(codings), []
        self._codings = codings
        # Codings are listed in the order in which they were applied.
        self._layers = [_Layer(coding, most) for coding in reversed(codings or [""])]

    @property
    def unread(self) -> str:
        failed = any(layer.unread for layer in self._layers)
        return self._unknown or (", ".join(self._codings) if failed else "")

    @property
    def ended(self) -> bool:
        """Whether the compressed data is complete."""
        return all(layer.ended for layer in self._layers)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode a piece. Raises `BadEncodingError` and `TooMuchUnpackedError`."""
        return self._through(self._layers, iter((data,)))

    def close(self) -> Iterator[bytes]:
        for number, layer in enumerate(self._layers):
            yield from self._through(self._layers[number + 1 :], layer.close())

    @staticmethod
    def _through(layers: list[_Layer], pieces: Iterator[bytes]) -> Iterator[bytes]:
        for layer in layers:
            pieces = _each(layer, pieces)
        return pieces


def _each(layer: _Layer, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from layer.feed(piece)
