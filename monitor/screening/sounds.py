"""The sound of Chinese names in Latin letters (pinyin): the one door to pypinyin.

A sound is no translation, and may be the wrong one of several: it is set in ‹ › wherever it
stands, and the Chinese belongs beside it.
"""

from __future__ import annotations

import os
from functools import lru_cache

# In names of places, families and firms these are not read as they are elsewhere.
_NAME_READINGS = {
    "长": "chang", "都": "du", "朝": "chao", "曾": "zeng", "佛": "fo", "勒": "le", "什": "shi",
    "漯": "luo", "晟": "sheng", "尾": "wei", "圩": "xu", "覃": "qin", "峒": "tong", "蔚": "wei",
}  # fmt: skip
_VOWELS = ("a", "e", "o")


def spell_name(name: str) -> str:
    """Return a name of Chinese characters by its sound, marked: 远志 -> ‹Yuanzhi›.

    From four characters on, two sounds make a word. A character without a sound stays.
    """
    sounds = [_read_sound(character) for character in name]
    starts = [0] if len(sounds) < 4 else list(range(0, len(sounds) - 1, 2))
    ends = [*starts[1:], len(sounds)]
    words = [_join_sounds(sounds[start:end]) for start, end in zip(starts, ends, strict=True)]
    return f"‹{' '.join(words)}›"


def _join_sounds(sounds: list[str]) -> str:
    """Return sounds as one word; an apostrophe parts those that would run together: Xi'an."""
    word = sounds[0]
    for sound in sounds[1:]:
        word += f"'{sound}" if sound.startswith(_VOWELS) else sound
    return word.capitalize()


@lru_cache(maxsize=4096)
def _read_sound(character: str) -> str:
    """Return the usual reading of one character, without its tone."""
    # Without its table of phrases pypinyin starts in a third of the time and a fifth of the
    # memory; names are in no table of phrases. It reads this while it is imported.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import lazy_pinyin

    return _NAME_READINGS.get(character) or str(lazy_pinyin(character, v_to_u=True)[0])
