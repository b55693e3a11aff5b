"""Settings: read in this one place, from environment variables and an optional `.env` file."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from app.broker_security import MECHANISMS, PROTOCOLS, BrokerSecurity
from app.secret import Secret
from web.limits import Limits

PREFIX = "ARTIST360_"
ROLES = ("all", "count", "serve")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FORMATS = ("text", "json")
PORT_MOST = 65535
DEFAULT_PORTS = (("http", "80"), ("https", "443"))
"""Browsers leave them out of an origin."""


class SettingError(ValueError):
    """A setting that cannot be used: says its name, what came and what is allowed."""


def _setting(about: str, default: Any, read: Callable[[str], Any]) -> Any:
    return field(default=default, metadata={"about": about, "read": read})


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return read


def _seconds(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = float("nan")
        if not least <= seconds <= most:
            raise ValueError(f"a number of seconds from {least} to {most}")
        return seconds

    return read


def _name(pattern: str, allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(allowed)
        return text

    return read


def _one_of(*names: str) -> Callable[[str], str]:
    """Read one of *names* in whatever case: brokers' own files have them in another."""
    by_case = {name.upper(): name for name in names}

    def read(text: str) -> str:
        if text.upper() not in by_case:
            raise ValueError(" or ".join(names))
        return by_case[text.upper()]

    return read


def _file(text: str) -> Path:
    """Make a path hold for child processes, which work in another folder."""
    return Path(text).absolute()


def _origins(text: str) -> str:
    """Read origins as browsers write them, which are compared as text: in any other spelling one would never match."""
    for origin in text.split(",") if text != "*" else ():
        found = _ORIGIN.fullmatch(origin)
        if not found or (found["scheme"], found["port"]) in DEFAULT_PORTS or int(found["port"] or 0) > PORT_MOST:
            raise ValueError(
                "origins as browsers write them, such as https://shop.example or http://10.0.0.1:8080, commas between them: small "
                "letters, other alphabets as xn--…, no port 443 after https or 80 after http, no path, no * for a part; or * alone for all"
            )
    return text


