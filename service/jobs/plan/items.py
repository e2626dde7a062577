"""The items of a job, by number: what each has of its own."""

from collections.abc import Mapping
from typing import Any

from service.errors import Fault, InvalidParams, TooLarge
from service.jobs.access import Access
from service.jobs.document import ItemAssets, ItemPattern, JobDocument
from service.jobs.plan.listing import Listing, list_items
from service.jobs.plan.pattern import Pattern, Value
from service.jobs.plan.varying import varying_params


class Items:
    """Items of a document, in their order.

    Parameters
    ----------
    document
        Has items.
    listing
        What the patterns of the document found; None where it has none.
    """

    def __init__(self, document: JobDocument, listing: Listing | None) -> None:
        self.listing = listing
        self._items = items = document.items
        self.complete = listing is None or listing.complete
        if isinstance(items, ItemPattern):
            assert listing is not None
            self._patterns = {name: Pattern(text, f"/items/pattern/{name}") for name, text in items.pattern.items()}
            self._varying = varying_params(items.params, listing.names, "/items/params")
            self.count = len(listing.rows)
        elif isinstance(items, ItemAssets):
            self._varying = varying_params(items.params, ("item",), "/items/params")
            self.count = len(next(iter(items.assets.values())))
        else:
            self.count = len(items or ())

    def fields(self, number: int) -> dict[str, Value]:
        """The fields of an item; a listed one has none."""
        if self.listing is not None:
            return self.listing.fields(number)
        return {"item": number} if isinstance(self._items, ItemAssets) else {}

    def params(self, number: int) -> dict[str, Any]:
        """The parameters that an item has of its own. Raises InvalidParams where a table has no value for it."""
        fields = self.fields(number)
        if isinstance(self._items, ItemPattern):
            files = {name: {"uri": pattern.uri(fields)} for name, pattern in self._patterns.items()}
            return {**self._varying(fields), **files}
        if isinstance(self._items, ItemAssets):
            stored = {name: {"asset": assets[number]} for name, assets in self._items.assets.items()}
            return {**self._varying(fields), **stored}
        assert self._items is not None
        return dict(self._items[number])


def find_items(document: JobDocument, access: Access, *, look: int | None = None) -> Items:
    """The items of a document, files listed; with `look`, no more than so many files a pattern.

    Raises
    ------
    InvalidParams
        There are none; a pattern or a selection is not understood; a parameter comes from two places.
    TooLarge
        There are too many.
    """
    items, most = document.items, access.settings.max_job_items
    if isinstance(items, ItemPattern):
        _check_once(items.pattern, items.params, "pattern")
        patterns = [Pattern(text, f"/items/pattern/{name}") for name, text in items.pattern.items()]
        listing = list_items(patterns, items.where, access.roots, most=most, look=look)
        return Items(document, listing)
    if isinstance(items, ItemAssets):
        _check_once(items.assets, items.params, "assets")
        lengths = {name: len(assets) for name, assets in items.assets.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise InvalidParams([Fault("/items/assets", f"the lists must have one length: {told}")])
    found = Items(document, None)
    if found.count == 0:
        raise InvalidParams([Fault("/items", "must have at least one item")])
    if found.count > most:
        raise TooLarge(f"/items: there are {found.count} items, more than the {most} allowed (EPIPOLE_MAX_JOB_ITEMS)")
    return found


def _check_once(arrays: Mapping[str, Any], params: Mapping[str, Any], kind: str) -> None:
    twice = sorted(set(arrays) & set(params))
    if twice:
        raise InvalidParams([Fault(f"/items/params/{name}", f"is given by `{kind}` as well") for name in twice])
