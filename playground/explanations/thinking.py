"""How long a model thought before it answered."""

from playground.exchange.record import Exchange

# Less is the time of the network, or of a gateway that sends all at once.
_SHORTEST_MS = 50
# Between parts of the reasoning, which no event brings.
_BLANK_LINE = "\n\n"


def thought_ms(exchange: Exchange) -> float | None:
    """Return the milliseconds from the first event with reasoning to the first with anything else.

    If nothing else came, to the last one with reasoning. None if there is no such time: without a stream or
    reasoning, if the reasoning came all at once or after a part of the answer, or for several choices.
    """
    reasoning = exchange.choices[0].reasoning if len(exchange.choices) == 1 else None
    if not exchange.stream or not reasoning:
        return None  # without reading the events, of which there may be very many
    read, began, ended = 0, None, 0.0
    for event in exchange.stream.events:
        if not event.brought:
            continue
        if reasoning.startswith(_BLANK_LINE + event.brought, read):
            read += len(_BLANK_LINE)
        if not reasoning.startswith(event.brought, read):
            ended = event.at_ms
            break
        read, ended = read + len(event.brought), event.at_ms
        began = ended if began is None else began
    if began is None or read < len(reasoning) or ended - began < _SHORTEST_MS:
        return None
    return ended - began
