"""Short texts, each a mixture of a few topics in the midst of words that all texts share: what each is about is known.

A text is drawn as latent Dirichlet allocation supposes (Blei, Ng, Jordan 2003): shares of topics, then for each word
a topic, or none, and a word of it. The order of its words means nothing.
"""

from typing import NamedTuple

import numpy as np

TOPICS = {
    "cooking": "oven flour butter sugar recipe sauce onion garlic pan dough spice soup boil roast taste salt pepper"
    " cream knife plate",
    "football": "goal coach league striker referee penalty stadium defender pass header fans derby keeper season trophy"
    " corner kick bench foul cup",
    "medicine": "doctor patient fever dose surgery nurse clinic vaccine symptom infection therapy blood heart pill"
    " diagnosis pain ward virus bone recovery",
    "space": "planet orbit rocket star galaxy telescope moon comet astronaut launch satellite gravity crater probe"
    " eclipse mars asteroid nebula module dust",
    "music": "guitar melody concert rhythm singer album piano drum chorus violin tune orchestra chord stage lyric tempo"
    " choir jazz solo harmony",
    "finance": "bank loan stock profit market investor bond interest price tax budget dividend currency debt trader"
    " fund share inflation credit asset",
    "garden": "seed soil rose tomato weed compost lawn shrub bloom prune harvest root leaf pot shade water bulb hedge"
    " rake blossom",
    "law": "court judge witness trial verdict lawyer crime jury appeal evidence sentence prison contract suspect police"
    " statute plaintiff oath fine testimony",
}
FUNCTION = "the of and a to in is that it for was on with as by at this from be are or an but not which"
GENERAL = (
    "time year people day way thing man world life hand part place week case point work number group problem fact"
    " night home room story month lot right book eye job word issue side kind head house friend power hour game line"
    " end member city name team minute idea body face door reason morning moment air force level"
)
COMMON = 0.75  # share of a text's words that are of no topic
OF_FUNCTION = 2 / 3  # of these the share of function words; the rest are general ones
LEAST, MOST = 12, 40  # words of a text


class Documents(NamedTuple):
    """Texts as words, and what each is about."""

    words: list[list[str]]
    shares: np.ndarray  # (N, topics): they sum to 1; the class of a text is the topic of its greatest share


def documents(count: int, seed: int, alpha: float = 0.0, common: float = COMMON) -> Documents:
    """Returns `count` texts, the topics equally often the main one; the same arguments give the same.

    alpha: of the Dirichlet distribution of a text's shares; 0: each text has one topic.
    common: share of the words that are of no topic.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    main = random.permutation(np.arange(count) % len(TOPICS))
    shares = np.eye(len(TOPICS))[main]
    if alpha:
        drawn = random.dirichlet(np.full(len(TOPICS), alpha), count)
        order = np.argsort(-drawn, 1)
        turned = (order - order[:, :1]) % len(TOPICS)  # the greatest share goes to the main topic
        shares = np.zeros_like(drawn)
        np.put_along_axis(shares, (turned + main[:, None]) % len(TOPICS), np.take_along_axis(drawn, order, 1), 1)
    return Documents([_text(row, common, random) for row in shares], shares)


def zipf(words: int) -> np.ndarray:
    """Returns (words,): the share of the word of rank r is in proportion to 1 / r."""
    weights = 1 / np.arange(1, words + 1)
    return weights / weights.sum()


GROUPS = [words.split() for words in (FUNCTION, GENERAL, *TOPICS.values())]
ENDS = [np.cumsum(zipf(len(group))) for group in GROUPS]  # where the share of each word ends


def _text(shares: np.ndarray, common: float, random: np.random.Generator) -> list[str]:
    length = int(random.integers(LEAST, MOST + 1))
    kind, topic, rank = random.random((3, length))
    topics = np.minimum(np.searchsorted(np.cumsum(shares), topic), len(TOPICS) - 1)
    groups = np.where(kind < OF_FUNCTION * common, 0, np.where(kind < common, 1, topics + 2))
    return [
        GROUPS[group][min(np.searchsorted(ENDS[group], at), len(GROUPS[group]) - 1)]
        for group, at in zip(groups.tolist(), rank.tolist(), strict=True)
    ]
