"""Broker security: TLS and SASL towards the broker, as each of the two Kafka clients wants to hear of it."""

import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from app.secret import Secret

PREFIX = "ARTIST360_BROKER_"
TLS_PROTOCOLS = ("ssl", "sasl_ssl")
SASL_PROTOCOLS = ("sasl_plaintext", "sasl_ssl")
PROTOCOLS = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
NEEDED_BY = (
    (TLS_PROTOCOLS, ("ca", "certificate", "key")),
    (SASL_PROTOCOLS, ("mechanism", "user", "password", "password_file")),
)
"""Which protocols each setting is for."""


@dataclass(frozen=True)
class BrokerSecurity:
    """The settings `ARTIST360_BROKER_…`, each under the name that follows there; None where it is not set."""

    protocol: str = "plaintext"
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    mechanism: str | None = None
    user: str | None = None
    password: Secret | None = None
    password_file: Path | None = None

    def check(self) -> None:
        """Do nothing if clients can be made of this.

        Raises:
            ValueError: settings do not go together, or a file cannot be used; names them and says what is allowed.
        """
        for protocols, names in NEEDED_BY:
            idle = [name for name in names if getattr(self, name) is not None]
            if idle and self.protocol not in protocols:
                # Not passed over: whoever sets a CA believes that the connection is encrypted.
                raise ValueError(
                    f"{_are(idle)} set and {_variables(['protocol'])} is {self.protocol}: set that to {_either(protocols)}, "
                    f"or unset {_variables(idle)}"
                )
        for there, missing in (("certificate", "key"), ("key", "certificate")):
            if getattr(self, there) and not getattr(self, missing):
                raise ValueError(f"{_variables([there])} is set without {_variables([missing])}: set both, or neither")
        if self.protocol in SASL_PROTOCOLS:
            self._check_sasl()
        if self.protocol in TLS_PROTOCOLS:
            self._tls_context()

    def _check_sasl(self) -> None:
        missing = [name for name in ("mechanism", "user") if getattr(self, name) is None]
        if self.password is None and self.password_file is None:
            missing.append("password")
        if missing:
            raise ValueError(
                f"{_variables(['protocol'])} is {self.protocol} and {_are(missing)} not set: it needs a mechanism "
                f"({_either(MECHANISMS)}), a user, and a password or a file that holds it ({_variables(['password_file'])})"
            )
        if self.password is not None and self.password_file is not None:
            raise ValueError(f"{_variables(['password', 'password_file'])} are both set: unset one of them")
        self._secret()

    @property
    def kafka(self) -> dict[str, Any]:
        """Client settings for aiokafka. Reads the files."""
        settings: dict[str, Any] = {"security_protocol": self.protocol.upper()}
        if self.protocol in TLS_PROTOCOLS:
            settings["ssl_context"] = self._tls_context()
        if self.protocol in SASL_PROTOCOLS:
            settings |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self._secret(),
            }
        return settings

    @property
    def librdkafka(self) -> dict[str, Any]:
        """Client settings for confluent-kafka, which looks for a certificate's authorities where aiokafka does: *ca*, else the system's."""
        settings: dict[str, Any] = {"security.protocol": self.protocol}
        files = {"ssl.ca.location": self.ca, "ssl.certificate.location": self.certificate, "ssl.key.location": self.key}
        settings |= {name: str(file) for name, file in files.items() if file is not None}
        if self.protocol in SASL_PROTOCOLS:
            settings |= {"sasl.mechanism": self.mechanism, "sasl.username": self.user, "sasl.password": self._secret()}
        return settings

    def _secret(self) -> Secret | None:
        if self.password_file is None:
            return self.password
        secret = Secret(_read(self.password_file, "password_file").decode("utf-8", "replace").rstrip("\r\n"))
        if not secret:
            raise ValueError(f"{_variables(['password_file'])} is '{self.password_file}', which is empty: the password belongs there")
        return secret

    def _tls_context(self) -> ssl.SSLContext:
        """Return what checks the broker's certificate and its host name, and shows this client's certificate if there is one."""
        for name in ("ca", "certificate", "key"):
            if (file := getattr(self, name)) is not None:
                _read(file, name)
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except ssl.SSLError as error:
            raise ValueError(f"{_variables(['ca'])} is '{self.ca}', which holds no certificate in PEM format ({error.reason})") from None
        if self.certificate and self.key:
            try:
                context.load_cert_chain(self.certificate, self.key, _refuse_passphrase)
            except ssl.SSLError as error:
                raise ValueError(
                    f"{_variables(['certificate'])} is '{self.certificate}' and {_variables(['key'])} is '{self.key}': they hold no "
                    f"certificate and its private key in PEM format ({error.reason or error})"
                ) from None
        return context


def _refuse_passphrase() -> NoReturn:
    """Keep OpenSSL from asking for one on the terminal."""
    raise ValueError(f"{_variables(['key'])} is encrypted, and there is no setting for its passphrase: name one that is not")


def _read(file: Path, name: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ValueError(f"{_variables([name])} is '{file}', which cannot be read: {error.strerror}") from None


def _variables(names: Iterable[str]) -> str:
    return " and ".join(PREFIX + name.upper() for name in names)


def _are(names: Sequence[str]) -> str:
    return f"{_variables(names)} {'is' if len(names) == 1 else 'are'}"


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
