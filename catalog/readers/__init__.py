"""Who fetches which list: counted in memory by each serving process, and added up in the database now and then.

``counting`` is what the event loop does for each answer; ``keeping`` writes it; ``sentences`` says it to staff.
"""

from catalog.readers.counting import Count, Tally
from catalog.readers.keeping import Keeper
from catalog.readers.sentences import ReaderLine, reader_lines, seen_sentence

__all__ = ["Count", "Keeper", "ReaderLine", "Tally", "reader_lines", "seen_sentence"]
