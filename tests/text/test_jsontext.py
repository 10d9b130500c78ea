"""JSON as text: strict parsing, canonical writing, indenting without changing a value."""

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.text import jsontext
from tests.exchange.strategies import json_values
from tests.growth import is_linear

# Strings may contain what looks like a number; no other token of JSON has digits.
_NUMBER_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*')


def _numbers(text: str) -> list[str]:
    return [token for token in _NUMBER_OR_STRING.findall(text) if not token.startswith('"')]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1, column 1. A value is missing"),
        ('{"a":\n 1,}', "line 2"),
        ("[1] 2", "follows the JSON value"),
        ("NaN", "NaN isn’t a JSON number"),
        ("[-Infinity]", "-Infinity isn’t a JSON number"),
        ("1e400", "1e400 is too large"),
        ("-1e400", "-1e400 is too large"),
        ("123e-10000000", "123e-10000000 is too close to zero"),
        ('{"a": -0.00001E-400}', "-0.00001E-400 is too close to zero"),
        ('{"a": ', "line 1, column 7. The end is missing"),
        ('{"a": [1,\n2', "line 2, column 2. The end is missing"),
        ("9" * 5000, "too many digits"),
        ('{"a": 1, "b": 2, "a": 3}', "“a” appears more than once"),
        ('[{"x": {"b": 1, "b": 1}}]', "“b” appears more than once"),
        ('"\\ud83d"', "half of a surrogate pair"),
        ('{"\\udc00": 1}', "half of a surrogate pair"),
        ("[" * 101 + "]" * 101, "more than 100 levels"),
        ('{"a":' * 101 + "1" + "}" * 101, "more than 100 levels"),
        ("[" * 1000 + "]" * 1000, "more than 100 levels"),
        ("[" * 200_000, "more than 100 levels"),
        (b'{"a": "\xff"}', "Byte 7 isn’t valid UTF-8"),
        (b'"\xed\xa0\x80"', "Byte 1 isn’t valid UTF-8"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_invalid_json_is_rejected_with_a_reason(text: str | bytes, words: str) -> None:
    with pytest.raises(jsontext.JSONTextError) as refused:
        jsontext.loads(text)

    assert words in str(refused.value.sentence)


def test_a_hundred_levels_are_accepted() -> None:
    text = "[" * 99 + "1" + "]" * 99

    assert jsontext.dumps(jsontext.loads(text)).decode() == text


def test_a_byte_order_mark_is_skipped() -> None:
    assert jsontext.loads(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_a_surrogate_pair_is_one_character() -> None:
    assert jsontext.loads('"\\ud83d\\udc4d"') == "👍"


def test_canonical_bytes_are_utf_8_in_given_order_without_spaces() -> None:
    assert jsontext.dumps({"b": ["é", None, True], "a": 1.5}) == '{"b":["é",null,true],"a":1.5}'.encode()


@given(json_values)
def test_written_json_parses_to_the_same_value(value: Any) -> None:
    assert json.dumps(jsontext.loads(jsontext.dumps(value))) == json.dumps(value)


def test_indented_json_reads_well() -> None:
    text = '{"a":[1.0e5,{"b":{},"c":[ ]}],"d":"x,{}[]:\\"","e":"\\u4e2d\\u6587"}'

    assert (
        jsontext.indent(text)
        == """\
{
  "a": [
    1.0e5,
    {
      "b": {},
      "c": []
    }
  ],
  "d": "x,{}[]:\\"",
  "e": "中文"
}"""
    )


@pytest.mark.parametrize("string", ['"\\u0007"', '"\\u202e"', '"\\ud83d"', '"\\u2028"', '"\\\\u0041"'])
def test_escapes_of_invisible_characters_stay(string: str) -> None:
    assert jsontext.indent(string) == string


@given(json_values, st.booleans(), st.sampled_from([None, 0, 3, "\t"]))
def test_indenting_keeps_the_value_and_the_spelling_of_numbers(
    value: Any, ascii_only: bool, indent: int | str | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)

    indented = jsontext.indent(text)

    assert json.dumps(json.loads(indented)) == json.dumps(value)
    assert _numbers(indented) == _numbers(text)


@pytest.mark.parametrize(
    "number", ["1.0", "1.50", "1e5", "1E+05", "-0", "-0.0", "1e-7", "12345678901234567890"]
)
def test_a_number_stays_as_the_provider_wrote_it(number: str) -> None:
    assert jsontext.indent(f"[{number}]") == f"[\n  {number}\n]"


@given(json_values)
def test_indenting_is_idempotent(value: Any) -> None:
    once = jsontext.indent(json.dumps(value))

    assert jsontext.indent(once) == once


@given(st.text(st.sampled_from('{}[],:"\\u0e1 '), max_size=40))
def test_text_that_is_not_json_can_still_be_indented(text: str) -> None:
    assert isinstance(jsontext.indent(text), str)


def test_a_long_string_is_indented_quickly() -> None:
    text = json.dumps({"a": 'x"\\' * 300_000})

    assert jsontext.indent(text) == f'{{\n  "a": {text[6:-1]}\n}}'


def test_a_repeated_key_among_many_is_found_in_linear_time() -> None:
    def work(size: int) -> None:
        keys = [f'"key{number}": 1' for number in range(size)]
        with pytest.raises(jsontext.JSONTextError, match=f"“key{size - 1}” appears more than once"):
            jsontext.loads("{" + ",".join([*keys, keys[-1]]) + "}")

    assert is_linear(work, 5000)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"a": "x\\ud83d"}', {"a": "x\ufffd"}),
        (b'{"\\udc00": ["\\ud83d\\ude00"]}', {"\ufffd": ["😀"]}),
        (b'["\xff"]', ["\ufffd"]),
        (b"[NaN, Infinity, -Infinity]", ["NaN", "Infinity", "-Infinity"]),
        (b"[1e400, -1e999, 1e-400]", ["1e400", "-1e999", "1e-400"]),
        (b'{"seed": ' + b"9" * 5000 + b', "n": 1}', {"seed": "9" * 5000, "n": 1}),
        (b'{"a": "one\ntwo\tthree\x00"}', {"a": "one\ntwo\tthree\0"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"[0e-5, 0.0, -0.0]", [0.0, 0.0, -0.0]),
    ],
)
def test_a_response_is_parsed_leniently_into_valid_json(data: bytes, value: object) -> None:
    assert jsontext.loads_leniently(data) == value
    # Whatever is built from it is valid JSON.
    assert jsontext.loads(jsontext.dumps(jsontext.loads_leniently(data))) == value


