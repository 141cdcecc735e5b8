"""Words by what has to come behind them, as children use them: lists, and nothing else."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS: Final = _words("""
a an the my your his her its our their these those some any every each no another both which whose this that
""")
SUBJECTS: Final = _words("""
i he she we they you it this that there who everybody everyone nobody somebody
""")
"""Pronouns that do something; those that can also be an object are told apart by what stands before."""

ONLY_SUBJECTS: Final = _words("""
i he she we they i'm i've i'll i'd he's she's we're they're you're it's there's
""")
LINKS: Final = _words("""
and or but because 'cause cause so if when while until since than as that whether though although unless
where why how what who whom which like
""")
PREPOSITIONS: Final = _words("""
of to in on at for with from into onto by about under over behind between through without near next beside
during inside around across along against before after toward towards except upon beneath above below beyond
among
""")
FILLERS: Final = _words("um uh uhm er erm ah hmm mm mmm")
ADVERBS: Final = _words("""
very really so too just always never also only even almost still maybe perhaps sometimes usually often
already quite rather pretty then not most more less much many few lots plus ever
""")
BE: Final = _words("""
am is are was were be been being isn't aren't wasn't weren't i'm you're we're they're he's she's it's that's
there's what's where's who's how's
""")
HELPERS: Final = _words("""
do does did don't doesn't didn't can could can't couldn't will would won't wouldn't shall should shouldn't
might must may let's gonna wanna gotta i'll you'll we'll they'll he'll she'll it'll i'd we'd
""")
HAVE: Final = _words("have has had haven't hasn't hadn't i've we've they've you've")
AUXILIARIES: Final = BE | HELPERS | HAVE

WANTING: Final = _words("""
want wants wanted like likes liked love loves loved need needs needed get gets got gotten make makes made
making take takes took taking put puts give gives gave giving bring brings brought find finds found see
sees saw say says said saying tell tells told think thinks thought thinking know knows knew hope hopes
wish wishes called let lets keep keeps kept hold holds held buy buys bought build built drew broke lost
ate eats wear wears wore catch caught throw threw hit use uses used lives lived wonder wonders wondering
remember forgot forget learned learnt learning learn try tries tried trying going goes supposed seem seems
feel feels felt look looks looked become became mean means meant started starts start begin began help
helped helps show showed shows ask asked asks watched watch watching invented invent read wrote write
visit visited spell name named looking having getting doing hate hates hated guess decided pretend believe
believed understand spent send sent met meet chose choose pick picked carry carried rode ride drank drink
played play plays went go seen eaten been done gone taken given had sing eat hear hears heard hearing
touches touched tastes tasted notice follow following describe collect collects beat beats chase chases
chasing hunt hunts protect protects borrow lend return lose losing finding building drawing reading
writing drinks drinking wearing cooking baking riding driving bringing feeding cutting painting singing
hang hung lift lay laid lead led leave grab pulled carries teach teaches taught fixed break breaks
breaking belongs belong contains contain weighs weigh costs cost includes include prefer prefers enjoy
enjoys enjoyed imagine promise promised expect expects kicks throws throwing catching hitting pushing
licked bit chased turns consists lays sells sell sold earn earns buying playing choosing celebrate
celebrates visits visiting discover discovered solved solve create creates created destroy destroys steal
stole stolen share shared sharing
""")
"""Verbs that say little before what they are about."""

ENDING_VERBS: Final = _words("""
sleep sleeping sleeps hurt hurts cry crying cried fly flying flies swim swimming swims dance dancing sing
singing run running runs jump jumping walk walking talk talking laugh laughing work works working live die
died happen happened happens happening rain raining rains snow snowing bark barks purr grow grows grew win
won fall fell sit sits sat stand come comes came coming wake woke stop stopped wait dream move moved bite
bites sting eating breathe hibernate melt burst hide hiding fight fighting exist fit fits listen smell
lie lying snore howl sneeze sank float floats sink glow shine shines hatch roar
""")
"""Verbs that may be the last word."""

TELLING: Final = _words("""
tell give show teach ask read let make help bring get send buy told gave showed asked made
""")
"""Verbs that want two things: "tell me" is half."""

HALVES: Final = _words("""
something anything somebody someone kind kinds sort lot lots piece pieces capital name
difference middle end top bottom side bit couple half part back front rest bunch pair colour color number
reason way time times one ones thing
""")
"""Nouns and the like that are most often told more about: the capital of, something about."""

DOING: Final = _words("""
set turn turns turned switch repeat count counts cook bake clean wash washing brush climb kick push pull
open close cut paint color colour hug kiss feed follow follows stay travel dig lay drive swallow explain
practise practice share join save pay fix pour mix tie shout whisper point ring knock check change clap
cheat copy cross dress drop hop march marry order pack pat print pray rub sail sew shake skip
slide smile solve spin stir swing taste touch undress unlock wave wipe worry zip drank
drives paints reads writes made makes builds
""")
"""Verbs that need not be followed by anything, nor end anything."""

BEFORE_NOUNS: Final = _words("""
big little small tiny huge giant large long short tall old new young red blue green yellow pink purple brown
black white grey gray good bad nice best worst favourite favorite first second third last next other same
different real funny scary pretty beautiful cute soft fluffy hard easy hot cold warm wet dry fast slow loud
quiet happy sad angry mad silly naughty lovely great amazing super cool whole right wrong dirty clean heavy
light bright strong poor rich true special interesting exciting boring dangerous famous wild magic magical
electric own pocket important solar two three four five six seven eight nine ten eleven twelve twenty thirty
hundred thousand million several
""")
"""Words that mostly stand before a noun, unless somebody is said to be so."""

PLACES: Final = _words(
    "bed school sleep work town church kindergarten preschool nursery hospital dinner lunch me you it"
)
"""Where one goes "to" without "the"."""

DONE: Final = _words("""
moved died happened laughed jumped walked played cried worked stopped ended rained snowed slept arrived
finished landed danced smiled waved yelled screamed vanished disappeared exploded escaped tired scared
excited bored worried surprised married confused
""")
"""Of the words that end in "ed", those that may be the last."""

NOT_DOING: Final = (
    "thing",
    "king",
    "ring",
    "wing",
    "morning",
    "evening",
    "ceiling",
    "pudding",
    "building",
    "wedding",
)
"""How words end that only look like "running"."""

NOT_THE_MOST: Final = ("forest", "interest", "honest", "harvest", "request", "contest", "priest")
"""Words that only look like "biggest"."""

WHOLE: Final = (
    "hello", "hi", "hey", "hello teddy", "hi teddy", "yes", "yes please", "yeah", "yep", "no", "nope",
    "no thanks", "no thank you", "okay", "ok", "stop", "stop it", "be quiet", "thank you", "thanks",
    "thank you teddy",  "bye", "bye bye", "goodbye", "good night", "good night teddy",
    "good morning", "good morning teddy", "again", "once more", "one more", "another one", "me too", "wow",
    "sorry", "not really", "of course", "go on", "happy birthday", "help", "ouch",
    "i'm done", "never mind",
)  # fmt: skip
"""What is said alone."""
