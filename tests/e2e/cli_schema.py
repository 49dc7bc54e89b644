# cli_schema.py - checks JSON of shmtop against its promise; prints what is wrong, one a line.
# usage: cli_schema.py list|show|create|set|write|items|ledger < JSON
import json
import re
import sys

REASONS = {"denied", "gone", "unsupported", "malformed", "not-asked", "failed"}
KINDS = {"sysv", "posix", "memfd", "anon", "tmpfs", "hugetlb"}
FLAGS = {"dest", "locked", "unlinked", "huge", "sealed", "semaphore", "left-namespace"}
SEALS = {"seal", "shrink", "grow", "write", "future-write", "exec"}
bad = []


def wrong(where, what):
    bad.append("%s: %s" % (where, what))


def number(v):
    return type(v) is int and 0 <= v < 2**63


def text(v):
    return type(v) is str and not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", v)


def moment(v):
    return type(v) is str and bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", v))


def pid_state(v):
    return (type(v) is dict and list(v) == ["pid", "state"] and number(v["pid"])
            and v["state"] in {"running", "gone", "reused", "unknown"})


def words(allowed):
    return lambda v: type(v) is list and set(v) <= allowed


def texts(v):
    return type(v) is list and len(v) > 1 and all(text(t) for t in v)


def flag(v):
    return type(v) is bool


def hexa(v):
    return type(v) is str and bool(re.fullmatch("([0-9a-f]{2})*", v))


STATES = {"in-use", "idle", "protected", "young", "orphan", "suspect", "unknown"}


def origin(v):
    return list(v) == ["software", "because"] and text(v["software"]) and text(v["because"])


def verdict(v):
    return (list(v) == ["state", "evidence"] and v["state"] in STATES
            and all(list(e) == ["for", "fact", "source"] and e["for"] in STATES and text(e["fact"])
                    for e in v["evidence"]))


# name: (check, null may be without reason)
SEGMENT = {
    "id": (text, False), "kind": (lambda v: v in KINDS, False),
    "key": (lambda v: bool(re.fullmatch("0x[0-9a-f]{8}", v)), True), "name": (text, True),
    "name_bytes": (hexa, False), "size": (number, False), "resident": (number, False),
    "swapped": (number, True), "mode": (lambda v: bool(re.fullmatch("[0-7]{4}", v)), False),
    "uid": (number, False), "user": (text, True), "gid": (number, False),
    "creator_uid": (number, True), "creator": (pid_state, True), "last": (pid_state, True),
    "nattch": (number, True), "hidden_mappings": (number, True), "attach_time": (moment, True),
    "detach_time": (moment, True), "change_time": (moment, False), "birth_time": (moment, True),
    "flags": (words(FLAGS), False), "seals": (words(SEALS), True), "names": (texts, True),
    "semaphore": (number, False),
    "ipc_ns": (number, True), "mnt_ns": (number, True), "container": (text, True),
    "origin": (origin, True), "verdict": (verdict, False),
    "holders": (lambda v: type(v) is list, False),
    "why": (lambda v: type(v) is dict, False),
}
HOLDER = {
    "pid": (number, False), "start_ticks": (number, False), "comm": (text, False),
    "uid": (number, False), "user": (text, True), "mappings": (number, False),
    "fds": (number, False), "locks": (number, False),
    "access": (lambda v: v in {"r", "w", "rw"}, True), "private": (flag, False),
    "mapped_bytes": (number, False), "container": (text, True),
}
RANGE = {
    "start": (lambda v: bool(re.fullmatch("0x[0-9a-f]+", v)), False),
    "end": (lambda v: bool(re.fullmatch("0x[0-9a-f]+", v)), False),
    "offset": (number, False), "access": (lambda v: v in {"r", "w", "rw"}, True),
    "private": (flag, False),
}
LIMITS = {n: (number, n in {"shmmni", "shmmax", "shmall_pages", "devshm_size", "devshm_used"}) for n in (
    "shmmni shmmni_used shmmax shmall_pages shmall_pages_used devshm_size devshm_used "
    "meminfo_shmem").split()}
COVERAGE = {n: (number, False) for n in
            "processes scanned denied gone namespaces namespaces_denied".split()}
NOTE = {"probe": (text, False), "object": (text, True), "why": (lambda v: v in REASONS, False),
        "errno": (lambda v: bool(re.fullmatch("E[A-Z0-9]+", v)), True), "count": (number, False)}
READING = {"route": (text, False), "side_effects": (text, False)}
ITEM = {"id": (text, False), "action": (lambda v: v in {"quarantine", "remove", "signal"}, False),
        "because": (lambda v: type(v) is list and all(text(t) for t in v), False),
        "result": (lambda v: v in {"done", "refused", "failed"}, False), "error": (text, True),
        "item": (text, True)}


LEDGER_ROW = {
    "kind": (lambda v: v in {"tmpfs", "sysv", "memfd", "anon", "hugetlb"}, False),
    "bytes": (number, False), "where": (text, True),
    "dev": (lambda v: bool(re.fullmatch(r"\d+:\d+", v)), True), "ipc_ns": (number, True),
    "mnt_ns": (number, True), "swapped": (number, False), "size": (number, True),
    "promised": (number, False), "linked": (number, True), "unlinked_held": (number, True),
    "unexplained": (lambda v: type(v) is int, True), "in_shmem": (flag, False),
}


