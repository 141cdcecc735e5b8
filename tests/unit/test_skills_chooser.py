"""What children say finds the skill that fits, however they put it and however it was heard."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, SeededChance
from tests.skills_talk import SkillTalk

SAID = {
    "animals/cats": [
        "Why do cats purr?",
        "Teddy, why do cats purr?",
        "Why do cats pur when they are happy?",
        "tell me something about a kitty",
        "Kitties!",
        "do you like cats",
        "I have a cat at home.",
        "Teddy bear, tell me about cats.",
        "what does a cat say",
    ],
    "animals/elephants": [
        "Tell me something about elephants.",
        "tell me about elephents",
        "What do elephants eat?",
        "um what do um elephants eat",
        "Can you tell me about the elephant please?",
        "are elephants afraid of mice",
        "How big is an elephant, Teddy?",
    ],
    "animals/bees": ["How do bees make honey?", "how do bee's make honey", "who makes honey", "Bees"],
    "animals/whales": [
        "What is the biggest animal?",
        "which animal is the biggest in the world",
        "what is bigger an elephant or a whale",
    ],
    "animals/fish": ["Do fish sleep?", "do fishes sleep at night", "How do fish breathe under water?"],
    "animals/dinosaurs": ["I want to hear about dinosaurs", "tell me about dinosours", "Dinosaurs, please."],
    "animals/giraffes": ["tell me about girafs", "what's the tallest animal"],
    "animals/dolphins": ["how do dolfins sleep"],
    "animals/polar bears": ["Where do polar bears live?"],
    "animals/spiders": ["Are spiders scary?", "how many legs does a spider have"],
    "animals/penguins": ["Why can't penguins fly?", "do you know what penguins eat"],
    "animals/animals": ["why do animals die", "Why do pets have to die?", "what is your favorite animal"],
    "jokes/jokes": [
        "Tell me a joke.",
        "Tell me a joke, please.",
        "do you know any jokes",
        "Make me laugh!",
        "a riddle",
        "tell me something funny",
        "Can you tell me a joke about cats?",
        "Joke!",
        "Can I have another joke?",
        "I like jokes",
        "Knock, knock!",
    ],
    "company/hello": ["Hello, Teddy.", "Hi", "Hey Teddy!"],
    "company/good_morning": ["Good morning, Teddy!"],
    "company/goodbye": ["Bye bye!", "goodbye teddy", "I have to go home", "see you tomorrow"],
    "company/good_night": ["Good night.", "Thank you Teddy, good night.", "I'm going to bed now"],
    "company/alive": ["Are you real?", "are you alive", "Are you a robot?", "what are you"],
    "company/love": ["Do you love me?", "can we be friends", "I love you, Teddy.", "are you my friend"],
    "company/what_i_can_do": ["What can you do?", "what can I ask you", "can we talk"],
    "company/how_are_you": ["How are you?", "how are you today teddy"],
    "company/my_name": ["What's your name?", "what is your name"],
    "company/about_me": ["How old are you?", "are you a boy", "Where do you live?", "tell me about yourself"],
    "company/thanks": ["Thank you!", "thanks teddy", "Thank you for the joke."],
    "company/sad": ["I'm sad.", "i feel so sad today", "they laughed at me"],
    "company/scared": ["I'm scared.", "that is so creepy"],
    "company/bored": ["I'm bored.", "this is boring"],
    "company/angry": ["I'm so angry at my brother", "I'm mad!"],
    "company/tired": ["I am tired.", "so sleepy"],
    "company/hurt": ["I fell down and my knee hurts.", "Ouch!", "my tummy hurts"],
    "company/needs": ["I need to go potty", "I'm hungry."],
    "company/stop": ["Stop.", "Be quiet!", "stop talking teddy", "Shh"],
    "company/listening": ["Can you hear me?", "Teddy?", "are you there"],
    "company/age": ["I'm three years old.", "I am five"],
    "acquaintance/childs_name": ["My name is Max.", "my name is Ella and I'm four"],
    "company/laughing": ["That was funny!", "that's a funny joke Teddy", "ha ha ha"],
    "company/praise": ["That was a good joke."],
    "company/not_tired": ["I'm not tired", "I don't want to go to bed"],
    "company/looking_for_someone": ["Where is my mommy?"],
    "company/loved_ones": ["I love my mom"],
    "stories/stories": ["Tell me a story.", "tell me a bedtime story about a dog"],
    "calm/missing": ["I miss my mommy"],
    "calm/lonely": ["nobody wants to play with me"],
    "calm/afraid_of_animals": ["I'm scared of spiders"],
    "calm/monsters": ["there is a monster under my bed"],
    "calm/cannot_sleep": ["I can't sleep"],
    "nature/the sky": ["Why is the sky blue?"],
    "space/rockets": ["tell me about rockets"],
    "numbers/numbers": ["what's two plus two"],
    "company/privacy": ["Do you record me?"],
    "company/feeling_fine": ["I'm not scared"],
    "fallback/something_else": [
        "My secret word is rhubarb pudding.",
        "I went to the park with grandma",
        "blah blah blah",
        "I'm going to school tomorrow",
        "What is the capital of France?",
    ],
    "fallback/waiting": ["Um...", "", "..."],
}


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


@pytest.mark.parametrize(
    ("text", "where"), [(text, where) for where, texts in SAID.items() for text in texts]
)
@pytest.mark.parametrize("band", [AgeBand.LITTLE, AgeBand.BIG])
def test_a_sentence_is_answered_by_the_skill_it_is_for(
    chooser: Chooser, text: str, where: str, band: AgeBand
) -> None:
    reply = SkillTalk(chooser, band=band).say(text)

    assert f"{reply.skill}/{reply.topic}" == where


def test_what_the_bear_does_not_know_is_never_a_dead_end(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)

    replies = [talk.say("What is the capital of France?") for _ in range(20)]

    assert len({reply.text for reply in replies}) == 20
    for reply in replies:
        then = Recent().after(reply)
        accepted = chooser.answer(Heard("Yes please!", 1.0, AgeBand.MIDDLE), then, SeededChance(1))
        assert accepted.skill not in ("company", "fallback")


def test_yes_to_an_offer_is_what_was_offered(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    offer = talk.say("tell me about lobsters")
    offered = offer.note["yes"].removeprefix("tell me about ")

    reply = talk.say("Okay.")

    assert offered in offer.text
    assert (reply.skill, reply.topic) == ("animals", offered)


@pytest.mark.parametrize("refusal", ["No.", "no thank you", "Not now."])
def test_no_to_an_offer_is_taken_for_an_answer(chooser: Chooser, refusal: str) -> None:
    talk = SkillTalk(chooser)
    talk.say("tell me about lobsters")

    assert talk.say(refusal).topic == "no"


@pytest.mark.parametrize(
    "question",
    ["What?", "what did you say", "Huh?", "can you say that again", "I didn't hear you", "repeat that"],
)
def test_the_last_words_are_said_again_for_a_child_who_missed_them(chooser: Chooser, question: str) -> None:
    talk = SkillTalk(chooser)
    first = talk.say("Tell me about penguins.")
    before = talk.recent

    again = talk.say(question)

    assert (again.text, again.skill, again.topic, again.note) == (
        first.text,
        "animals",
        "penguins",
        first.note,
    )
    assert talk.recent == before


@pytest.mark.parametrize(
    ("says", "which"),
    [
        ("yes", "yes"), ("the first one", "yes"), ("the other one", "other"), ("no, the other one", "other"),
        ("the second one please", "other"), ("not that one, the other", "other"),
    ],
)  # fmt: skip
def test_either_of_two_that_were_offered_can_be_taken(chooser: Chooser, says: str, which: str) -> None:
    for seed in range(6):
        talk = SkillTalk(chooser, chance=SeededChance(seed))
        offered = talk.say("What is the capital of France?").note[which]

        assert talk.say(says).skill == SkillTalk(chooser).say(offered).skill


def test_five_whys_in_a_row_get_five_answers_and_a_way_out(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    talk.say("Tell me about penguins.")
    replies = [talk.say(says) for says in ("why", "but why", "why?", "why not", "why why why")]

    assert {reply.skill for reply in replies} == {"why"}
    assert len({reply.text for reply in replies}) == 5
    assert talk.say("yes").skill not in ("company", "fallback", "why")


def test_there_is_nothing_to_repeat_at_the_very_beginning(chooser: Chooser) -> None:
    assert "didn't say" in SkillTalk(chooser).say("what did you say").text


@pytest.mark.parametrize(
    "more", ["another one", "Another one!", "tell me more", "more please", "again", "one more"]
)
@pytest.mark.parametrize("first", ["Tell me about sharks.", "Tell me a joke."])
def test_more_is_more_of_the_same(chooser: Chooser, first: str, more: str) -> None:
    talk = SkillTalk(chooser)
    before = talk.say(first)

    reply = talk.say(more)

    assert (reply.skill, reply.topic) == (before.skill, before.topic)
    assert reply.text != before.text


@pytest.mark.parametrize(
    "request_", ["Tell me a joke.", "tell me something about an animal", "Tell me about dinosaurs", "hello"]
)
def test_no_line_comes_twice_while_others_are_left(chooser: Chooser, request_: str) -> None:
    for seed in range(5):
        talk = SkillTalk(chooser, chance=SeededChance(seed))
        enough = {"hello": 4, "Tell me about dinosaurs": 8}.get(request_, 20)

        said = [talk.say(request_).lines for _ in range(enough)]

        facts = [line for lines in said for line in lines if not line.startswith("animals.offer")]
        facts = [line for line in facts if not line.endswith((".answer", ".then"))]
        assert len(facts) == len(set(facts)) == enough


def test_lines_come_again_when_all_were_said_the_oldest_first(chooser: Chooser) -> None:
    talk = SkillTalk(chooser)
    first = [talk.say("Stop.").lines[0] for _ in range(11)]

    assert len(set(first)) == 11
    assert [talk.say("Stop.").lines[0] for _ in range(11)] == first


def test_the_same_chance_gives_the_same_talk(chooser: Chooser) -> None:
    def talk() -> list[Reply]:
        child = SkillTalk(chooser, chance=SeededChance(3))
        return [child.say(text) for text in ("hi", "tell me a joke", "what", "tell me about owls", "more")]

    assert talk() == talk()


def test_the_surest_skill_answers_and_the_first_of_equals() -> None:
    chooser = Chooser(skills=[Sure("a", 0.4), Sure("b", 0.8), Sure("c", 0.8)], fallback=Sure("f", 0.0))

    assert SkillTalk(chooser).say("hello").skill == "b"


def test_nobody_sure_means_the_fallback_and_so_does_nobody_at_all() -> None:
    assert SkillTalk(Chooser(skills=[Sure("a", 0.2)], fallback=Sure("f", 0.0))).say("hello").skill == "f"
    assert SkillTalk(Chooser(skills=[], fallback=Sure("f", 0.0))).say("hello").skill == "f"


class Sure:
    """A skill that is always equally sure."""

    def __init__(self, name: str, fit: float) -> None:
        self.name = name
        self._fit = fit

    def fit(self, heard: Heard, recent: Recent) -> float:
        return self._fit

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        return Reply(text="Yes.", skill=self.name, topic=self.name)
