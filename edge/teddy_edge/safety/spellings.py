"""How children and recognisers write what rules know by one spelling. Tables only."""

from __future__ import annotations

from typing import Final

FILLERS: Final = frozenset(
    ("um", "umm", "uh", "uhm", "uhh", "er", "err", "erm", "hm", "hmm", "mm", "mmm", "ah", "eh")
)

_SHORT: Final = {
    "i'm": "i am", "im": "i am", "i've": "i have", "ive": "i have", "i'd": "i would", "i'll": "i will",
    "you're": "you are", "youre": "you are", "you've": "you have", "you'd": "you would",
    "you'll": "you will", "he's": "he is", "hes": "he is", "he'd": "he would", "he'll": "he will",
    "she's": "she is", "shes": "she is", "she'd": "she would", "she'll": "she will", "it's": "it is",
    "its": "it is", "it'd": "it would", "it'll": "it will", "we're": "we are", "we've": "we have",
    "we'd": "we would", "we'll": "we will", "they're": "they are", "theyre": "they are",
    "they've": "they have", "they'd": "they would", "they'll": "they will", "there's": "there is",
    "theres": "there is", "that's": "that is", "thats": "that is", "what's": "what is",
    "whats": "what is", "where's": "where is", "wheres": "where is", "who's": "who is",
    "whos": "who is", "how's": "how is", "hows": "how is", "when's": "when is", "here's": "here is",
    "somebody's": "somebody is", "someone's": "someone is", "something's": "something is",
    "nobody's": "nobody is", "everybody's": "everybody is", "everyone's": "everyone is",
    "don't": "do not", "dont": "do not", "doesn't": "does not", "doesnt": "does not",
    "didn't": "did not", "didnt": "did not", "can't": "can not", "cant": "can not",
    "cannot": "can not", "couldn't": "could not", "couldnt": "could not", "won't": "will not",
    "wont": "will not", "wouldn't": "would not", "wouldnt": "would not", "isn't": "is not",
    "isnt": "is not", "aren't": "are not", "arent": "are not", "ain't": "is not", "aint": "is not",
    "wasn't": "was not", "wasnt": "was not", "weren't": "were not", "werent": "were not",
    "haven't": "have not", "havent": "have not", "hasn't": "has not", "hasnt": "has not",
    "hadn't": "had not", "shouldn't": "should not", "shouldnt": "should not", "mustn't": "must not",
    "let's": "let us", "lets": "let us", "wanna": "want to", "gonna": "going to", "gunna": "going to",
    "gotta": "got to", "hafta": "have to", "lemme": "let me", "gimme": "give me", "kinda": "kind of",
    "dunno": "do not know", "whatcha": "what are you", "'cause": "because", "cuz": "because",
    "coz": "because", "'em": "them", "u": "you", "ur": "your", "ok": "okay", "plz": "please",
}  # fmt: skip
CONTRACTIONS: Final = {short: tuple(long.split()) for short, long in _SHORT.items()}

DIGITS: Final = {
    "zero": 0, "oh": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip

# What a recogniser writes in two words.
JOINED: Final = {
    ("my", "self"): "myself", ("your", "self"): "yourself", ("him", "self"): "himself",
    ("her", "self"): "herself", ("them", "selves"): "themselves", ("some", "one"): "someone",
    ("some", "body"): "somebody", ("any", "one"): "anyone", ("any", "body"): "anybody",
    ("no", "body"): "nobody", ("no", "one"): "nobody", ("every", "one"): "everyone",
    ("every", "body"): "everybody", ("any", "more"): "anymore", ("grown", "up"): "grownup",
    ("grown", "ups"): "grownups", ("step", "dad"): "stepdad", ("step", "mom"): "stepmom",
    ("step", "father"): "stepfather", ("baby", "sitter"): "babysitter", ("sui", "cide"): "suicide",
    ("some", "thing"): "something", ("any", "thing"): "anything", ("e", "mail"): "email",
    ("pass", "word"): "password", ("v", "bucks"): "vbucks", ("ro", "bux"): "robux",
    ("under", "wear"): "underwear", ("mean", "while"): "meanwhile", ("good", "bye"): "goodbye",
    ("bye", "bye"): "goodbye", ("un", "alive"): "unalive", ("bath", "room"): "bathroom",
    ("ice", "cream"): "icecream", ("in", "side"): "inside", ("out", "side"): "outside",
    ("video", "game"): "videogame", ("video", "games"): "videogames",
}  # fmt: skip

# What was written: what it may have been. The written word stays possible.
SOUNDALIKES: Final = {
    "dye": ("die",), "dyed": ("died",), "dyeing": ("dying",), "kil": ("kill",), "kilt": ("killed",),
    "heart": ("hurt",), "hearts": ("hurts",), "hert": ("hurt",), "herts": ("hurts",), "hurted": ("hurt",),
    "hitted": ("hit",), "bited": ("bit",), "falled": ("fell",), "felled": ("fell",),
    "eated": ("ate",), "drinked": ("drank",), "drunked": ("drank",), "swallered": ("swallowed",),
    "swalloed": ("swallowed",), "blud": ("blood",), "bleeded": ("bled",),
    "breath": ("breathe",), "breeve": ("breathe",), "breave": ("breathe",), "breed": ("breathe",),
    "breeding": ("breathing",), "breathin": ("breathing",), "coking": ("choking",), "chocking": ("choking",),
    "chokin": ("choking",), "nife": ("knife",), "wepon": ("weapon",), "bleech": ("bleach",),
    "poisen": ("poison",), "poisin": ("poison",), "battry": ("battery",), "batterie": ("battery",),
    "medcine": ("medicine",), "medisin": ("medicine",), "suiside": ("suicide",), "unalive": ("kill",),
    "mummy": ("mommy",), "mama": ("mommy",), "mum": ("mom",), "mums": ("moms",), "papa": ("daddy",),
    "dada": ("daddy",), "mother": ("mom",), "father": ("dad",), "stranga": ("stranger",),
    "touchded": ("touched",), "tuched": ("touched",), "privits": ("privates",), "lossed": ("lost",),
    "losted": ("lost",), "loss": ("lost",), "seceret": ("secret",), "sekrit": ("secret",),
    "alown": ("alone",), "fiya": ("fire",), "smok": ("smoke",), "skared": ("scared",),
    "throwed": ("threw",), "through": ("threw",), "choaking": ("choking",), "wen": ("when",),
    "lookin": ("looking",), "goin": ("going",), "hittin": ("hitting",),
    "killin": ("killing",), "hurtin": ("hurting",), "sumbody": ("somebody",), "sumone": ("someone",),
    "unconcious": ("unconscious",), "fainded": ("fainted",), "dizy": ("dizzy",), "shotted": ("shot",),
}  # fmt: skip

# Letters of other alphabets that look like ours.
LOOKALIKES: Final = str.maketrans(
    "аеорсухікмтнвзΑα\u2019\u2018\u02bc\u0060\u00b4",
    "aeopcyxikmtnb3aa'''''",
)
