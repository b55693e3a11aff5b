"""Claims about TLS and SASL towards the broker: each client hears it in its own words, and what does not go together is refused."""

import re
import ssl
from pathlib import Path

import pytest

from app.broker_security import BrokerSecurity
from app.settings import SettingError, read_settings
from tests.certificates import Authority

PASSPHRASE_ASKED = """-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
-----END RSA PRIVATE KEY-----
"""
LOGIN = {"BROKER_MECHANISM": "SCRAM-SHA-512", "BROKER_USER": "counting", "BROKER_PASSWORD": "sesame"}


def security(**given: str | Path) -> BrokerSecurity:
    """Return what *given*, variables without their prefix, make."""
    return read_settings({f"ARTIST360_{name}": str(value) for name, value in given.items()}).security


def refusal(**given: str | Path) -> str:
    with pytest.raises(SettingError) as refused:
        security(**given)
    assert "sesame" not in str(refused.value)
    return str(refused.value)


def test_nothing_set_is_plaintext_to_both_clients() -> None:
    assert security().kafka == {"security_protocol": "PLAINTEXT"}
    assert security().librdkafka == {"security.protocol": "plaintext"}


def test_tls_checks_the_brokers_certificate_and_name_and_shows_the_clients(authority: Authority) -> None:
    mine = authority.sign("mine")
    given = security(BROKER_PROTOCOL="ssl", BROKER_CA=authority.ca, BROKER_CERTIFICATE=mine.certificate, BROKER_KEY=mine.key)
    context = given.kafka["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert [dict(pair[0] for pair in each["subject"]) for each in context.get_ca_certs()] == [{"commonName": "authority"}]
    assert given.librdkafka == {
        "security.protocol": "ssl",
        "ssl.ca.location": str(authority.ca),
        "ssl.certificate.location": str(mine.certificate),
        "ssl.key.location": str(mine.key),
    }


def test_without_an_authority_the_systems_are_trusted() -> None:
    given = security(BROKER_PROTOCOL="ssl")
    assert given.kafka["ssl_context"].get_ca_certs() == ssl.create_default_context().get_ca_certs()
    assert given.librdkafka == {"security.protocol": "ssl"}


def test_sasl_names_user_password_and_mechanism_in_any_case() -> None:
    given = security(BROKER_PROTOCOL="SASL_PLAINTEXT", **LOGIN | {"BROKER_MECHANISM": "scram-sha-512"})
    assert given.kafka == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "counting",
        "sasl_plain_password": "sesame",
    }
    assert given.librdkafka == {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "counting",
        "sasl.password": "sesame",
    }


def test_a_password_may_stand_in_a_file_with_a_line_end_that_is_none_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("password").write_text(" se same \n")
    login = {"BROKER_MECHANISM": "PLAIN", "BROKER_USER": "counting", "BROKER_PASSWORD_FILE": "password"}
    given = security(BROKER_PROTOCOL="sasl_ssl", **login)
    monkeypatch.chdir("/")  # as a child process may
    assert given.kafka["sasl_plain_password"] == given.librdkafka["sasl.password"] == " se same "


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"BROKER_CA": "ca.pem"}, "BROKER_CA is set and ARTIST360_BROKER_PROTOCOL is plaintext: set that to ssl or sasl_ssl, or unset"),
        ({"BROKER_PROTOCOL": "sasl_plaintext", "BROKER_CA": "ca.pem"} | LOGIN, "BROKER_PROTOCOL is sasl_plaintext: set that to ssl or"),
        (
            {"BROKER_USER": "counting"},
            "BROKER_USER is set and ARTIST360_BROKER_PROTOCOL is plaintext: set that to sasl_plaintext or sasl_ssl",
        ),
        ({"BROKER_PROTOCOL": "ssl"} | LOGIN, "BROKER_MECHANISM and ARTIST360_BROKER_USER and ARTIST360_BROKER_PASSWORD are set and"),
        ({"BROKER_PROTOCOL": "sasl_ssl"}, "BROKER_MECHANISM and ARTIST360_BROKER_USER and ARTIST360_BROKER_PASSWORD are not set: it needs"),
        ({"BROKER_PROTOCOL": "sasl_ssl", "BROKER_MECHANISM": "PLAIN"}, "BROKER_USER and ARTIST360_BROKER_PASSWORD are not set"),
        ({"BROKER_PROTOCOL": "sasl_ssl"} | LOGIN | {"BROKER_USER": ""}, "ARTIST360_BROKER_USER is not set: it needs a mechanism (PLAIN or"),
        ({"BROKER_PROTOCOL": "sasl_ssl", "BROKER_PASSWORD_FILE": "p"} | LOGIN, "PASSWORD and ARTIST360_BROKER_PASSWORD_FILE are both set"),
        ({"BROKER_PROTOCOL": "ssl", "BROKER_CERTIFICATE": "c.pem"}, "BROKER_CERTIFICATE is set without ARTIST360_BROKER_KEY: set both"),
        ({"BROKER_PROTOCOL": "ssl", "BROKER_KEY": "k.pem"}, "BROKER_KEY is set without ARTIST360_BROKER_CERTIFICATE: set both"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(given: dict[str, str], told: str) -> None:
    assert told in refusal(**given)


def test_files_that_cannot_be_used_are_refused_by_name(authority: Authority, tmp_path: Path) -> None:
    mine, other, absent, empty, asks = authority.sign("one"), authority.sign("another"), tmp_path / "absent", tmp_path / "e", tmp_path / "a"
    empty.touch()
    asks.write_text(PASSPHRASE_ASKED)
    tls: dict[str, str | Path] = {"BROKER_PROTOCOL": "ssl", "BROKER_CERTIFICATE": mine.certificate, "BROKER_KEY": mine.key}
    login: dict[str, str | Path] = {"BROKER_PROTOCOL": "sasl_plaintext", "BROKER_MECHANISM": "PLAIN", "BROKER_USER": "counting"}
    for name in ("BROKER_CA", "BROKER_CERTIFICATE", "BROKER_KEY"):
        assert refusal(**tls | {name: absent}) == f"ARTIST360_{name} is '{absent}', which cannot be read: No such file or directory"
    assert refusal(**tls | {"BROKER_CA": tmp_path}).endswith("which cannot be read: Is a directory")
    assert "holds no certificate in PEM format" in refusal(**tls | {"BROKER_CA": empty})
    assert "no certificate and its private key in PEM format" in refusal(**tls | {"BROKER_KEY": empty})
    assert re.search(r"its private key .*MISMATCH", refusal(**tls | {"BROKER_KEY": other.key}))
    assert refusal(**tls | {"BROKER_KEY": asks}).startswith("ARTIST360_BROKER_KEY is encrypted")
    assert refusal(**login | {"BROKER_PASSWORD_FILE": absent}).startswith(f"ARTIST360_BROKER_PASSWORD_FILE is '{absent}', which cannot be")
    assert refusal(**login | {"BROKER_PASSWORD_FILE": empty}).endswith("which is empty: the password belongs there")
