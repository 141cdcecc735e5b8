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
        "thank spark dying about above after again against agree alike alive allow allowed alone",
        "along aloud among angel",
        "angle angry ankle another apple around awake aware balls banks batch beach beads beans beard",
        "beards bears bells below better bills billy birds bitter black block blocks blood bloom board",
        "boards boats book bother bowls brain brave bread break bring brother brown build built bunny burst",
        "butt butter cable called caller calls castle catch cattle chair chairs change changed charge check",
        "checks cheese clean clear clock clocks close closed closer closet clothes cloud coats coffee cook",
        "could course cream created creates cried crowd crown curse daily dairy depth diary dirty doing",
        "donkey dream dried drink drinks drive driver duke each earth fable fairy family father fears",
        "feather feeding feeling feelings fellow first floats follow forty found fried friend friends frown",
        "funnel funny gears girl girls glass glasses god gods grand grandma grandpa grass great green greet",
        "gross ground grown guess guest hairs happy heading healing heard hears heart hearth hearts hello",
        "hollow honey horse house houses human humans hungry hunt hunting hurting insert inspect killed",
        "kings label large later launch leather leave leaves letter life light lights liked likes lines",
        "links lions lock loins look loose lose losses loud master match mellow might minister mister money",
        "monkey monster monsters month months mother nappy never note notes noting nurse other outer paint",
        "painting pants parts party patch peach pears penny pillow place plane planes plant plants plate",
        "point poppy price prices prize puppy purse queen quiet quite rain rally reach really right rings",
        "river rivers robot robots role roles roll round seen sense sent seven shack shake shall shame",
        "shape share shared sharp sheer sheet sheets shell shirt shock shook short shot shots should sign",
        "signing signs silly singing sings sister skill sleep sleepy small smell smelly smile smoke snack",
        "snacks snail snake sneak snow songs sound space spaces speak speaks speech spell spice spill spoke",
        "sport sports stable stairs stake stare stars start steep stick still stock store stored stories",
        "story strange string strong sunny sweet swing swings table tale tales teach tears their there",
        "these thing things think thirsty thirty those three threw through throw thrown tired took towel",
        "trail train trains trap trapped treat tried truck trucks tunnel uncle verse walls watch water",
        "wears weather weird whale what wheat wheel wheels when where whether while white whole whose wings",
        "winner winter wired word words world worse worst would wound write wrong years yellow",
    )
    for word in line.split()
)
