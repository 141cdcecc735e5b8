"""Words that are no name and no favourite, and names that are words besides."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SILLY: Final = (
    "poo", "pee", "fart", "butt", "bum", "boog", "stink", "smelly", "dumb", "stupid", "idiot", "ugly",
    "fatty", "diaper", "nappy", "toilet", "potty", "puke", "vomit", "snot", "loser", "wien", "weeni",
    "crap", "turd", "barf", "dooki", "doodoo", "underpant", "undies", "willy", "doofus", "dork",
    "moron", "pimple", "burp",
)  # fmt: skip
"""How words begin that children find very funny; a name or a favourite of them is a joke."""

NAMES_TOO: Final = _words("""
rose lily daisy will mark grace hope joy faith jack bill max summer ruby pearl ivy violet hunter april may
june sky skye river robin dawn holly hazel olive amber jade star autumn sage basil reed heath art frank rich
grant chase pat sue bob rob nick drew ray ash brook cliff dean dale chip penny ginger cherry honey bear
bunny angel princess junior ace king prince
""")

NOT_NAMES: Final = _words("""
a an the this that these those it he she they we you i me my your his her our their mine yours not no none
nothing never nobody somebody someone something anything everything what who where when why how which really
very so too just also only still always sometimes maybe probably almost even like as at in on of for from to
with without by about and or but if because is are was were be been being am do does did done have has had
can could will would shall should may might must called named written spelled short long hard easy cool nice
good bad best worst pretty beautiful funny silly boring weird strange secret special different same old new
little big small great awesome amazing important private wrong right true fake real hidden lost gone unknown
better unusual rare common popular french german english spanish italian chinese japanese going coming here
there now today tomorrow yesterday then again back up down over out off one two three four five six seven
eight nine ten first last next other another more less much many some any all both each every few lots name
names mommy mummy mom mum daddy dad mama papa grandma grandpa granny nana sister brother baby boy girl man
woman teacher friend kid child children people person everybody everyone yes yeah okay hello hi hey bye
please thank thanks sorry well um uh er hmm tired hungry thirsty sad happy mad angry sick scared bored
sleepy ready fine late early home cold hot finished ill later soon tonight letters letter word words thing
things love want know think guess tell say said says see look hear play make made go come get got give take
difficult tricky complicated whole full middle second third mr mrs miss ms dr doctor sir
""") - _words("will may")

NEVER_FAVOURITES: Final = _words("""
not no none nothing never nobody what who where when why how which it he she they we you i me my mine your
yours his her him them us our their this that these those is are was were be am do does did don't doesn't
didn't can't won't isn't called different same secret mommy mummy mom mum daddy dad teacher brother sister
friend person place house home street road address school kindergarten phone kill dead gun knife something
anything everything
""")
"""Among them people and places: they would say who a child is and where it lives."""
