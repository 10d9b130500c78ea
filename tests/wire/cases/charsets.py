"""Charsets: a body that is not UTF-8 is decoded by its label, and never so that a key reappears."""

import json

from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import completion_body
from tests.wire.case import Case, http

_PAGE = '<html><head><meta http-equiv="Content-Type" content="text/html; charset={}"><title>{}</title></head>'


def _said(name: str, words: str, charset: str, label: str, body: str = "{}") -> Case:
    reply = http(body.format(words).encode(charset), label, 401)
    return Case(f"charset: {name}", reply, {"error.message": words}, (words,))


CASES = [
    Case(
        "charset: a completion in GBK",
        http(
            json.dumps(completion_body("你好，世界"), ensure_ascii=False).encode("gbk"),
            "application/json; charset=GBK",
        ),
        {"error": None, "completion.choices.0.message.content": "你好，世界"},
        ("你好，世界",),
    ),
    _said("an error in GBK", "密钥无效", "gbk", "application/json;charset=gb2312", '{{"error":"{}"}}'),
    _said("an error in Latin-1", "Clé refusée", "latin-1", 'text/plain; charset="ISO-8859-1"'),
    _said("words in Cyrillic", "Неверный ключ", "cp1251", "text/plain; charset=windows-1251"),
    _said("a page that says it itself", "网关拒绝", "gbk", "text/html", _PAGE.format("gbk", "{}")),
    _said("a page in Korean", "접근 거부", "euc-kr", "text/html", _PAGE.format("EUC-KR", "{}")),
    _said("UTF-8 under a wrong label", "密钥无效", "utf-8", "text/plain; charset=gbk"),
    _said("one that nobody knows", "Bad key here", "ascii", "text/plain; charset=x-none"),
    Case(
        "charset: a letter that hides a backslash hides no key",
        http(
            b'{"error":"no key \x81\\\\u%04x%s"}' % (ord(SERVER_KEY[0]), SERVER_KEY[1:].encode()),
            "application/json; charset=gbk",
            401,
        ),
        {"error.kind": "unauthorized"},
        hides=(SERVER_KEY,),
    ),
]
