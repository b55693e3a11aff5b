"""Options: what several commands take, and the settings that come of options and environment together."""

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from app.settings import Settings


class Number(click.FloatRange):
    """A number in a range, which click takes "nan" to be in too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return *value* as a number."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


as_json = click.option("--json", "as_json", is_flag=True, help="Report as JSON on standard output.")
data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Folder for local state. [ARTIST360_DATA, ./data]"
)
songs_option = click.option(
    "--songs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The song dimension, a CSV file. [ARTIST360_SONGS, else one is made up in the data folder]",
)
broker_option = click.option("--broker", metavar="HOST:PORT", help="A Kafka that runs. [ARTIST360_BROKER]")
kind_option = click.option("--kind", help="Only records rejected for this kind of reason.")
topic_option = click.option("--topic", help="Where plays arrive. [ARTIST360_TOPIC, songplays]")
rate_option = click.option("--rate", type=Number(0, 1e7), default=5000, show_default=True, help="Plays a second; 0 is as fast as it can.")


class WithSettings(click.Command):
    """A command whose help ends with every setting."""

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the settings, a line each."""
        from app.settings import describe_settings

        formatter.write_paragraph()
        formatter.write_heading("Settings, from the environment or a file `.env`")
        for line in describe_settings().splitlines():
            formatter.write(f"  {line}\n")


def settings_with(**given: Any) -> "Settings":
    """Return the environment's settings with the options that are *given*, each read like its variable.

    Raises:
        SettingError: a variable is not allowed.
        UsageError: an option is not allowed.
    """
    from app.settings import read_settings

    settings = read_settings()
    read = {item.name: item.metadata["read"] for item in dataclasses.fields(settings)}
    changes = {}
    for name, value in given.items():
        try:
            changes.update({} if value is None else {name: read[name](str(value))})
        except ValueError as allowed:
            raise click.UsageError(f"--{name} is {str(value)!r}; allowed: {allowed}") from None
    return dataclasses.replace(settings, **changes)
