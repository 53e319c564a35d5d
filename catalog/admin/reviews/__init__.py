"""Reviewing a change before it is made, and proposals."""
