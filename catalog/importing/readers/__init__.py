"""One reader a format: what somebody else wrote, as models and price lists in the catalog's words (``drafts``)."""
