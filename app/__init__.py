"""The Faust application: what takes plays in, counts them and runs the whole product."""
