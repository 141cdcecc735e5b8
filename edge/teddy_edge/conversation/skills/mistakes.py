"""Irregular plurals, and words that are never a mistake for another. Tables only."""

from __future__ import annotations

from typing import Final

PLURALS: Final = {
    "mice": "mouse", "geese": "goose", "wolves": "wolf", "calves": "calf", "feet": "foot", "teeth": "tooth",
    "children": "child", "men": "man", "women": "woman", "knives": "knife", "lives": "life",
    "octopi": "octopus", "octopuses": "octopus", "walruses": "walrus", "hippopotamuses": "hippopotamus",
    "hippopotami": "hippopotamus", "platypuses": "platypus", "cacti": "cactus", "leaves": "leaf",
    "mouses": "mouse", "mices": "mouse", "gooses": "goose", "sheeps": "sheep", "fishes": "fish",
    "fishies": "fish", "deers": "deer", "bees": "bee", "does": "does", "was": "was", "has": "has",
}  # fmt: skip

# Everyday words one letter away from a word that a skill listens for.
NEVER_MISTAKEN: Final = frozenset(
    word
    for line in (
        "about above after again against agree alike alive allow allowed alone along aloud among angel",
        "angle angry ankle another apple around awake aware balls batch beach beads beans beard beards",
        "bears bells below better bills billy birds bitter black block blocks board boards boats bother",
        "bowls brain brave bread break bring brother brown bunny burst butter cable catch chair chairs",
        "change charge cheese clock clocks close clothes cloud coats could course cream cried crowd crown",
        "curse daily dairy diary dirty donkey dream dried drink drinks drive driver each earth fable fairy",
        "family father fears feather fellow first floats follow forty found fried friend friends frown",
        "funnel funny gears grand grandma grandpa great green greet ground hairs happy heard hears heart",
        "hearth hearts hello hollow honey horse house houses hungry kings label large later leather letter",
        "light lights liked likes lines links lions loins loud master match mellow might minister mister",
        "money monkey monster monsters mother nappy never nurse other paint pants parts party patch peach",
        "pears penny pillow place plane plant plants plate point poppy puppy purse queen quiet quite rain",
        "reach really right rings river rivers round seven shack shade shake shape share shared sharp sheer",
        "sheet sheets shirt shock shook short should silly sings sister skill sleep sleepy small smell",
        "smelly smile smoke snack snacks snail snake sneak snow songs sound space spaces speak speaks",
        "speech spell spice spill spoke stable stairs stare stars start steep stick still stock store",
        "stored stories story strange string strong sunny swing swings table teach tears their there these",
        "thing things think thirsty thirty those three threw through throw thrown tired trail train trains",
        "treat tried tunnel uncle verse walls watch water wears weather weird whale what wheat wheel wheels",
        "when where whether while white whole whose wings winter wired word words world worse worst would",
        "write wrong years yellow",
    )
    for word in line.split()
)
