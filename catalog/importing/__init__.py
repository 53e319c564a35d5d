"""The inverse of ``formats``: what somebody else wrote, as changes to the catalog."""
