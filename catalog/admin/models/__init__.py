"""The list of models and the form of a model."""