@pytest.mark.parametrize("number", ["0", "0.0", "-0.0", "0e-5", "0.000E+99", "5e-324", "1e-7", "1.7e308"])
def test_a_number_that_fits_a_float_is_accepted(number: str) -> None:
    assert jsontext.loads(number) == float(number)


@pytest.mark.parametrize(
    ("text", "whole"),
    [("a\ud83d\ude00b", "a😀b"), ("\ud83d", "\ufffd"), ("\ude00\ud83d", "\ufffd\ufffd"), ("中😀", "中😀")],
)
def test_adjacent_surrogate_halves_become_one_character(text: str, whole: str) -> None:
    assert jsontext.mended_text(text) == whole
    assert jsontext.mended({text: [text, 1]}) == {whole: [whole, 1]}


def test_lone_surrogates_are_kept_on_request() -> None:
    assert jsontext.loads_leniently('["\\ud83d"]', halves=True) == ["\ud83d"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_and_utf_32_are_named_in_the_error(encoding: str) -> None:
    with pytest.raises(jsontext.JSONTextError, match="UTF-16"):
        jsontext.loads_leniently('{"a": 1}'.encode(encoding))


@pytest.mark.parametrize(
    "piece", ['\\"', '"', "\\", "[", '{"a":', "NaN,", "1e-400,", '"\\ud83d",', "9" * 90 + ","]
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def work(size: int) -> None:
        text = '["' + piece * (size // len(piece))
        for read in (jsontext.loads, jsontext.loads_leniently):
            with contextlib.suppress(jsontext.JSONTextError):
                read(text)
                read(text[:1] + text[2:-1] + "]")
        jsontext.indent(text)

    assert is_linear(work, 20_000)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[" * 5000, b"[" * 200 + b"]" * 200, b"nan", b"+1", b"1.", b"[1,]"]
)
def test_a_response_that_is_not_json_is_rejected(data: bytes) -> None:
    with pytest.raises(jsontext.JSONTextError):
        jsontext.loads_leniently(data)


@pytest.mark.parametrize("piece", ["[],", "1,", '{"a":{}},', "["])
def test_a_response_with_too_many_values_is_not_parsed(piece: str) -> None:
    text = "[" + piece * (jsontext.MAX_VALUES // 2)

    with pytest.raises(jsontext.TooManyValuesError, match="more than 1,000,000 values"):
        jsontext.loads_leniently(text * 3)


def test_a_long_text_with_few_values_is_accepted() -> None:
    assert jsontext.loads_leniently(json.dumps(["x, y; " * 300_000])) == ["x, y; " * 300_000]


def test_text_that_would_grow_a_hundredfold_is_not_indented() -> None:
    with pytest.raises(jsontext.JSONTextError, match="too long to format"):
        jsontext.indent("[" * 90 + "]" * 90, longest=1000)
