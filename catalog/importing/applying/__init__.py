"""From a reading to changes: compared with the catalog, reported, and applied in one transaction or not at all."""
