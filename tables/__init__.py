"""What is kept: the song dimension, the count tables and the facts."""
