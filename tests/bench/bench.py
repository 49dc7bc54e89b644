#!/usr/bin/env python3
"""Measures shmtop beside its peers and prints one table of ratios and counts.

Run by tests/bench/run.sh inside private namespaces. Times are medians of interleaved runs, so that
a change of the machine's speed hits all of them alike; nothing is asserted.
"""
import os
import shutil
import subprocess
import sys
import time

BUILD = sys.argv[1]
SHMTOP = BUILD + "/shmtop"
TOOLS = BUILD + "/tests/support/tools/"
QUICK = bool(os.environ.get("QUICK"))
PROCS, MAPS = (200, 300) if QUICK else (2000, 300)
SYSV, POSIX = (3276, 12000) if QUICK else (32768, 120000)
rows = []


def row(what, ours, peer, measured, hold):
    rows.append((what, ours, peer, measured, hold))
    print(f"  {what}: {ours}, {peer}, {measured} (hold {hold})", file=sys.stderr, flush=True)


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


def interleaved(commands, runs=5):
    """Median wall and median CPU seconds of each command, run in turn."""
    times = [[] for _ in commands]
    for _ in range(runs + 1):  # the first round warms up
        for i, command in enumerate(commands):
            times[i].append(spent(command))
    return [tuple(sorted(x)[runs // 2] for x in zip(*t[1:])) for t in times]


def tui(seconds, keys, *rest, env=None):
    args = [TOOLS + "bench_tui", str(seconds), str(keys), *rest]
    out = subprocess.run(args, capture_output=True, text=True, env=env, check=False)
    if out.returncode != 0:
        print(out.stderr, file=sys.stderr)
        return {}
    return {k: float(v) for k, v in (line.split("=") for line in out.stdout.split())}


def ms(seconds):
    return f"{seconds * 1000:.0f} ms"


def both(t):
    return f"{ms(t[0])} (CPU {ms(t[1])})"


def both_ratios(a, b):
    return f"{ratio(a[0], b[0])} (CPU {ratio(a[1], b[1])})"


def ratio(a, b):
    return f"{a / b:.1f}x" if b else "-"


def peers():
    """lsof and fuser over the same 100 objects that `list` shows."""
    names = [f"/dev/shm/bench.{i}" for i in range(50)]
    commands = [[SHMTOP, "list", "--json"]]
    labels = []
    for label, command in (("lsof", ["lsof", "-n", "-P", *names]), ("fuser", ["fuser", *names])):
        if shutil.which(label):
            labels.append(label)
            commands.append(command)
        else:
            row(f"list --json against {label}", "-", "not installed", "-", ">= 8x")
    times = interleaved(commands)
    for label, t in zip(labels, times[1:]):
        row(f"list --json, all holders, against {label}", both(times[0]), both(t),
            both_ratios(t, times[0]), ">= 8x")
    for label, command, ours in (("ipcs -m", ["ipcs", "-m"], ["list", "kind:sysv"]),
                                 ("lsipc -m", ["lsipc", "-m"], ["list", "kind:sysv"])):
        if shutil.which(label.split()[0]):
            a, b = interleaved([[SHMTOP, *ours], command])
            row(f"list kind:sysv against {label} (no holders there)", both(a), both(b),
                both_ratios(b, a), "-")


def refresh():
    out = subprocess.run([TOOLS + "bench_refresh"], capture_output=True, text=True, check=False)
    values = dict(line.split("=") for line in out.stdout.split())
    if values:
        text = [float(values[k]) / 1000 for k in ("text_ms", "text_cpu_ms")]
        if "fast_ms" not in values:
            row("holder refresh", "no PROCMAP_QUERY here", ms(text[0]), "-", ">= 2.5x")
            return
        fast = [float(values[k]) / 1000 for k in ("fast_ms", "fast_cpu_ms")]
        row("holder refresh against reading every maps as text", both(fast), both(text),
            both_ratios(text, fast), ">= 2.5x")


def monitor_cpu():
    seconds = 5 if QUICK else 15
    ours = tui(seconds, 0, "?100 segs", "--", SHMTOP)
    for peer in ("htop", "btop"):
        if not shutil.which(peer):
            row(f"monitor CPU against {peer}", "-", "not installed", "-", "<= 1/20")
            continue
        args = [peer, "-d", "10"] if peer == "htop" else [peer]
        theirs = tui(seconds, 0, "--", *args)
        if ours and theirs:
            hold = "<= 1/20, <= 1.5 %" if peer == "htop" else "-"
            row(f"monitor CPU, {PROCS} idle processes, against {peer}",
                f"{ours['cpu_percent']:.2f} %", f"{theirs['cpu_percent']:.2f} %",
                f"1/{theirs['cpu_percent'] / max(ours['cpu_percent'], 0.01):.0f}", hold)
    if ours:
        row("bytes to the terminal per idle second", f"{ours['bytes_per_s']:.0f}", "-", "-", "<= 300")
    keys = tui(1, 300, "?100 segs", "--", SHMTOP)
    if keys:
        row(f"key to frame, {PROCS} processes, p99", f"{keys['key_p99_ms']:.1f} ms", "-",
            f"p50 {keys['key_p50_ms']:.1f} ms", "<= 16 ms")


def many_objects():
    base = tui(2, 0, "?0 segs", "--", SHMTOP).get("rss_kib", 0)
    with Load("objects", SYSV, POSIX):
        m = tui(6, 300, f"?{SYSV + POSIX} segs", "--", SHMTOP)
    if not m:
        return
    count = SYSV + POSIX
    what = f"{SYSV} System V + {POSIX} /dev/shm objects"
    row(what + ": first table", f"{m['ready_ms']:.0f} ms", "-", "-", "<= 1000 ms")
    row(what + ": key to frame, p99", f"{m['key_p99_ms']:.1f} ms", "-",
        f"p50 {m['key_p50_ms']:.1f} ms, max {m['key_max_ms']:.1f} ms", "<= 16 ms")
    row(what + ": memory an object", f"{(m['rss_kib'] - base) * 1024 / count:.0f} B", "-", "-",
        "<= 1024 B")
    row(what + ": CPU while idle", f"{m['cpu_percent']:.1f} %", "-", "-", "-")


def live_hex():
    reads = {}
    for size, label in ((1 << 20, "1 MiB"), (1 << 30, "1 GiB")):
        with open("/dev/shm/bench.hex", "wb") as f:
            f.truncate(size)
            f.write(b"x" * 4096)
        m = tui(4, 0, "?>P", "Enter", "?HEX", "--", SHMTOP)
        if m:
            reads[label] = m
    os.unlink("/dev/shm/bench.hex")
    if len(reads) == 2:
        a, b = reads["1 MiB"], reads["1 GiB"]
        row("live hex of 1 GiB against 1 MiB: bytes read a second", f"{b['read_per_s']:.0f}",
            f"{a['read_per_s']:.0f}", ratio(b["read_per_s"], a["read_per_s"]), "about 1x")
        row("live hex of 1 GiB against 1 MiB: CPU", f"{b['cpu_percent']:.2f} %",
            f"{a['cpu_percent']:.2f} %", ratio(b["cpu_percent"], a["cpu_percent"]), "about 1x")


def start_up():
    with Load("processes", 300, 30):
        runs = [tui(0, 0, "?100 segs", "--", SHMTOP) for _ in range(7)]
    first = sorted(r.get("first_frame_ms", 0) for r in runs)
    full = sorted(r.get("ready_ms", 0) for r in runs)
    row("start to first frame, 300 processes, 100 segments", f"{first[3]:.0f} ms", "-",
        f"with all segments {full[3]:.0f} ms", "<= 50 ms")


def table():
    head = ("WHAT", "SHMTOP", "PEER", "RATIO / MORE", "HOLD")
    widths = [max(len(r[i]) for r in (head, *rows)) for i in range(5)]
    for r in (head, *rows):
        print("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip())
    loads = " ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"load average at the end {loads}, {os.cpu_count()} processors")


def main():
    start_up()
    live_hex()
    with Load("processes", PROCS, MAPS):
        peers()
        refresh()
        monitor_cpu()
    many_objects()
    table()


main()
