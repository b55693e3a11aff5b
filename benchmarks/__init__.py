"""Benchmarks: where the README's figures come from, the programs that they stand beside included."""
