"""A secured Kafka of a test's own: a listener for each protocol, an authority of its own, and users who may only what they are granted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # not in its __all__
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from app import broker
from app.broker_room import free_port
from app.secret import Secret
from tests.broker.listeners import Listener, start_with
from tests.certificates import Authority, Certified

ANSWER_SECONDS = 30.0
USER = "counting"
"""Who comes by password."""
CERTIFIED = "CN=client"
"""Who comes by certificate."""
PASSWORD = "Sesame, open = now; 100% s3cret"
SCRAM = {"SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256, "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512}
PROTOCOLS = ("ssl", "sasl_plaintext", "sasl_ssl")
LOGIN_MODULE = "org.apache.kafka.common.security"

Grants = Mapping[tuple[ResourceType, str], Sequence[AclOperation]]
"""Operations by what they are done to."""


class SecuredKafka:
    """The embedded broker in *data*: nobody but its own plain listener's clients may do what is not granted."""

    def __init__(self, data: Path, authority: Authority) -> None:
        self._data, self._authority = data, authority
        self._ports = {protocol: free_port() for protocol in PROTOCOLS}
        self.plain_address = ""
        self.client: Certified = authority.sign("client")

    def start(self) -> Self:
        server = self._authority.sign("server", "san=ip:127.0.0.1")
        store = self._data / "server-and-key.pem"
        store.parent.mkdir(parents=True, exist_ok=True)
        store.write_text(server.key.read_text() + server.certificate.read_text())
        settings = {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(store),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self._authority.ca),
            "listener.name.ssl.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": ",".join(("PLAIN", *SCRAM)),
        }
        for protocol in ("sasl_plaintext", "sasl_ssl"):
            login = f'{LOGIN_MODULE}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
            settings[f"listener.name.{protocol}.plain.sasl.jaas.config"] = login
            for name in SCRAM:
                settings[f"listener.name.{protocol}.{name.lower()}.sasl.jaas.config"] = f"{LOGIN_MODULE}.scram.ScramLoginModule required;"
        listeners = [Listener(protocol.upper(), protocol.upper(), port, self.address(protocol)) for protocol, port in self._ports.items()]
        self.plain_address = start_with(self._data, listeners, settings)
        self._admin = AdminClient({"bootstrap.servers": self.plain_address, "log_level": 2})
        for mechanism in SCRAM.values():  # one at a time: the broker alters a user once in a request
            user = UserScramCredentialUpsertion(USER, ScramCredentialInfo(mechanism, 4096), PASSWORD.encode())
            self._admin.alter_user_scram_credentials([user])[USER].result(ANSWER_SECONDS)
        return self

    def stop(self) -> None:
        broker.stop(self._data)

    def address(self, protocol: str) -> str:
        return f"127.0.0.1:{self._ports[protocol]}"

    def settings(self, protocol: str, mechanism: str | None = None) -> dict[str, Any]:
        """Return what a client sets who comes by *protocol*: with the certificate to `ssl`, else with the user and *mechanism*."""
        chosen: dict[str, Any] = {"broker": self.address(protocol), "broker_protocol": protocol}
        if protocol in ("ssl", "sasl_ssl"):
            chosen["broker_ca"] = self._authority.ca
        if protocol == "ssl":
            return chosen | {"broker_certificate": self.client.certificate, "broker_key": self.client.key}
        return chosen | {"broker_mechanism": mechanism, "broker_user": USER, "broker_password": Secret(PASSWORD)}

    def grant(self, user: str, grants: Grants) -> None:
        """Let *user* do what is in *grants*."""
        bindings = [
            AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
            for (kind, name), operations in grants.items()
            for operation in operations
        ]
        for done in self._admin.create_acls(bindings).values():
            done.result(ANSWER_SECONDS)
