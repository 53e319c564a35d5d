"""The history of models: what they were, what OpenRouter saw, and restoring a version."""
