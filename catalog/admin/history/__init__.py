"""The history of models: earlier versions, what OpenRouter saw, and restoring a version."""
