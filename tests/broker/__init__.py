"""Tests on the real, embedded Kafka."""
