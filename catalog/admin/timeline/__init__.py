"""The timeline of scheduled and applied changes."""
