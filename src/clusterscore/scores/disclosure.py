"""What may be shown of others: the rules that keep a rater and a member's money from being recognised.

Raters: nothing about fewer than five of them, and those left out are none or at least five again (the remainder rule),
since a total and a part of it tell the rest. Members' money: a sum has at least three contributors, an enterprise group
counted once, and nobody who contributes to it can estimate another's contribution to within p per cent.

The rules are of official statistics: threshold, p % rule (Handbook on Statistical Disclosure Control). Their numbers
stand in a document that is not published; whoever knows p can turn it against the table.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Annotated, Final, Self

import pandas as pd
from pydantic import Field

from clusterscore.documents import Document
from clusterscore.pseudonyms import key_of

PRIVATE: Final = "private/disclosure.yml"
"""Where a workspace keeps its own numbers, outside everything that is published."""
_PURPOSE: Final = b"clusterscore disclosure\x00"


class Rules(Document):
    """The numbers of disclosure control.

    Attributes
    ----------
    raters
        Fewest raters of whom anything may be shown together, and fewest left out.
    members
        Fewest contributors to a sum of money.
    p
        Per cent to within which no contribution may be estimated.
    """

    raters: Annotated[int, Field(ge=3)] = 5
    members: Annotated[int, Field(ge=3)] = 3
    p: Annotated[float, Field(gt=0, le=100)] = 10.0

    @classmethod
    def of(cls, workspace: Path) -> Self:
        """Return the numbers of a workspace: those of its private document, or the defaults where there is none.

        Raises
        ------
        FunctionInvalid
            Where the document is not one.
        """
        return cls.read_if_there(workspace / PRIVATE)


def seal_of(workspace: Path) -> dict[str, str]:
    """Return a keyed digest of a workspace's own numbers, by name; nothing where the defaults hold.

    Whoever sees it learns that the numbers changed, and without the key not even by trying all which they are.
    """
    path = workspace / PRIVATE
    if not path.is_file():
        return {}
    return {"disclosure": hmac.digest(key_of(), _PURPOSE + path.read_bytes(), hashlib.sha256).hex()}


def shown_groups(sizes: Mapping[str, int], least: int) -> frozenset[str]:
    """Return which groups may be shown beside their total: each large enough, and those hidden together as well.

    Parameters
    ----------
    sizes
        How many raters each group has; groups do not overlap, and their total is published.
    least
        Fewest raters.

    Returns
    -------
    names of groups; where those hidden would be too few, the smallest of those shown are hidden with them
    """
    by_size = sorted(sizes, key=lambda name: (sizes[name], name))
    hidden = [name for name in by_size if sizes[name] < least]
    shown = by_size[len(hidden) :]
    while shown and 0 < sum(sizes[name] for name in hidden) < least:
        hidden.append(shown.pop(0))
    return frozenset(shown) if sum(sizes.values()) >= least else frozenset()


def told_apart(groups: Sequence[Collection[str]], least: int) -> list[tuple[int, int]]:
    """Return pairs of published groups of whom the same is told and whose difference is too few to be shown.

    Parameters
    ----------
    groups
        The raters of each group, all asked the same.
    least
        Fewest raters.

    Returns
    -------
    numbers of the larger and of the smaller group
    """
    members = [frozenset(group) for group in groups]
    numbered = permutations(range(len(members)), 2)
    return [(a, b) for a, b in numbered if members[b] < members[a] and len(members[a] - members[b]) < least]


def contributions(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return what each enterprise contributes to each cell of a table.

    Parameters
    ----------
    rows
        value (not negative) and enterprise, one row per member, and the columns of ``by``; members of one enterprise
        group have the same enterprise.
    by
        What the table is laid out by.

    Returns
    -------
    the columns of ``by``, enterprise, value; the largest of each cell first
    """
    summed: pd.DataFrame = rows.groupby([*by, "enterprise"])["value"].sum().reset_index()
    keys, rising = [*by, "value", "enterprise"], [*(True for _ in by), False, True]
    return summed.sort_values(keys, ascending=rising).reset_index(drop=True)


def is_sensitive(values: Sequence[float], rules: Rules) -> bool:
    """Whether a sum gives its contributors away.

    Parameters
    ----------
    values
        What each enterprise contributes.
    rules
        Fewest contributors, and p.
    """
    if not values:
        return False
    first, second, *rest = [*sorted(values, reverse=True), 0.0]
    return len(values) < rules.members or sum(rest) < rules.p / 100.0 * first or first + second <= 0.0
