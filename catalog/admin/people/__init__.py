"""Colleagues: their accounts and groups, who may manage whom, and the links by which they set their passwords."""
