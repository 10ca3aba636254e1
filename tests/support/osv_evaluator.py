#!/usr/bin/env python3
"""A slow evaluator of the OSV schema, written from its text, to hold the engine against.

    osv_evaluator.py ADVISORIES PAIRS MOST ECOSYSTEM…

reads `ADVISORIES/<Ecosystem>/all.zip`, draws (package, version) pairs around every border and listed version of every
package, and writes one line per pair to the file PAIRS, sorted:

    ecosystem TAB name TAB version TAB ids,that,apply|ids,that,cannot,be,decided

An even sample of about MOST pairs. What it skips for want of a library is said on standard output.

Sources: https://ossf.github.io/osv-schema/ ("Evaluation", affected[].ranges), https://semver.org/ (clause 11), PEP 440
through the `packaging` library, org.apache.maven.artifact.versioning.ComparableVersion by its documentation.

What cannot be ordered is not guessed: such a border is put at every place where it may belong, and where the answers
differ the pair is undecided.
"""

import itertools
import json
import re
import sys
import zipfile
from bisect import bisect_left
from functools import cmp_to_key, lru_cache
from pathlib import Path

try:
    import packaging.version as pep440
except ImportError:
    pep440 = None

# --- orders: each `key` gives something with a total order, or None for what is no version ---------------------------


