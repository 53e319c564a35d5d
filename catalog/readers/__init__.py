"""Who fetches which list: each serving process counts in memory, and regularly adds the counts to the database.

The event loop uses ``counting`` for each answer; ``keeping`` writes the counts; ``sentences`` reports them to staff.
"""

from catalog.readers.counting import Count, Tally
from catalog.readers.keeping import Keeper
from catalog.readers.sentences import FEEDS, ReaderLine, ago, reader_lines, seen_sentence

__all__ = ["FEEDS", "Count", "Keeper", "ReaderLine", "Tally", "ago", "reader_lines", "seen_sentence"]