_ORIGIN = re.compile(r"(?P<scheme>https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[1-9][0-9]{0,4}))?")
_TOPIC = _name(r"[A-Za-z0-9._-]{1,200}", "1 to 200 letters, digits, dots, underscores and hyphens")


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, with its default."""

    broker: str = _setting(
        "Kafka's bootstrap addresses, comma-separated",
        "127.0.0.1:9092",
        _name(r"[^\s,:/]+:\d{1,5}(,[^\s,:/]+:\d{1,5})*", "HOST:PORT, or several with commas between"),
    )
    broker_protocol: str = _setting("how the broker is spoken to: " + ", ".join(PROTOCOLS), PROTOCOLS[0], _one_of(*PROTOCOLS))
    broker_ca: Path | None = _setting("who signs the broker's certificate, a PEM file; the system's authorities if not set", None, _file)
    broker_certificate: Path | None = _setting("this client's own certificate, a PEM file", None, _file)
    broker_key: Path | None = _setting("the private key of that certificate, a PEM file without a passphrase", None, _file)
    broker_mechanism: str | None = _setting("how SASL proves the user: " + ", ".join(MECHANISMS), None, _one_of(*MECHANISMS))
    broker_user: str | None = _setting("the user of the broker, for SASL", None, str)
    broker_password: Secret | None = _setting("the password of that user", None, Secret)
    broker_password_file: Path | None = _setting("a file that holds it instead", None, _file)
    data: Path = _setting("folder for local state: RocksDB, DuckDB, the token, logs", Path("data"), Path)
    songs: Path | None = _setting("the song dimension, a CSV file", None, Path)
    id: str = _setting("the application's name in Kafka: consumer group, changelogs, transactions", "artist360", _TOPIC)
    topic: str = _setting("the topic that plays arrive on", "songplays", _TOPIC)
    partitions: int = _setting("partitions of the topic; must be what an existing topic has", 4, _whole(1, 1000))
    role: str = _setting("what this process does: all, count or serve", "all", _name("|".join(ROLES), " or ".join(ROLES)))
    worker: str = _setting("a unique name per counting worker", "worker-1", _TOPIC)
    web_host: str = _setting("address that the server binds", "127.0.0.1", _name(r"\S+", "a host name or address"))
    web_port: int = _setting("port of the server", 6066, _whole(1, PORT_MOST))
    cors: str | None = _setting(
        "origins whose pages may ask the API with a token, comma-separated, or * for all",
        None,
        _origins,
    )
    streams: int = _setting("most open streams (/live) a server", 2000, _whole(1, 100_000))
    flush_seconds: float = _setting("seconds between two flushes to DuckDB", 1.0, _seconds(0.05, 60))
    slice_records: int = _setting("most records counted in one transaction", 20_000, _whole(1, 200_000))
    disk_free_megabytes: int = _setting("what must be free on the data folder's disk; below it nothing is written", 256, _whole(0, 10**9))
    query_seconds: float = _setting("seconds after which a query is refused", Limits.query_seconds, _seconds(0.1, 600))
    queries: int = _setting("most queries at once, those that wait included; more are refused", Limits.queries, _whole(1, 10_000))
    slow_query_seconds: float = _setting("seconds from which on a query is logged", Limits.slow_query_seconds, _seconds(0, 600))
    connections: int = _setting("most connections at once; more are refused", Limits.connections, _whole(1, 100_000))
    access_log: str = _setting(
        f"level that requests are logged at: {', '.join(LEVELS)}", "INFO", _name("|".join(LEVELS), " or ".join(LEVELS))
    )
    log_format: str = _setting("how the log is written: text or json", "text", _name("|".join(FORMATS), " or ".join(FORMATS)))
    admin_token: str | None = _setting("the token for every endpoint, or a file that holds it; made at the first start", None, Secret)
    rates: Path | None = _setting(
        "what plays earn, a CSV file: platform, country, valid_from, rate; one rate for all by default", None, Path
    )
    currency: str = _setting("currency of income", "EUR", _name("[A-Z]{3}", "three capital letters, an ISO 4217 code"))

    @property
    def security(self) -> BrokerSecurity:
        """TLS and SASL towards the broker."""
        return BrokerSecurity(**{item.name: getattr(self, f"broker_{item.name}") for item in fields(BrokerSecurity)})

    @property
    def limits(self) -> Limits:
        """What the server gives at most."""
        return Limits(self.query_seconds, self.queries, self.slow_query_seconds, self.connections)

    @property
    def kafka(self) -> Mapping[str, Any]:
        """Client settings for aiokafka."""
        return {"bootstrap_servers": self.broker, "client_id": self.id, **self.security.kafka}

    @property
    def librdkafka(self) -> Mapping[str, Any]:
        """Client settings for confluent-kafka."""
        return {"bootstrap.servers": self.broker, "client.id": self.id, **self.security.librdkafka}

    @property
    def reader(self) -> Mapping[str, Any]:
        """Client settings for a consumer of confluent-kafka that assigns itself.

        The client looks for the coordinator of a group that it never joins and commits nothing to. The application's own is one that
        the broker allows it to ask for.
        """
        return {**self.librdkafka, "group.id": self.id}

    @property
    def rejected_topic(self) -> str:
        """Where records go that cannot be counted."""
        return f"{self.topic}-rejected"

    @property
    def tokens_topic(self) -> str:
        """Where the hashes and scopes of tokens are."""
        return f"{self.id}-tokens"

    def changelog(self, table: str) -> str:
        """Return the changelog topic of *table*, as Faust names it."""
        return f"{self.id}-{table}-changelog"

    def environment(self) -> dict[str, str]:
        """Return the variables that give a child process these settings."""
        return {PREFIX + item.name.upper(): str(value) for item in fields(self) if (value := getattr(self, item.name)) is not None}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in *environment* (by default the process's own, over those of `.env`).

    Raises:
        SettingError: a value is not allowed, an `ARTIST360_` variable is not known, or those about the broker do not go together.
    """
    if environment is None:
        environment = {**{key: value or "" for key, value in dotenv_values(".env").items()}, **os.environ}
    known = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    given = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or text == "":
            continue
        if name not in known:
            raise SettingError(f"{name} is not a setting; the settings are {', '.join(known)}")
        try:
            given[known[name].name] = known[name].metadata["read"](text)
        except ValueError as allowed:
            raise SettingError(f"{name} is {text!r}; allowed: {allowed}") from None
    settings = Settings(**given)
    try:
        settings.security.check()
    except ValueError as refused:
        raise SettingError(str(refused)) from None
    return settings


def describe_settings() -> str:
    """Return one line a setting: variable, meaning and default."""
    rows = [(PREFIX + item.name.upper(), item.metadata["about"], item.default) for item in fields(Settings)]
    width = max(len(name) for name, _, _ in rows)
    return "\n".join(f"{name:<{width}}  {about} ({'none' if default is None else default})" for name, about, default in rows)
