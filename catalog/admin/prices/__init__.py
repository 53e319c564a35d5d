"""The price list in the form of a model."""