def check(where, o, schema, optional=()):
    if type(o) is not dict:
        return wrong(where, "is no object")
    reasons = o.get("why", {}) if "why" not in schema or schema["why"][0] is not NOTE["why"][0] else {}
    names = [n for n in schema if n not in optional]
    for n in names:
        if n not in o:
            wrong(where, "lacks " + n)
    for n, v in o.items():
        if n == "why" and type(v) is dict:
            continue
        if n not in schema:
            wrong(where, "has a strange " + n)
        elif v is None:
            if n not in reasons and not schema[n][1]:
                wrong(where, n + " is null without reason")
        else:
            try:
                fine = schema[n][0](v)
            except TypeError:
                fine = False
            if not fine:
                wrong(where, "%s is %r" % (n, v))
            if n in reasons:
                wrong(where, "%s has a value and a reason" % n)
    for n, r in reasons.items():
        if n not in o or r not in REASONS:
            wrong(where, "why tells %s: %r" % (n, r))


def segment(where, s, ranges):
    check(where, s, SEGMENT, ("name_bytes", "semaphore"))
    if ("semaphore" in s) != ("semaphore" in s["flags"]):
        wrong(where, "the value of a semaphore does not fit its flag")
    where += " " + str(s.get("id"))
    if (s["kind"] == "sysv") != (s["key"] is not None or "key" in s["why"]):
        wrong(where, "key does not fit the kind")
    if s["kind"] != "sysv" and any(s[n] is not None for n in ("nattch", "hidden_mappings", "last")):
        wrong(where, "has numbers of System V")
    if s["name"] is not None:
        raw = s.get("name_bytes")
        if raw is None and ("\\" in s["name"]):
            wrong(where, "an escaped name without name_bytes")
        if raw is not None and bytes.fromhex(raw) == s["name"].encode():
            wrong(where, "name_bytes that equal the name")
    if list(s)[-1] != "why":
        wrong(where, "why is not the last")
    for h in s["holders"]:
        schema = dict(HOLDER, ranges=(lambda v: type(v) is list, False)) if ranges else HOLDER
        check("%s holder %s" % (where, h.get("pid")), h, schema)
        for r in h.get("ranges", []):
            check(where + " range", r, RANGE)
        if ranges and len(h["ranges"]) != h["mappings"]:
            wrong(where, "ranges and mappings differ")
        if h["private"] and h["mappings"] == 0:
            wrong(where, "private without a mapping")


what = sys.argv[1]
raw = sys.stdin.buffer.read()
doc = json.loads(raw.decode("utf-8"))
envelope = ["schema", "version", "host", "time", "uid"]
members = {"list": ["limits", "coverage", "segments", "notes"], "show": ["segment", "reading"],
           "create": ["id"], "set": ["id"], "write": ["id", "offset", "length", "old"], "items": ["items"],
           "ledger": ["shmem", "explained", "unexplained", "rows", "causes", "coverage",
                      "notes"]}[what]
if list(doc) != envelope + members:
    wrong("envelope", "holds %s" % list(doc))
if doc["schema"] != 1 or not text(doc["version"]) or not text(doc["host"]):
    wrong("envelope", "bad values")
if not moment(doc["time"]) or not number(doc["uid"]):
    wrong("envelope", "bad time or uid")
if what == "list":
    check("limits", doc["limits"], LIMITS)
    check("coverage", doc["coverage"], COVERAGE)
    for s in doc["segments"]:
        segment("segment", s, False)
    for n in doc["notes"]:
        check("note", n, NOTE)
    ids = [s["id"] for s in doc["segments"]]
    if len(set(ids)) != len(ids):
        wrong("segments", "an id comes twice")
elif what == "show":
    segment("segment", doc["segment"], True)
    check("reading", doc["reading"], READING)
elif what == "ledger":
    for r in doc["rows"]:
        check("row", r, LEDGER_ROW)
        if (r["kind"] == "tmpfs") != (r["dev"] is not None and r["in_shmem"]):
            wrong("row", "dev does not fit the kind")
        if r["in_shmem"] != (r["kind"] != "hugetlb"):
            wrong("row", "in_shmem does not fit the kind")
    if sum(r["bytes"] for r in doc["rows"] if r["in_shmem"]) != doc["explained"]:
        wrong("explained", "is not the sum of the rows")
    if doc["shmem"] != doc["explained"] + doc["unexplained"]:
        wrong("unexplained", "is not what is missing")
    if not all(text(c) for c in doc["causes"]):
        wrong("causes", repr(doc["causes"]))
    check("coverage", doc["coverage"], COVERAGE)
    for n in doc["notes"]:
        check("note", n, NOTE)
elif what in {"create", "set"}:
    if not text(doc["id"]):
        wrong("id", repr(doc["id"]))
elif what == "write":
    if not (text(doc["id"]) and number(doc["offset"]) and number(doc["length"])
            and hexa(doc["old"])):
        wrong("write", repr(doc))
else:
    for i in doc["items"]:
        check("item", i, ITEM)
        if (i["result"] == "done") != (i["error"] is None):
            wrong("item", "error and result disagree")
for line in bad[:20]:
    print(line)
sys.exit(1 if bad else 0)
