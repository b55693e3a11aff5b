"""Consuming: how every consumer that joins no group reads a topic: what is committed, from where it says, hearing of each end."""

ALONE = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
}
"""Settings for confluent-kafka. `app/audit.py` has its own, since an audit that shares a rule shares its mistakes."""
