"""Claims about the product, one file beside each module."""
