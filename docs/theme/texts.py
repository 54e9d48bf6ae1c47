"""Changes what a page says, and leaves its tags and some of its elements as they are."""

import functools
import re
from collections.abc import Callable


def change(html: str, skipped: tuple[str, ...], function: Callable[[str], str]) -> str:
    """The HTML with its text changed by a function.

    Args:
        html: a page, or a part of one.
        skipped: elements whose text stays as it is. They must not be within one of their kind.
        function: is given each stretch of text between two tags, in order.
    """
    return _tokens(skipped).sub(lambda m: function(m["text"]) if m["text"] else m[0], html)


@functools.cache
def _tokens(skipped: tuple[str, ...]) -> re.Pattern[str]:
    elements = "|".join(("script", "style", "title", *skipped))
    return re.compile(
        rf"<!--.*?-->|<(?P<element>{elements})\b.*?</(?P=element)>|<[^>]*>|(?P<text>[^<]+)",
        re.DOTALL,
    )
