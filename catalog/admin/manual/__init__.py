"""The manual: the pages of ``docs/`` in the admin, and the link to them on each screen."""
