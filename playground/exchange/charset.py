"""Convert text that is not UTF-8 from the charset that its sender names."""

import re

# Codecs by the charset names that senders use. Big5 and Shift JIS are left out: the second byte of a
# character is often ASCII, even a backslash (in GBK only for rare characters; `in_utf8` leaves such text
# alone).
_CODECS = {
    **dict.fromkeys(("gbk", "gb2312", "gb18030", "x-gbk", "cp936"), "gb18030"),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii", "windows-1252"), "cp1252"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "cp949"), "cp949"),
    **{name: name for name in ("euc-jp", "koi8-r", "koi8-u")},
    **{f"iso-8859-{part}": f"iso-8859-{part}" for part in (2, 4, 5, 7, 9, 13, 15)},
    **{f"windows-125{part}": f"cp125{part}" for part in (0, 1, 3, 4, 7)},
}
_CHARSET = re.compile(r"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# Browsers look for a page's `meta` within this many bytes; XML names it in its first line.
_START = 1024
_NOT_ASCII = bytes(range(0x80, 0x100))


def in_utf8(body: bytes, content_type: str) -> bytes:
    """Convert text to UTF-8 by the charset in its label or page; unchanged if neither helps.

    All ASCII must stay as it was, so that a redacted key cannot reappear.
    """
    codec = _codec(body, content_type)
    if codec is None or _is_utf8(body):
        return body
    text = body.decode(codec, "replace")
    same = text.encode("ascii", "ignore") == body.translate(None, _NOT_ASCII)
    return text.encode() if same else body


def _codec(body: bytes, content_type: str) -> str | None:
    named = _CHARSET.search(content_type)
    if named is None and body[:_START].lstrip().startswith(b"<"):
        named = _CHARSET.search(body[:_START].decode("ascii", "replace"))
    return _CODECS.get(named[1].lower()) if named else None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
