"""The prices of many models as one table that can be edited."""
