"""Stop words: those that stand in every text and tell little about what it says."""

_ENGLISH = """
a about above after again against all also am an and any are as at be because been before being below between both
but by can cannot could did do does doing down during each even ever every few for from further had has have having
he her here hers herself him himself his how i if in into is it its itself just let may me might more most must my
myself no nor not now of off on once one only or other our ours out over own same she should since so some such than
that the their theirs them themselves then there these they this those though through to too under until up upon us
very was we were what when where whether which while who whom whose why will with within without would yet you your
yours yourself
"""
_RUSSIAN = """
а без бы был была были было быть в вам вами вас весь во вот все всего всех всю вся вы где да даже для до его ее её
если есть еще ещё ж же за здесь и из или им ими иначе их к каждая каждого каждое каждой каждую каждый как какая
какие какое какой когда кто ко ли либо лишь между меня мне много может можно мой мы на над надо нам нами нас наш не него
нее неё нет ни никто них ними ничего но ну о об обо однако он она они оно от ото перед по под после потом потому почти
при про раз с сам сама само сами самый свое своё своего своей своих свои свой себе себя со сразу так такая также
такие такой там те тем тех то того тоже той только том тот ту тут ты у уж уже хотя чего чем через что чтобы чтоб эта
эти этим этих это этого этой этом этот эту я
"""
ENGLISH, RUSSIAN = frozenset(_ENGLISH.split()), frozenset(_RUSSIAN.split())
