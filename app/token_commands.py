"""The commands about tokens: who may ask the servers for what, made and revoked while they run."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from app.command import one_message, report
from app.options import Number, as_json, broker_option, settings_with

if TYPE_CHECKING:
    from web.grants import Rows
    from web.token_format import Token
    from web.tokens import Known

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
NAME_MOST = 100
COLUMNS = ("id", "name", "scopes", "artist", "country", "expires", "rps", "state")

EXAMPLES = """\b
Examples:
  artist360 token create --name grafana --scope metrics
  artist360 token create --name rosalia --scope totals ranking_by live --artist ROSALÍA --expires 90d
  artist360 token create --name partner --scope ranking_by --country ES --rps 5 --json
"""


class Duration(click.ParamType):
    """A span of time like 90d, 12h, 30m or 45s, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return *value* in seconds."""
        found = re.fullmatch(r"([1-9]\d{0,4})([smhd])", str(value), re.ASCII)
        if found is None:
            self.fail(f"{value!r} is no duration; send a number and a unit: 90d, 12h, 30m or 45s", param, ctx)
        return int(found[1]) * UNIT_SECONDS[found[2]]


@click.group()
def token() -> None:
    """Who may ask the servers for what. All of them know within a second; nothing is restarted."""


@token.command("create", epilog=EXAMPLES)
@click.option("--name", required=True, help="Whose it is, or what for.")
@click.option("--scope", "scopes", multiple=True, metavar="ENDPOINT...", help="What it opens: see above.")
@click.argument("more", nargs=-1, metavar="")
@click.option("--artist", help="Only rows of this artist, whatever is asked for.")
@click.option("--country", help="Only rows of this country: alpha-2 code or English name.")
@click.option("--expires", "seconds", type=Duration(), metavar="DURATION", help="How long it is good: 90d, 12h, 30m. [for ever]")
@click.option("--rps", type=Number(0.001, 1e6), help="Most requests per second, of each server. [any number]")
@broker_option
@as_json
def create(
    *,
    name: str,
    scopes: tuple[str, ...],
    more: tuple[str, ...],
    artist: str | None,
    country: str | None,
    seconds: int | None,
    rps: float | None,
    broker: str | None,
    as_json: bool,
) -> None:
    """Make a token, and print it once.

    Scopes are the endpoints' names, `live` for the stream, `metrics`, or `*` for everything; several after one --scope, with
    commas, or with --scope again. A token with an artist or a country never opens conservation, facts or metrics.
    """
    with one_message():
        settings = settings_with(broker=broker)
        from app.token_topic import write_record
        from web.grants import Grant
        from web.token_format import Token, hash_of, id_of, new_token

        made, now = new_token(), int(time.time())
        grant = Grant(
            id_of(made),
            _scopes([*scopes, *more]),
            _fixed(artist, country),
            name=_name(name),
            artist=artist,
            expires=None if seconds is None else now + seconds,
            rps=rps,
        )
        if never := sorted(scope for scope in grant.scopes if grant.never_opens(scope)):
            raise click.UsageError(f"a token with --artist or --country never opens {', '.join(never)}: leave that out")
        kept = Token(grant, hash_of(made), now)
        write_record(settings, kept)
    if as_json:
        report({"token": made, **_fields(kept, "active")})
    else:
        click.echo(made)
        click.echo("Keep it now: only its hash is kept here. Send it as `Authorization: Bearer …`", err=True)


@token.command("list")
@broker_option
@as_json
def list_tokens(*, broker: str | None, as_json: bool) -> None:
    """Show every token and its state, never a secret. The admin's is not among them."""
    with one_message():
        settings = settings_with(broker=broker)
        from app.token_topic import read_tokens

        rows = _listed(read_tokens(settings), time.time())
    if as_json:
        report({"tokens": rows})
    elif not rows:
        click.echo(f"no tokens in {settings.tokens_topic}: `artist360 token create` makes one")
    else:
        click.echo("\n".join(_table(rows)))


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@broker_option
@as_json
def revoke_token(*, token_id: str, broker: str | None, as_json: bool) -> None:
    """End the token ID, at once and for good. `artist360 token list` shows the ids; the whole token will do, too."""
    with one_message():
        settings = settings_with(broker=broker)
        from app.token_topic import revoke
        from web.token_format import TOKEN_ID, id_of

        found = id_of(token_id) or token_id
        if not TOKEN_ID.fullmatch(found):  # not shown: it may be half a secret
            raise click.UsageError("that is no token's id, which is 12 letters and digits: `artist360 token list` shows them")
        revoked = revoke(settings, found, time.time())
    if as_json:
        report({"id": revoked.id, "revoked": _when(revoked.at)})
    else:
        click.echo(f"the token {revoked.id} is revoked since {_when(revoked.at)}")


def _name(name: str) -> str:
    if not 1 <= len(name) <= NAME_MOST or not name.isprintable() or name.isspace():
        raise click.UsageError(f"--name is {name[:NAME_MOST]!r}; allowed: 1 to {NAME_MOST} characters that can be printed")
    return name


def _scopes(given: Iterable[str]) -> frozenset[str]:
    from web.scopes import SCOPES, read_scope

    texts = [text for each in given for text in each.split(",") if text]
    if not texts:
        raise click.UsageError(f"a token without a scope opens nothing; send one --scope or several of {', '.join(SCOPES)}")
    scopes = set()
    for text in texts:
        try:
            scopes.add(read_scope(text))
        except ValueError as allowed:
            raise click.UsageError(f"--scope is {text[:60]!r}; allowed: {allowed}") from None
    return frozenset(scopes)


def _fixed(artist: str | None, country: str | None) -> "Rows":
    """Return the rows of *artist* and *country*, read as the endpoints read their filters."""
    from web import parameters
    from web.grants import Rows

    rules = {"artist": parameters.text, "country": parameters.country}
    fixed = {}
    for name, value in (("artist", artist), ("country", country)):
        try:
            fixed[name] = None if value is None else rules[name].read(value)
        except ValueError as allowed:
            raise click.UsageError(f"--{name} is {value!r}; allowed: {allowed}") from None
    return Rows(**fixed)


def _listed(known: "Known", now: float) -> list[dict[str, Any]]:
    from web.tokens import state

    states = {"": "active", "is revoked": "revoked", "has expired": "expired"}
    return [_fields(each, states[state(known, each, now)]) for each in sorted(known.tokens.values(), key=lambda each: each.created)]


def _fields(kept: "Token", state: str) -> dict[str, Any]:
    """Return what may be shown of a token, for JSON."""
    grant = kept.grant
    return {
        "id": grant.id,
        "name": grant.name,
        "scopes": sorted(grant.scopes),
        "artist": grant.artist,
        "country": grant.rows.country,
        "created": _when(kept.created),
        "expires": grant.expires and _when(grant.expires),
        "rps": grant.rps,
        "state": state,
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield *rows* below a header, in columns."""
    cells = [[name.upper() for name in COLUMNS], *([_cell(row[name]) for name in COLUMNS] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _when(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
