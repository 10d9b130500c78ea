"""Recognize a provider's message that rejects a parameter. The patterns match lower-case text."""

import re

UNSUPPORTED = re.compile(
    "unsupported|(?:not|n't) (?:currently |yet )?support|unrecogni[sz]ed|unknown|"
    "not (?:permitted|allowed|enabled)|"
    "unexpected|extra[ _](?:inputs|fields|forbidden)|deprecated|unavailable|not available|no longer|"
    "not recogni[sz]ed|can(?:not|'t) be used|may not be (?:enabled|used|set|specified)|"
    "cannot find field|only the default|additional propert"
)
# A complaint about a value means that the parameter is known.
ABOUT_A_VALUE = re.compile(
    "(?:must|should) (?:not )?be|at least|at most|too (?:large|small|high|low)|out of range|"
    "(?:less|greater) than|minimum|maximum|[<>]="
)
BOTH = re.compile(
    "can(?:not|'t) both|mutually exclusive|only one of|at the same time|not both|use only one|"
    "cannot be (?:used|specified|set) together|cannot specify both"
)
NO_TOOLS = re.compile(
    "(?:not|n't) (?:currently |yet )?support (?:tool|function)(?:s|[ _-](?:use|calls?|calling|choice))?\\b|"
    "(?:tools?|(?:tool|function)[ _-](?:use|calls?|calling)) (?:is|are) not supported|"
    "no endpoints found that support (?:tool use|the provided 'tool_choice')|"
    "requires --enable-auto-tool-choice|tools param requires"
)
NUMBER = r"[`'\"]?(-?\d{1,9}(?:\.\d{1,6})?)(?![.,]?\d)[`'\"]?"
ONLY = re.compile(
    rf"\bonly {NUMBER} is (?:allowed|supported|permitted|accepted)|may only be set to {NUMBER}|"
    rf"must (?:be exactly|be equal to|equal) {NUMBER}|must be {NUMBER}(?! ?(?:or|to|and|-|–))|"
    rf"\bonly supports {NUMBER}"
)
ONE_CHOICE = re.compile(
    r"only one (?:completion )?(?:choice|candidate)|multi-choice|multiple (?:choices|completions|candidates)|"
    r"support n ?> ?1\b|"
    r"only (?:supports? )?n ?={1,2} ?1\b"
)
MAXIMUM = re.compile(
    r"(?:<=|≤|>|(?:less|lower|smaller) than or equal to|at most|no (?:more|greater|larger) than|"
    r"not (?:be )?exceed|cannot exceed|maximum(?: value)?(?: is| of|:)?|limit of|can only afford|"
    r"\[ ?-?\d{1,9}(?:\.\d{1,6})?,|between -?\d{1,9}(?:\.\d{1,6})? and) ?" + NUMBER
)

# Gemini: `the supported range is from 1 (inclusive) to 65537 (exclusive)`
RANGE_END = re.compile(r"supported range is from [\d.-]{1,12} \(inclusive\) to (\d{1,9}) \((in|ex)clusive\)")

# A name with a dot is a field within a field: `reasoning.effort`. After that, there may be its value.
QUOTED = re.compile(r"[`'\"]([a-z_]\w{0,80}(?:\.[a-z_]\w{0,80}){0,2})[`'\"]")
# `seed: Extra inputs are not permitted`, `Unrecognized request argument supplied: store`
# `Validation error at #/store: Extra inputs are not permitted` (Azure)
INTRODUCED = re.compile(
    r"^(?:body\.)?([a-z_]\w{0,80}): |(?<!\S)#/([a-z_]\w{0,80})(?![\w/])|"
    r"(?:argument|parameter|field|propert(?:y|ies)|key)s?(?:\(s\))?"
    r"(?: supplied| not supported on this model)?: ?([a-z_]\w{0,80})"
)
# `tools.0.custom.strict` is a field of one tool, not all of them.
WORD = re.compile(r"(?!tools[\[./]\w)[a-z_]\w{0,80}")
# `Unrecognized key(s) in object: 'functions', 'user'` (zod): the whole list is rejected.
LISTED = re.compile(r"(?:keys|key\(s\)|arguments|parameters|fields|properties)(?: in object| supplied)?: ")
ONLY_STREAMS = re.compile(
    "only supports? stream|must be set to false for non-streaming|must have stream ?= ?true"  # Fireworks
)
NO_STREAMING = re.compile("verified to stream")
# `Your organization must be verified to generate reasoning summaries` (OpenAI)
UNVERIFIED = re.compile("must be verified to (?!use the model)")
ABOUT_A_ROLE = re.compile(r"\brole\b|unknown variant|input tag")
REFUSED_ROLE = re.compile("not support|unsupported|unknown|invalid|not match any")
# The accepted roles follow.
TAKEN_ROLES = re.compile("input should be|must be one of|expected one of|expected tags")
# `… use /v1/responses or set reasoning_effort to 'none'` (OpenAI)
SET_TO = re.compile(r"\bset [`'\"]?([a-z_][\w.]{0,80})[`'\"]? to [`'\"]([a-z]{1,20})[`'\"]")
