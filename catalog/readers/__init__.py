"""Who fetches which list: each serving process counts in memory, and regularly adds the counts to the database.

The event loop uses ``counting`` for each answer; ``storing`` writes the counts; ``sentences`` reports them to staff.
"""

from catalog.readers.counting import Count, Tally
from catalog.readers.sentences import FEEDS, ReaderLine, ago, reader_lines, seen_sentence
from catalog.readers.storing import ReaderStore

__all__ = ["FEEDS", "Count", "ReaderLine", "ReaderStore", "Tally", "ago", "reader_lines", "seen_sentence"]