@lru_cache(maxsize=None)
def semver_key(text):
    """Clause 11. Missing numbers count as zero, as OSV's own tools read them; `v` and `go` in front are Go's."""
    match = re.fullmatch(
        r"(?:v|V|go)?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)|(rc|beta)(\d+))?(?:\+.*)?", text, re.ASCII | re.DOTALL
    )
    if not match:
        return None
    numbers = [int(one) for one in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    pre = match[2].split(".") if match[2] else [match[3], match[4]] if match[3] else None
    if pre is None:
        return (tuple(numbers), (1,))
    rank = tuple((0, int(one), "") if one.isdigit() else (1, 0, one) for one in pre)
    return (tuple(numbers), (0, rank))


@lru_cache(maxsize=None)
def pypi_key(text):
    try:
        return pep440.Version(text)
    except pep440.InvalidVersion:
        return None


class Maven:
    """ComparableVersion: a list of numbers, qualifiers and lists, compared item by item."""

    QUALIFIERS = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"]

    def __init__(self, text):
        self.items = self.parse(text.lower())

    def parse(self, text):
        root = items = []
        stack = [root]
        digit, start = False, 0

        def nested():
            nonlocal items
            inner = []
            items.append(inner)
            items = inner
            stack.append(inner)

        for at, c in enumerate(text):
            if c in ".-":
                items.append(0 if at == start else self.item(text[start:at], digit, False))
                start = at + 1
                if c == "-":
                    nested()
            elif c in "0123456789":
                if not digit and at > start:
                    if items:
                        nested()
                    items.append(self.item(text[start:at], False, True))
                    start = at
                    nested()
                digit = True
            else:
                if digit and at > start:
                    items.append(self.item(text[start:at], True, False))
                    start = at
                    nested()
                digit = False
        if len(text) > start:
            if not digit and items:
                nested()
            items.append(self.item(text[start:], digit, False))
        for one in reversed(stack):
            self.normalize(one)
        return root

    @staticmethod
    def item(text, digit, before_digit):
        if digit:
            return int(text)
        if before_digit:
            text = {"a": "alpha", "b": "beta", "m": "milestone"}.get(text, text)
        return {"ga": "", "final": "", "release": "", "cr": "rc"}.get(text, text)

    @staticmethod
    def normalize(items):
        for at in range(len(items) - 1, -1, -1):
            if items[at] == 0 or items[at] == "" or items[at] == []:
                del items[at]
            elif not isinstance(items[at], list):
                break

    @classmethod
    def rank(cls, word):
        return (cls.QUALIFIERS.index(word), "") if word in cls.QUALIFIERS else (len(cls.QUALIFIERS), word)

    @classmethod
    def compare(cls, a, b):
        if a is None and b is None:
            return 0
        if a is None:
            return -cls.compare(b, None)
        if b is None:
            if isinstance(a, int):
                return 1 if a else 0
            if isinstance(a, str):
                return sign(cls.rank(a), cls.rank(""))
            return next((order for order in (cls.compare(one, None) for one in a) if order), 0)
        kinds = [0 if isinstance(one, str) else 1 if isinstance(one, list) else 2 for one in (a, b)]
        if kinds[0] != kinds[1]:
            return sign(*kinds)
        if kinds[0] == 2:
            return sign(a, b)
        if kinds[0] == 0:
            return sign(cls.rank(a), cls.rank(b))
        pairs = itertools.zip_longest(a, b)
        return next((order for order in (cls.compare(x, y) for x, y in pairs) if order), 0)


def sign(a, b):
    return (a > b) - (a < b)


@lru_cache(maxsize=None)
def maven_key(text):
    if not text or "${" in text:
        return None
    return cmp_to_key(Maven.compare)(Maven(text).items)


KEYS = {
    "npm": semver_key,
    "crates.io": semver_key,
    "Go": semver_key,
    "GitHub Actions": semver_key,
    "Maven": maven_key,
    "PyPI": pypi_key,
}

# --- the evaluation of the schema ------------------------------------------------------------------------------------


def less_equal(key, a, b):
    """Whether a <= b; None where they have no order."""
    x, y = key(a), key(b)
    if x is not None and y is not None:
        return not y < x
    if a == b:
        return True
    if key is pypi_key:
        return beside(a, b)
    return None


def beside(a, b):
    """A text that is no version but begins with a release lies somewhere in that release, and in no other one."""
    a, b = span(a), span(b)
    if a is None or b is None:
        return None
    return True if a[1] < b[0] else False if b[1] < a[0] else None


def span(text):
    """The lowest and highest version that a text may stand for."""
    own = pypi_key(text)
    match = re.match(r"[vV]?(\d+(?:\.\d+)*)", text, re.ASCII)
    if own is not None or not match:
        return own and (own, own)
    return pypi_key(match[1] + ".dev0"), pypi_key(match[1] + ".post99999999")


def in_range(key, version, entry_range):
    """True, False, or None where nobody can tell."""
    events = []
    for event in entry_range["events"]:
        events += [(kind, str(event[kind])) for kind in ("introduced", "fixed", "last_affected", "limit") if kind in event]
    limits = [text for kind, text in events if kind == "limit"]
    if limits and "*" not in limits:
        below = [less_equal(key, limit, version) for limit in limits]
        if all(one is True for one in below):
            return False
        if False not in below:
            return None
    borders = [one for one in events if one[0] != "limit"]
    start = [one for one in borders if one == ("introduced", "0")]
    odd = [one for one in borders if one not in start and key(one[1]) is None]
    good = [one for one in borders if one not in start and one not in odd]
    good.sort(key=lambda one: key(one[1]))  # stable, as the schema's example sorts
    answers = set()
    for world in worlds(key, good, odd):
        answers |= states(key, version, start + world)
    return answers.pop() if len(answers) == 1 else None


def states(key, version, borders):
    """What may hold after the events, in this order: {True}, {False} or both."""
    possible = {False}
    for border in borders:
        what = applied(key, version, border)
        if what is None:
            possible = possible | {border[0] == "introduced"}
        elif what != "nothing":
            possible = {what == "affected"}
    return possible


def applied(key, version, border):
    """What the border makes of the state; None where nobody can tell."""
    kind, text = border
    if border == ("introduced", "0"):
        return "affected"
    if kind == "last_affected":
        at_most = less_equal(key, version, text)
        return None if at_most is None else "nothing" if at_most else "unaffected"
    reached = less_equal(key, text, version)
    return None if reached is None else "nothing" if not reached else "affected" if kind == "introduced" else "unaffected"


def worlds(key, good, odd):
    """The borders in every order in which they may stand."""
    if not odd:
        yield good
        return
    for rest in worlds(key, good, odd[1:]):
        for at in range(len(rest) + 1):
            before = all(less_equal(key, one[1], odd[0][1]) is not False for one in rest[:at])
            after = all(less_equal(key, odd[0][1], one[1]) is not False for one in rest[at:])
            if before and after:
                yield rest[:at] + [odd[0]] + rest[at:]


def affected(key, version, entry):
    """(whether the entry affects the version, whether that could not be told)"""
    undecided = False
    if is_listed(key, version, entry):
        return True, False
    for one in entry.get("ranges", ()):
        if one["type"] == "GIT":
            continue
        answer = in_range(key, version, one)
        if answer:
            return True, False
        undecided |= answer is None
    return False, undecided


def is_listed(key, version, entry):
    """By text, and by the ecosystem's equality: 1.0 is listed where 1.0.0 is."""
    versions = entry.get("versions", ())
    if "sorted" not in entry:
        entry["sorted"] = sorted(one for one in map(key, versions) if one is not None)
    own, known = key(version), entry["sorted"]
    if version in versions or own is None:
        return version in versions
    at = bisect_left(known, own)
    return at < len(known) and known[at] == own


# --- names -----------------------------------------------------------------------------------------------------------


def filed(ecosystem, name):
    if ecosystem == "PyPI":
        return re.sub(r"[-_.]+", "-", name).lower()
    if ecosystem == "GitHub Actions":
        name = re.sub(r"^(https?://)?github\.com/", "", name).strip("/").lower()
        return "/".join(name.split("/")[:2])
    return name


# --- the pairs -------------------------------------------------------------------------------------------------------


def neighbours(ecosystem, border):
    """The border, what lies next to it on either side, and other spellings of it."""
    yield border
    if border == "0":
        yield from {"PyPI": ("0", "0.dev0", "0.0.1a1"), "Maven": ("0", "0.0.1-alpha-1")}.get(ecosystem, ("0.0.0-0", "0.0.0"))
        return
    match = re.match(r"([vV]?)(\d+(?:\.\d+)*)(.*)", border, re.DOTALL)
    if not match:
        return
    numbers = match[2].split(".")
    bare = re.split(r"[-+]", border)[0]
    yield ".".join(numbers[:-1] + [str(int(numbers[-1]) + 1)])
    if int(numbers[-1]):
        yield ".".join(numbers[:-1] + [str(int(numbers[-1]) - 1)])
    if ecosystem == "PyPI":
        yield from (border + ".dev1", border + "rc1", border + ".post1", border + ".0", "v" + border, border + "+local.1")
    elif ecosystem == "Maven":
        yield from (bare + "-SNAPSHOT", bare + "-rc1", bare + ".Final", bare + "-jre", bare + ".0", border + ".1", bare + "-sp1")
    elif ecosystem == "Go" and numbers[0] == "1" and len(numbers) < 4:
        yield from (bare + "-rc.1", bare + "rc2", bare + "-0.20200101000000-0123456789ab", border + "+incompatible", "v" + border)
    else:
        yield from (bare + "-0", bare + "-rc.1", bare + "-alpha", border + "+build.5")


def pairs_of(ecosystem, entries):
    """Every version worth asking about one package."""
    asked = set()
    for _, entry in entries:
        for text in entry.get("versions", ()):
            asked.update(neighbours(ecosystem, text))
        for one in entry.get("ranges", ()):
            if one["type"] != "GIT":
                for event in one["events"]:
                    for text in event.values():
                        asked.update(neighbours(ecosystem, text))
    if ecosystem == "GitHub Actions":
        # Tags of fewer than three numbers move: they have no version.
        asked = {one for one in asked if re.fullmatch(r"[vV]?\d+(\.\d+){2,}.*", one)}
    return sorted(one for one in asked if one and one == one.strip() and not re.search(r"[\t\n\r]", one))


def load(root, ecosystem):
    """The live records of an ecosystem: {package: [(id, affected)]}."""
    packages = {}
    with zipfile.ZipFile(Path(root) / ecosystem / "all.zip") as packed:
        for name in packed.namelist():
            record = json.loads(packed.read(name))
            if record.get("withdrawn"):
                continue
            for entry in record.get("affected", ()):
                package = entry.get("package") or {}
                if package.get("ecosystem") == ecosystem and package.get("name"):
                    packages.setdefault(filed(ecosystem, package["name"]), []).append((record["id"], entry))
    return packages


def main(root, target, most, *ecosystems):
    questions = []
    for ecosystem in ecosystems:
        if ecosystem == "PyPI" and not pep440:
            print("skipped: PyPI, for want of the Python library `packaging`")
            continue
        for name, entries in sorted(load(root, ecosystem).items()):
            questions += [(ecosystem, name, version, entries) for version in pairs_of(ecosystem, entries)]
    every = max(1, len(questions) // int(most))
    out = [answer(*one) for one in questions[::every]]
    Path(target).write_text("".join(sorted(out)), encoding="utf-8")
    print(f"{len(out)} of {len(questions)} pairs")


def answer(ecosystem, name, version, entries):
    hits, undecided = set(), set()
    for record, entry in entries:
        hit, unknown = affected(KEYS[ecosystem], version, entry)
        if hit:
            hits.add(record)
        elif unknown:
            undecided.add(record)
    return f"{ecosystem}\t{name}\t{version}\t{','.join(sorted(hits))}|{','.join(sorted(undecided - hits))}\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
