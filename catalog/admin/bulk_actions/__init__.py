"""Actions on many models, selected in the list of models."""
