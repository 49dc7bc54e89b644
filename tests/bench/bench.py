#!/usr/bin/env python3
"""Measures shmtop beside its peers and prints one table: what, got, hold, ok or MISS.

Run by tests/bench/run.sh inside private namespaces. Commands that are compared run in turn, and a
ratio is the median of the ratios of neighbours, so that a change of the machine's speed hits both;
its range stands beside it. CPU is what the kernel charged to the process.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

BUILD = sys.argv[1]
SHMTOP = BUILD + "/shmtop"
TOOLS = BUILD + "/tests/support/tools/"
QUICK = bool(os.environ.get("QUICK"))
PROCS, MAPS = (200, 300) if QUICK else (2000, 300)
SYSV, POSIX = (3276, 12000) if QUICK else (32768, 120000)
SPACES, SEGS = (10, 5) if QUICK else (50, 10)
RUNS = 3 if QUICK else 9
rows = []


def row(what, got, hold="-", good=None, detail=""):
    """One line of the table; good None: nothing is promised about it."""
    result = "-" if good is None else "ok" if good else "MISS"
    rows.append((what, got, hold, result, detail))
    print(f"  {what}: {got}  [{hold}] {result}  {detail}", file=sys.stderr, flush=True)


class Load:
    """A bench_load that lives as long as its `with` block."""

    def __init__(self, *args):
        self.args = [TOOLS + "bench_load", *map(str, args)]

    def __enter__(self):
        self.p = subprocess.Popen(["setsid", *self.args], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        if self.p.stdout.readline().strip() != b"ready":
            sys.exit("bench: the load did not start")
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        self.p.wait()


def spent(command):
    """Wall and CPU seconds of a command."""
    begin = time.monotonic()
    p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(p.pid, 0)
    p.returncode = 0
    return time.monotonic() - begin, used.ru_utime + used.ru_stime


def in_turn(commands):
    """(wall, CPU) seconds of each run of each command, run one after another."""
    times = [[] for _ in commands]
    for i in range(RUNS + 1):  # the first round warms up
        for t, command in zip(times, commands):
            used = spent(command)
            if i > 0:
                t.append(used)
    return times


def ms(runs, which=0):
    return f"{statistics.median(r[which] for r in runs) * 1000:.0f} ms"


def ratios(theirs, ours, which=0):
    return sorted(b[which] / max(a[which], 1e-6) for a, b in zip(ours, theirs))


def against(what, ours, theirs, label, least=None):
    wall, cpu = ratios(theirs, ours), ratios(theirs, ours, 1)
    got = statistics.median(wall)
    row(f"{what}, against {label}", f"{got:.1f}x ({wall[0]:.1f}-{wall[-1]:.1f})",
        f">= {least}x" if least else "-", got >= least if least else None,
        f"{ms(ours)} against {ms(theirs)}; CPU {ms(ours, 1)} against {ms(theirs, 1)}, "
        f"{statistics.median(cpu):.1f}x")


def absent(what, hold="-"):
    row(what, "not installed", hold)


def tui(seconds, keys, *rest):
    args = [TOOLS + "bench_tui", str(seconds), str(keys), *rest]
    out = subprocess.run(args, capture_output=True, text=True, check=False)
    if out.returncode != 0:
        print(out.stderr, file=sys.stderr)
        return {}
    return {k: float(v) for k, v in (line.split("=") for line in out.stdout.split())}


def one_shot():
    """The same 50 files of /dev/shm for all; shmtop tells of the 50 System V segments too."""
    names = [f"/dev/shm/bench.{i}" for i in range(50)]
    what = f"list --json with all holders, {PROCS} processes x {MAPS} mappings"
    ours = [SHMTOP, "list", "--json"]
    for label, theirs in (("lsof", ["lsof", "-n", "-P", *names]), ("fuser", ["fuser", *names])):
        if shutil.which(label):
            a, b = in_turn([ours, theirs])
            against(what, a, b, label, 8)
        else:
            absent(f"{what}, against {label}", ">= 8x")
    for label, theirs in (("ipcs -m", ["ipcs", "-m"]), ("lsipc -m", ["lsipc", "-m"])):
        if shutil.which(theirs[0]):
            a, b = in_turn([[SHMTOP, "list", "kind:sysv"], theirs])
            against("list kind:sysv", a, b, label + " (which looks for no holders)")


def refresh():
    what = "the monitor's holder refresh, against reading every maps as text"
    out = subprocess.run([TOOLS + "bench_refresh", str(RUNS)], capture_output=True, text=True,
                         check=False)
    values = {k: float(v) for k, v in (line.split("=") for line in out.stdout.split())}
    if "fast_ms" not in values:
        row(what, "no PROCMAP_QUERY here", ">= 2.5x")
        return
    got = values["text_ms"] / values["fast_ms"]
    row(what, f"{got:.1f}x", ">= 2.5x", got >= 2.5,
        f"{values['fast_ms']:.0f} ms against {values['text_ms']:.0f} ms; CPU "
        f"{values['fast_cpu_ms']:.0f} ms against {values['text_cpu_ms']:.0f} ms")
    row("of a command that sees MAP_PRIVATE holders: the kernel's walk over all file mappings",
        f"{values['walk_ms']:.0f} ms", "-", None, f"CPU {values['walk_cpu_ms']:.0f} ms; "
        f"{values['walk_found'] / values['text_found']:.0%} of what the text tells is found")


def monitor():
    """CPU of the monitor and of others that show processes, once each has settled."""
    seconds, settle = (5, "+3") if QUICK else (20, "+5")
    what = f"monitor CPU, {PROCS} idle processes, 1 s refresh"
    ours = tui(seconds, 0, "?100 segs", settle, "--", SHMTOP)
    if not ours:
        return
    cpu = max(ours["cpu_percent"], 0.01)
    row(what, f"{cpu:.2f} %", "<= 1.5 %", cpu <= 1.5)
    for label, least in (("htop", 20), ("btop", None)):
        hold = f"<= 1/{least}" if least else "-"
        if not shutil.which(label):
            absent(f"{what}, against {label}", hold)
            continue
        theirs = tui(seconds, 0, settle, "--", *(["htop", "-d", "10"] if least else [label]))
        if theirs:
            times = theirs["cpu_percent"] / cpu
            row(f"{what}, against {label}", f"1/{times:.0f}", hold,
                times >= least if least else None, f"{label} {theirs['cpu_percent']:.1f} %")
    row("bytes to the terminal per idle second", f"{ours['bytes_per_s']:.0f}", "<= 300",
        ours["bytes_per_s"] <= 300)


def key_to_frame(what, *steps):
    m = tui(2, 300, *steps, "--", SHMTOP)
    if m:
        row(f"key to frame, {what}, p99", f"{m['key_p99_ms']:.1f} ms", "<= 16 ms",
            m["key_p99_ms"] <= 16,
            f"p50 {m['key_p50_ms']:.1f} ms, worst {m['key_max_ms']:.1f} ms of 300 keys; "
            f"p99 without waiting for a processor {m['key_work_p99_ms']:.1f} ms")


def many_objects():
    count = SYSV + POSIX
    what = f"{SYSV} System V + {POSIX} /dev/shm objects"
    base = tui(2, 0, "?0 segs", "--", SHMTOP).get("rss_kib", 0)
    with Load("objects", SYSV, POSIX):
        runs = [tui(0, 0, f"?{count} segs", "--", SHMTOP) for _ in range(3)]
        m = tui(*((6, 0) if QUICK else (30, 0)), f"?{count} segs", "+10", "--", SHMTOP)
        key_to_frame(what, f"?{count} segs")
    if not m or not all(runs):
        return
    first = statistics.median(r["first_frame_ms"] for r in runs)
    ready = sorted(r["ready_ms"] for r in runs)
    row(f"{what}: first frame", f"{first:.0f} ms", "<= 1000 ms", first <= 1000)
    row(f"{what}: first frame with all of them", f"{ready[1]:.0f} ms", "<= 1000 ms",
        ready[1] <= 1000, f"{ready[0]:.0f} to {ready[2]:.0f} ms")
    each = (m["rss_kib"] - base) * 1024 / count
    row(f"{what}: memory an object", f"{each:.0f} B", "<= 1024 B", each <= 1024)
    row(f"{what}: CPU while idle", f"{m['cpu_percent']:.1f} %", detail="looks are spread so that "
        "they take a fiftieth of the time")


def bytes_speed():
    mib = 128 if QUICK else 512
    out = subprocess.run([TOOLS + "bench_bytes", str(mib)], stdout=subprocess.PIPE, check=False)
    if os.path.exists("/dev/shm/bench_bytes"):
        os.unlink("/dev/shm/bench_bytes")
    if out.returncode:
        return
    m = json.loads(out.stdout)
    for way in ("forwards", "backwards"):
        row(f"search of {mib} MiB, {way}", f"{m[way]:.1f} GiB/s", ">= 1 GiB/s",
            m[way] >= 1 or m[way] * 1.5 >= m["memmem"],
            f"memmem over the same bytes, mapped: {m['memmem']:.1f} GiB/s (CPU time)")


def live_hex():
    reads = []
    for size in (1 << 20, 1 << 30):
        with open("/dev/shm/bench.hex", "wb") as f:
            f.truncate(size)
            f.write(b"x" * 4096)
        reads.append(tui(10, 0, "?>P", "Enter", "?HEX", "+3", "--", SHMTOP))
    os.unlink("/dev/shm/bench.hex")
    if not all(reads):
        return
    small, large = reads
    got = large["read_per_s"] / max(small["read_per_s"], 1)
    row("live hex of 1 GiB against 1 MiB: bytes read a second", f"{got:.2f}x", "<= 1.5x",
        got <= 1.5, f"{large['read_per_s']:.0f} against {small['read_per_s']:.0f}; "
        f"CPU {large['cpu_percent']:.2f} % against {small['cpu_percent']:.2f} %")


def start_up():
    with Load("processes", 300, 30):
        runs = [tui(0, 0, "?100 segs", "--", SHMTOP) for _ in range(9)]
    if not all(runs):
        return
    first, full = (sorted(r[k] for r in runs) for k in ("first_frame_ms", "ready_ms"))
    row("start to first frame, 300 processes, 100 segments", f"{first[4]:.0f} ms", "<= 50 ms",
        first[4] <= 50, f"{first[0]:.0f} to {first[8]:.0f} ms; with all segments {full[4]:.0f} ms")


def namespaces():
    """Every segment of every namespace is found, in one command."""
    ours = [SHMTOP, "list", "--json", "--all-namespaces"]
    made = SPACES * 2 * SEGS
    with Load("namespaces", SPACES, SEGS):
        out = subprocess.run(ours, capture_output=True, check=False)
        found = len(json.loads(out.stdout)["segments"])
        each = f"lsns -n -t ipc -o PID | while read p; do nsenter -t $p -i ipcs -m; done"
        a, b = in_turn([ours, ["sh", "-c", each]])
    what = f"{SPACES} namespaces with {2 * SEGS} segments each"
    row(f"{what}: segments found", f"{found} of {made}", "all", found == made)
    against(f"{what}: list --all-namespaces", a, b, "lsns and ipcs -m in each (no /dev/shm there)")


def table():
    head = ("WHAT", "GOT", "HOLD", "", "MORE")
    widths = [max(len(r[i]) for r in (head, *rows)) for i in range(5)]
    for r in (head, *rows):
        print("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip())
    missed = sum(r[3] == "MISS" for r in rows)
    loads = " ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"{sum(r[3] == 'ok' for r in rows)} ok, {missed} missed; "
          f"load average at the end {loads}, {os.cpu_count()} processors")


def main():
    start_up()
    live_hex()
    bytes_speed()
    namespaces()
    with Load("processes", PROCS, MAPS):
        one_shot()
        refresh()
        monitor()
        key_to_frame(f"{PROCS} processes", "?100 segs")
        with Load("objects", 0, POSIX):
            key_to_frame(f"{PROCS} processes and {POSIX} objects", f"?{POSIX + 100} segs")
    many_objects()
    table()


main()
