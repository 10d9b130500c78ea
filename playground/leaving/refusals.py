"""Refusals when something would be deleted; each says what to do next."""

from playground.exchange.refusal import FieldProblem
from playground.text.sentence import gettext_noop, say

NOT_TYPED = FieldProblem("typed", say(gettext_noop("Type it exactly as it is shown.")))
