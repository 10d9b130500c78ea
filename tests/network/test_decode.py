"""Content codings: the same bytes however they are split, and bounded memory."""

import gzip
import sys
import zlib
from itertools import chain

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.network.decode import BadEncodingError, Decoder, TooMuchUnpackedError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = b'{"text": "' + b"abcdefghij" * 20_000 + bytes(range(35, 90)) * 9 + b'"}'
PACKED = {
    "": BODY,
    "gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "br": brotli.compress(BODY),
    "zstd": zstd.compress(BODY),
    "gzip, br": brotli.compress(gzip.compress(BODY)),
    "zstd, gzip": gzip.compress(zstd.compress(BODY)),
}


def _unpacked(codings: str, pieces: list[bytes]) -> bytes:
    decoder = Decoder([name.strip() for name in codings.split(",") if name], 1 << 30)
    found = [part for piece in pieces for part in decoder.feed(piece)]
    found += decoder.close()
    assert decoder.ended
    assert decoder.unread == ""
    return b"".join(found)


@given(st.sampled_from(sorted(PACKED)), st.data())
def test_any_split_decodes_to_the_same(codings: str, data: st.DataObject) -> None:
    packed = PACKED[codings]
    cuts = sorted(data.draw(st.sets(st.integers(0, min(len(packed), 400)), max_size=20)))
    pieces = [packed[start:end] for start, end in zip([0, *cuts], [*cuts, len(packed)], strict=True)]

    assert _unpacked(codings, [piece for piece in pieces if piece]) == BODY


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"")),
        ("br", brotli.compress(b"")),
        ("br", brotli.compress(b"{}")),
        ("deflate", zlib.compress(b"")),
        ("zstd", zstd.compress(b"")),
    ],
    ids=["gzip", "br of nothing", "br", "deflate", "zstd"],
)
def test_the_shortest_bodies(coding: str, packed: bytes) -> None:
    assert _unpacked(coding, [packed]) in (b"", b"{}")
    assert _unpacked(coding, [bytes([byte]) for byte in packed]) in (b"", b"{}")


def test_data_that_breaks_later_is_not_passed_on_as_received() -> None:
    packed = bytearray(gzip.compress(BODY))
    packed[-5] ^= 0xFF  # the checksum
    decoder = Decoder(["gzip"], 1 << 30)

    with pytest.raises(BadEncodingError):
        list(chain(decoder.feed(bytes(packed[:100])), decoder.feed(bytes(packed[100:]))))


def test_a_frame_that_asks_for_much_memory_is_not_decoded() -> None:
    """RFC 9659 allows at most 8 MiB. A header of a few bytes could ask for 128 MiB and more."""
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 25})
    packed = packer.compress(b"a" * 1000) + packer.flush()
    decoder = Decoder(["zstd"], 1 << 30)

    assert b"".join(decoder.feed(packed)) == packed
    assert decoder.unread == "zstd"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_endless_parts_are_not_decoded(coding: str) -> None:
    """Empty parts produce no bytes that would reach a limit, and a second coding makes them tiny."""
    empty = gzip.compress(b"") if coding == "gzip" else zstd.compress(b"")
    decoder = Decoder([coding, "gzip"], 1 << 30)

    with pytest.raises(TooMuchUnpackedError):
        list(decoder.feed(gzip.compress(empty * 200_000)))


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_part_for_each_event_is_decoded(coding: str) -> None:
    pack = gzip.compress if coding == "gzip" else zstd.compress
    part = pack(b"data: {}\n\n")

    assert _unpacked(coding, [part] * 3000) == b"data: {}\n\n" * 3000
