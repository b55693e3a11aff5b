"""The command line: every command reads the settings, hands over, and reports.

Modules are imported inside the commands, so that `--help` and typing errors answer at once.
"""

import dataclasses
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command import INTERRUPTED, Stop, one_message, progress, report
from app.options import (
    Number,
    WithSettings,
    as_json,
    broker_option,
    data_option,
    kind_option,
    rate_option,
    settings_with,
    songs_option,
    topic_option,
)
from app.token_commands import token

if TYPE_CHECKING:
    from app.broker import BrokerStatus


def main() -> None:
    """Run `artist360`."""
    try:
        sys.exit(cli.main(prog_name="artist360", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)


@click.group(context_settings={"max_content_width": 110})
@click.version_option(package_name="artist360")
def cli() -> None:
    """Song plays from Kafka, counted exactly once, as live rankings and income for artists."""


@cli.command(cls=WithSettings)
@rate_option
@songs_option
@click.option("--broker", metavar="HOST:PORT", help="Use this Kafka instead of the embedded one. [ARTIST360_BROKER]")
@click.option(
    "--broker-port", type=click.IntRange(0, 65535), default=9092, show_default=True, help="Port of the embedded Kafka; 0 picks one."
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the dashboard. [ARTIST360_WEB_PORT, 6066]")
@data_option
@click.option("--no-plays", is_flag=True, help="Simulate no plays: count what arrives.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Counting processes.")
@click.option("--duration", type=Number(0, 1e9), metavar="SECONDS", help="Stop so long after everything is up.")
def up(
    *,
    rate: float,
    songs: Path | None,
    broker: str | None,
    broker_port: int,
    port: int | None,
    data: Path | None,
    no_plays: bool,
    workers: int,
    duration: float | None,
) -> None:
    """Run the whole product: Kafka, simulated plays, counting, the dashboard. Ctrl-C stops it; the next run goes on from there."""
    with one_message():
        settings = settings_with(broker=broker, data=data, songs=songs, web_port=port)
        from app.settings import Settings
        from app.up import Options
        from app.up import up as run

        embedded = broker is None and (settings.broker, settings.broker_protocol) == (Settings().broker, Settings().broker_protocol)
        options = Options(not no_plays, rate, workers, duration, embedded, broker_port)
        run(settings, options)


@cli.group()
def broker() -> None:
    """The embedded Kafka alone."""


@broker.command("start")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=9092, show_default=True, help="Where clients connect on 127.0.0.1; 0 picks one."
)
@data_option
@as_json
def broker_start(*, port: int, data: Path | None, as_json: bool) -> None:
    """Start it in the background, and return when it answers."""
    with one_message():
        settings = settings_with(data=data)
        from app.broker import start

        status = start(settings.data, port=port, say=progress(as_json=as_json))
    if as_json:
        report(status_fields(status))


@broker.command("stop")
@data_option
@as_json
def broker_stop(*, data: Path | None, as_json: bool) -> None:
    """Stop it; its topics are kept."""
    with one_message():
        settings = settings_with(data=data)
        from app.broker import stop

        stopped = stop(settings.data, say=progress(as_json=as_json))
    if as_json:
        report({"stopped": stopped})
    else:
        click.echo("Kafka is stopped" if stopped else f"no Kafka runs in {settings.data}")


@broker.command("status")
@data_option
@as_json
def broker_status(*, data: Path | None, as_json: bool) -> None:
    """Say whether it runs, and where; exit code 1 when it does not."""
    with one_message():
        settings = settings_with(data=data)
        from app.broker import status as status_of

        status = status_of(settings.data)
    if as_json:
        report(status_fields(status))
    elif status.running:
        click.echo(f"Kafka {status.version} runs on {status.address}, process {status.pid}, log {status.log}")
    else:
        click.echo(f"no Kafka runs in {status.data}")
    if not status.running:
        raise click.exceptions.Exit(1)


@cli.command()
@rate_option
@click.option("--count", type=click.IntRange(min=0), help="Stop after so many. [never; with --days a million]")
@songs_option
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed makes the same choices.")
@click.option("--days", type=click.IntRange(min=0), default=0, show_default=True, help="Spread the plays' times over so many past days.")
@click.option("--bad-share", type=Number(0, 1), default=0.001, show_default=True, help="Share of plays that are broken on purpose.")
@broker_option
@click.option("--topic", help="Where to. [ARTIST360_TOPIC, songplays]")
@data_option
@as_json
def produce(
    *,
    rate: float,
    count: int | None,
    songs: Path | None,
    seed: int,
    days: int,
    bad_share: float,
    broker: str | None,
    topic: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Send simulated plays to Kafka."""
    with one_message(), Stop() as stop:
        settings = settings_with(broker=broker, data=data, songs=songs, topic=topic)
        from app.priority import lower_priority
        from app.producer import produce as send
        from app.songs_file import songs_in_use

        played = songs_in_use(settings)[1]
        lower_priority()
        sent = send(
            settings.librdkafka, settings.topic, played,
            rate=rate, count=count, seed=seed, days=days, bad_share=bad_share, stop=stop, say=progress(as_json=as_json),
        )  # fmt: skip
    if as_json:
        report(dataclasses.asdict(sent) | {"rate": sent.rate})
    else:
        click.echo(f"{sent.sent:,} plays sent in {sent.seconds:.1f} s ({sent.rate:,.0f}/s), {sent.bad:,} of them broken on purpose")
    if stop.interrupted:
        raise click.exceptions.Exit(INTERRUPTED)


@cli.group()
def songs() -> None:
    """The song dimension, a CSV file."""


@songs.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def songs_check(*, file: Path, as_json: bool) -> None:
    """Say every bad line of FILE; exit code 1 when there is one."""
    with one_message():
        from tables.songs import check_songs

        checked = check_songs(file)
    counts = {"songs": len(checked.songs)} | {name: getattr(checked, name) for name in ("artists", "albums", "genres", "collaborations")}
    if as_json:
        report({"file": str(file), **counts, "problems": [problem._asdict() for problem in checked.problems]})
    else:
        for problem in checked.problems:
            click.echo(problem)
        good = ", ".join(f"{number:,} {name}" for name, number in counts.items())
        click.echo(f"{file}: {len(checked.problems):,} problems; good: {good}")
    if checked.problems:
        raise click.exceptions.Exit(1)


@songs.command("generate")
@click.option("--count", type=click.IntRange(1, 1_000_000), default=20_000, show_default=True, help="How many songs.")
@click.option("--seed", type=int, default=360, show_default=True, help="The same seed makes the same songs.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("songs.csv"), show_default=True, help="The file to write."
)
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@as_json
def songs_generate(*, count: int, seed: int, out: Path, force: bool, as_json: bool) -> None:
    """Make up a catalogue: believable artists, albums, songs, collaborations and popularity."""
    if out.exists() and not force:
        raise click.ClickException(f"{out} exists: choose another --out, or --force to overwrite it")
    with one_message():
        from app.catalogue import generate_songs
        from tables.songs import write_songs

        made = generate_songs(count, seed)
        write_songs(out, made)
    if as_json:
        report({"file": str(out), "songs": len(made), "seed": seed})
    else:
        click.echo(f"{len(made):,} made-up songs in {out}")


@cli.group()
def rejected() -> None:
    """What could not be counted, and sending it again."""


@rejected.command("list")
@click.option("--limit", type=click.IntRange(0, 10_000), default=20, show_default=True, help="How many of the newest.")
@kind_option
@broker_option
@topic_option
@as_json
def rejected_list(*, limit: int, kind: str | None, broker: str | None, topic: str | None, as_json: bool) -> None:
    """Show the newest rejected records, and how many there are of each kind."""
    with one_message():
        settings = settings_with(broker=broker, topic=topic)
        from app.rejected import mark_key, newest_rejected, read_marks
        from app.rejected_format import described, summary

        marks = read_marks(settings)
        listed = newest_rejected(settings, limit=limit, kind=kind)
    rows = [(kept, mark_key(kept.source) in marks) for kept in listed.newest]
    if as_json:
        report({"rejected": listed.counts.total(), "kinds": listed.counts, "newest": [summary(kept, replayed=done) for kept, done in rows]})
    else:
        for kept, done in rows:
            click.echo(described(kept, replayed=done))
        kinds = ", ".join(f"{number:,} {name}" for name, number in listed.counts.most_common())
        click.echo(f"{listed.counts.total():,} rejected records" + (f": {kinds}" if kinds else ""))


@rejected.command("export")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="The file to write. [standard output]")
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@kind_option
@broker_option
@topic_option
def rejected_export(*, to: Path | None, force: bool, kind: str | None, broker: str | None, topic: str | None) -> None:
    """Write rejected records as lines of JSON: edit their values, and `replay --from` sends what was edited."""
    if to is not None and to.exists() and not force:
        raise click.ClickException(f"{to} exists, perhaps with edits: choose another --to, or --force to overwrite it")
    with one_message():
        settings = settings_with(broker=broker, topic=topic)
        from app.rejected import export_rejected, export_to_file

        if to is None:
            written = export_rejected(settings, click.get_text_stream("stdout", "utf-8"), kind=kind)
        else:
            written = export_to_file(settings, to, kind=kind)
    click.echo(f"{written:,} rejected records written" + (f" to {to}" if to else ""), err=True)


@rejected.command("replay")
@click.option(
    "--from",
    "edited",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Send what was edited in this file of `export`. [all as they were]",
)
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@kind_option
@broker_option
@topic_option
@as_json
def rejected_replay(*, edited: Path | None, dry_run: bool, kind: str | None, broker: str | None, topic: str | None, as_json: bool) -> None:
    """Send rejected records again, each once only, however often this is run or killed; exit code 1 when FILE names unknown ones."""
    with one_message():
        settings = settings_with(broker=broker, topic=topic)
        from app.rejected_format import read_edits
        from app.replay import replay

        replayed = replay(settings, read_edits(edited.read_bytes().split(b"\n")) if edited else None, kind=kind, dry_run=dry_run)
    if as_json:
        report({"dry_run": dry_run, **dataclasses.asdict(replayed)})
    else:
        click.echo(f"{'would send' if dry_run else 'sent'} {replayed.sent:,}, skipped {replayed.skipped:,} that were sent before")
        if replayed.unedited:
            click.echo(f"left out {replayed.unedited:,} whose value was not edited")
        for line in replayed.unknown:
            click.echo(f"line {line} names no rejected record of {settings.rejected_topic}" + (f" of the kind {kind}" if kind else ""))
    if replayed.unknown:
        raise click.exceptions.Exit(1)


@cli.command()
@click.option(
    "--server", metavar="URL", help="The server whose numbers are held against the topic. [http://ARTIST360_WEB_HOST:ARTIST360_WEB_PORT]"
)
@click.option("--token", help="Its token, or a file that holds it. [ARTIST360_ADMIN_TOKEN, admin.token in the data folder]")
@click.option(
    "--songs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The server's song dimension. [ARTIST360_SONGS, songs.csv in the data folder]",
)
@broker_option
@click.option("--topic", help="What was counted. [ARTIST360_TOPIC, songplays]")
@data_option
@as_json
def verify(
    *, server: str | None, token: str | None, songs: Path | None, broker: str | None, topic: str | None, data: Path | None, as_json: bool
) -> None:
    """Recount the topic and compare every number; exit code 1 when one differs, 2 when that cannot be proven."""
    from app.audit import CannotProve
    from app.verify import verify as compare

    try:
        with one_message():
            settings = settings_with(broker=broker, data=data, songs=songs, topic=topic, admin_token=token)
            verdict = compare(settings, server, progress(as_json=as_json))
    except Exception as error:
        bug = not isinstance(error, (CannotProve, click.ClickException))
        if bug:
            traceback.print_exc()  # Python's own exit code for it, 1, says here that a number differs
        if as_json:
            report({"verdict": "cannot prove", "summary": f"{type(error).__name__}: {error}" if bug else str(error)})
        elif not bug:
            click.echo(error, err=True)
        raise click.exceptions.Exit(2) from error
    if as_json:
        report(verdict.document())
    else:
        click.echo("\n".join(verdict.lines()))
    if verdict.differences:
        raise click.exceptions.Exit(1)


cli.add_command(token)


def status_fields(status: "BrokerStatus") -> dict[str, Any]:
    """Return *status* for JSON."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in dataclasses.asdict(status).items()}


if __name__ == "__main__":
    main()
