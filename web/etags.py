"""ETags: whether an answer is still the one that a client has."""

import hashlib
import re

import orjson

from web.answers import Answer

_LISTED = re.compile(r'(?:W/)?("[^"]*")')


def etag_of(answer: Answer, kind: str) -> str:
    """Return the weak ETag of *answer* in the format *kind*: of its rows, and not of the second that they were read in.

    Weak, since two answers of one tag may name other watermarks: plays came that these rows do not show.
    """
    told = orjson.dumps([kind, [list(column) for column in answer.columns], answer.found, orjson.Fragment(answer.rows_json)])
    return f'W/"{hashlib.blake2b(told, digest_size=12).hexdigest()}"'


def is_known(etag: str, if_none_match: str) -> bool:
    """Say whether *if_none_match*, a header's value, names *etag*, by the weak comparison of RFC 9110, section 13.1.2."""
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in _LISTED.findall(if_none_match)
