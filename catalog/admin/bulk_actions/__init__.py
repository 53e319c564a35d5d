"""Actions on many models at once, chosen in the list of models."""
