"""Claims about settings: read in one place, and a bad one is refused by its name with what is allowed."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.secret import Secret
from app.settings import PREFIX, SettingError, Settings, describe_settings, read_settings
from tests.certificates import Authority


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings({})
    assert settings == Settings()
    assert (settings.broker, settings.topic, settings.partitions, settings.web_port) == ("127.0.0.1:9092", "songplays", 4, 6066)
    assert (settings.role, settings.currency, settings.web_host, settings.flush_seconds) == ("all", "EUR", "127.0.0.1", 1.0)


def test_each_setting_is_read_from_its_variable(authority: Authority) -> None:
    mine = authority.sign("settings")
    given = Settings(
        broker="kafka-1:9092,kafka-2:9093",
        broker_protocol="sasl_ssl",
        broker_ca=authority.ca,
        broker_certificate=mine.certificate,
        broker_key=mine.key,
        broker_mechanism="SCRAM-SHA-256",
        broker_user="counting",
        broker_password=Secret("sesame"),
        data=Path("/var/lib/artist360"),
        songs=Path("songs.csv"),
        id="royalties",
        topic="plays.v1",
        partitions=12,
        role="count",
        worker="worker-7",
        web_host="0.0.0.0",  # noqa: S104
        web_port=8080,
        cors="https://a.example,http://b.example:8080",
        streams=500,
        flush_seconds=0.25,
        slice_records=500,
        disk_free_megabytes=64,
        query_seconds=2.5,
        queries=8,
        slow_query_seconds=0.1,
        connections=50,
        access_log="DEBUG",
        log_format="json",
        admin_token=Secret("a-token"),
        rates=Path("rates.csv"),
        currency="USD",
    )
    environment = {
        "ARTIST360_BROKER": "kafka-1:9092,kafka-2:9093",
        "ARTIST360_BROKER_PROTOCOL": "sasl_ssl",
        "ARTIST360_BROKER_CA": str(authority.ca),
        "ARTIST360_BROKER_CERTIFICATE": str(mine.certificate),
        "ARTIST360_BROKER_KEY": str(mine.key),
        "ARTIST360_BROKER_MECHANISM": "SCRAM-SHA-256",
        "ARTIST360_BROKER_USER": "counting",
        "ARTIST360_BROKER_PASSWORD": "sesame",
        "ARTIST360_DATA": "/var/lib/artist360",
        "ARTIST360_SONGS": "songs.csv",
        "ARTIST360_ID": "royalties",
        "ARTIST360_TOPIC": "plays.v1",
        "ARTIST360_PARTITIONS": "12",
        "ARTIST360_ROLE": "count",
        "ARTIST360_WORKER": "worker-7",
        "ARTIST360_WEB_HOST": "0.0.0.0",  # noqa: S104
        "ARTIST360_WEB_PORT": "8080",
        "ARTIST360_CORS": "https://a.example,http://b.example:8080",
        "ARTIST360_STREAMS": "500",
        "ARTIST360_FLUSH_SECONDS": "0.25",
        "ARTIST360_SLICE_RECORDS": "500",
        "ARTIST360_DISK_FREE_MEGABYTES": "64",
        "ARTIST360_QUERY_SECONDS": "2.5",
        "ARTIST360_QUERIES": "8",
        "ARTIST360_SLOW_QUERY_SECONDS": "0.1",
        "ARTIST360_CONNECTIONS": "50",
        "ARTIST360_ACCESS_LOG": "DEBUG",
        "ARTIST360_LOG_FORMAT": "json",
        "ARTIST360_ADMIN_TOKEN": "a-token",
        "ARTIST360_RATES": "rates.csv",
        "ARTIST360_CURRENCY": "USD",
    }
    assert read_settings(environment) == given
    assert given.environment() == environment
    assert {PREFIX + item.name.upper() for item in fields(Settings)} - environment.keys() == {"ARTIST360_BROKER_PASSWORD_FILE"}


def test_a_child_process_gets_the_same_settings() -> None:
    assert read_settings(Settings().environment()) == Settings()
    assert "ARTIST360_SONGS" not in Settings().environment()


def test_other_variables_and_empty_ones_are_left_alone() -> None:
    assert (
        read_settings({"PATH": "/bin", "ARTIST36": "x", "artist360_topic": "x", "ARTIST360_TOPIC": "", "ARTIST360_PARTITIONS": ""})
        == Settings()
    )


@pytest.mark.parametrize(
    ("name", "came", "allowed"),
    [
        *(
            ("PARTITIONS", came, "a whole number from 1 to 1000")
            for came in ("0", "1001", "-1", "4.0", "four", " 4", "4\n", "1e2", "9" * 13)
        ),
        *(("WEB_PORT", came, "a whole number from 1 to 65535") for came in ("0", "65536", "http")),
        ("SLICE_RECORDS", "200001", "a whole number from 1 to 200000"),
        *(("FLUSH_SECONDS", came, "a number of seconds from 0.05 to 60") for came in ("0", "61", "nan", "inf", "soon", "-1")),
        *(("ROLE", came, "all or count or serve") for came in ("ALL", "server", "all|count", "all\n")),
        *(("BROKER", came, "HOST:PORT") for came in ("localhost", "localhost:", ":9092", "a:1,", "kafka://a:9092", "a:1, b:2", "a:b")),
        *(("TOPIC", came, "1 to 200 letters") for came in ("a b", "a/b", "ñ", "x" * 201)),
        *(("CURRENCY", came, "ISO 4217") for came in ("eur", "EURO", "€")),
        ("WEB_HOST", "a b", "a host name or address"),
        *(("BROKER_PROTOCOL", came, "plaintext or ssl or sasl_plaintext or sasl_ssl") for came in ("tls", "https", "ssl\n")),
        *(("BROKER_MECHANISM", came, "PLAIN or SCRAM-SHA-256 or SCRAM-SHA-512") for came in ("SCRAM", "GSSAPI")),
        *(("QUERY_SECONDS", came, "a number of seconds from 0.1 to 600") for came in ("0", "601")),
        *(
            ("CORS", came, "https://shop.example or http://10.0.0.1:8080, commas between them: small letters, ")
            for came in (
                *("https://*.example.org", "*.example.org", "*,https://a.example", "https://Shop.Example", "HTTPS://shop.example"),
                *("https://shop.example:443", "http://shop.example:80", "https://shop.example:08", "https://shop.example:65536"),
                *("https://shop.example/", "shop.example", "https://a@shop.example", "https://shop.example?a", "https://müller.example"),
                *("https://a.example, https://b.example", "https://a.example,", "null", "https://a.example\n"),
            )
        ),
        ("QUERIES", "0", "a whole number from 1 to 10000"),
        ("CONNECTIONS", "0", "a whole number from 1 to 100000"),
        ("ACCESS_LOG", "info", "DEBUG or INFO or WARNING or ERROR"),
        ("LOG_FORMAT", "xml", "text or json"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_what_is_allowed(name: str, came: str, allowed: str) -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({f"ARTIST360_{name}": came})
    assert f"ARTIST360_{name} is {came!r}; allowed: " in str(refused.value)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(
    "origin", ["https://xn--mller-kva.example", "http://localhost:6066", "http://[::1]:443", "https://10.0.0.1:80", "*"]
)
def test_an_origin_as_a_browser_writes_it_is_taken(origin: str) -> None:
    assert read_settings({"ARTIST360_CORS": origin}).cors == origin


def test_a_misspelled_setting_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(SettingError, match="ARTIST360_PARTITION is not a setting; the settings are ARTIST360_BROKER, ") as refused:
        read_settings({"ARTIST360_PARTITION": "4"})
    assert all(PREFIX + item.name.upper() in str(refused.value) for item in fields(Settings))


def test_a_user_is_told_to_set_no_variable_that_the_commands_refuse() -> None:
    top = Path(__file__).parent.parent
    told = [top / "README.md", *(top / "docs").rglob("*.md"), *(top / "web" / "static").glob("*.js")]
    names = {name for text in told for name in re.findall(rf"\b{PREFIX}[A-Z_]+", text.read_text())}
    assert "ARTIST360_BROKER" in names
    assert names <= {PREFIX + item.name.upper() for item in fields(Settings)}


def test_the_environment_goes_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for item in fields(Settings):
        monkeypatch.delenv(PREFIX + item.name.upper(), raising=False)
    (tmp_path / ".env").write_text("ARTIST360_TOPIC=from-file\nARTIST360_CURRENCY=USD\n# a note\nOTHER\n")
    monkeypatch.setenv("ARTIST360_TOPIC", "from-environment")
    assert (read_settings().topic, read_settings().currency) == ("from-environment", "USD")


def test_names_of_topics_follow_from_the_settings() -> None:
    settings = read_settings({"ARTIST360_ID": "royalties", "ARTIST360_TOPIC": "plays"})
    assert settings.rejected_topic == "plays-rejected"
    assert settings.changelog("daily") == "royalties-daily-changelog"


def test_both_kafka_clients_hear_of_the_same_broker() -> None:
    settings = read_settings({"ARTIST360_BROKER": "a:1,b:2"})
    assert settings.kafka["bootstrap_servers"] == settings.librdkafka["bootstrap.servers"] == "a:1,b:2"


def test_secrets_are_given_to_clients_and_children_and_shown_to_nobody() -> None:
    environment = {
        "ARTIST360_BROKER_PROTOCOL": "SASL_PLAINTEXT",
        "ARTIST360_BROKER_MECHANISM": "plain",
        "ARTIST360_BROKER_USER": "counting",
        "ARTIST360_BROKER_PASSWORD": "sesame",
        "ARTIST360_ADMIN_TOKEN": "open sesame",
    }
    settings = read_settings(environment)
    assert settings.kafka["sasl_plain_password"] == settings.librdkafka["sasl.password"] == "sesame"
    assert settings.environment()["ARTIST360_BROKER_PASSWORD"] == "sesame"
    for shown in (settings, settings.security, settings.kafka, settings.librdkafka, settings.reader):
        assert "counting" in repr(shown)
        assert "sesame" not in f"{shown!r} {shown}"
    with pytest.raises(SettingError) as refused:
        read_settings({**environment, "ARTIST360_BROKER_PASSWORD_FILE": "password"})
    assert "sesame" not in str(refused.value)


def test_the_help_names_every_setting_with_its_default() -> None:
    lines = describe_settings().splitlines()
    assert [line.split()[0] for line in lines] == [PREFIX + item.name.upper() for item in fields(Settings)]
    assert any(line.startswith("ARTIST360_PARTITIONS ") and line.endswith("(4)") for line in lines)
    assert any(line.startswith("ARTIST360_SONGS ") and line.endswith("(none)") for line in lines)
