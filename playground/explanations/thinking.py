"""How long a model thought before it answered."""

from playground.exchange.record import Exchange


def thought_ms(exchange: Exchange) -> float | None:
    """Return the milliseconds from the first event with reasoning to the first with anything else.

    If nothing else came, to the last one with reasoning. None if there is no such time: without a stream or
    reasoning, if the reasoning came in one event or after a part of the answer, or for several choices.
    """
    if not exchange.stream or len(exchange.choices) != 1:
        return None
    reasoning, read, began, ended = exchange.choices[0].reasoning or "", 0, None, 0.0
    for event in exchange.stream.events:
        if not event.brought:
            continue
        if not reasoning.startswith(event.brought, read):
            ended = event.at_ms
            break
        read, ended = read + len(event.brought), event.at_ms
        began = ended if began is None else began
    is_measured = began is not None and read == len(reasoning) and ended > began
    return ended - began if is_measured and began is not None else None
