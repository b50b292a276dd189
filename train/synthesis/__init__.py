"""Synthesised lines of handwritten numbers, to train the sequence reader on.

A line is made as it would be written: a text (`texts`), in one hand, from digits of EMNIST and pen strokes (`sources`) and
marks (`marks`), set side by side until they touch or overlap (`line`), on paper with rules, neighbours, patterns, blur and
noise (`paper`). `StringStream` draws them by number: the same seed and number give the same lines.
"""

from train.synthesis.line import Hand, random_hand, write_line
from train.synthesis.paper import degrade
from train.synthesis.sources import Sources, load_sources
from train.synthesis.stream import MARK, StringStream, synthesise
from train.synthesis.texts import random_text

__all__ = [
    "MARK",
    "Hand",
    "Sources",
    "StringStream",
    "degrade",
    "load_sources",
    "random_hand",
    "random_text",
    "synthesise",
    "write_line",
]
