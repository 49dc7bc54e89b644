#!/usr/bin/env bash
# The linear mode through a pseudo-terminal: plain lines only, numbers that mean one segment.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
head -c 8192 /dev/zero >/dev/shm/alpha
head -c 4096 /dev/zero >/dev/shm/beta
: >"/dev/shm/$(printf '\033[31mred')"

# talk TERM LINE...: types each line when the prompt is there. ^C and ^D stand for those keys, WAIT for
# a moment in which the command runs on, and !WORDS for a command of the shell. Prints what came.
talk() {
    python3 - "$SHMTOP" "$@" <<'P'
import os, pty, select, signal, subprocess, sys, time
shmtop, term, *lines = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ['TERM'] = term
    if 'DEAF' in os.environ: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.execv(shmtop, [shmtop, '--linear', *os.environ.get('ARGS', '').split()])
seen, asked = b'', 0
def take(done, seconds=20):
    global seen
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try: got = os.read(fd, 65536)
            except OSError: return False
            if not got: return False
            seen += got
    return done()
def asks(): return seen.count(b'shmtop> ') + seen.count(b'do it: ') > asked
for line in lines:
    if line.startswith('!'):
        subprocess.run(line[1:], shell=True, check=True)
        continue
    if line.startswith('='): # wait until this text is there; no prompt has to come
        take(lambda: line[1:].encode() in seen)
        continue
    if line == '^C':
        os.write(fd, b'\x03')
        continue
    if not take(asks): break
    asked = seen.count(b'shmtop> ') + seen.count(b'do it: ')
    os.write(fd, b'\x04' if line == '^D' else line.encode() + b'\n')
take(lambda: False)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(seen.replace(b'\r', b''))
print(f'\nstatus {status}')
P
}
has() { # has PATTERN NAME: in the last talk
    grep -qE -e "$1" "$out"
    local good=$?
    [ $good = 0 ]
    ok "$2"
    [ $good = 0 ] || sed 's/^/# /' "$out"
}
lacks() {
    ! grep -qE -e "$1" "$out"
    ok "$2"
}

talk dumb list help quit >"$out"
has '^1\. posix:/alpha, size 8.0K, holders 0, owner .*, ' "the list is numbered lines, largest first"
has '^2\. posix:/beta, size 4.0K' "one a line"
has 'posix:/\\x1b\[31mred' "names are escaped"
has '^filter \[FILTER\]: ' "help tells the words"
has '^rm SEG' "and the commands"
has '^status 0$' "quit ends with 0"
LC_ALL=C grep -qP '[^\n\x20-\x7e]' "$out"
[ $? = 1 ]
ok "there is nothing but plain text on a dumb terminal"
for term in xterm-256color linux vt100 no-such-terminal; do
    talk "$term" list quit >"$tmp/other"
    LC_ALL=C grep -qP '[^\n\x20-\x7e]' "$tmp/other"
    [ $? = 1 ] && grep -q '2\. posix:/beta' "$tmp/other"
    ok "nor on $term"
done
talk dumb '^D' >"$out"
has '^status 0$' "the end of input ends it"

talk dumb 'filter beta' list 'show 1' 'dump 1 --length 16' 'sort name' 'sort pink' 'filter size>' 'dump 7' 'bogus' 'show' "show 'x" quit >"$out"
has '^1 segment, 4.0K together, 2 hidden' "a filter tells what it hides"
has '^1\. posix:/beta' "and the list heeds it"
has '^  size  *4.0K' "show takes a number"
has '^00000010$' "dump with options too"
has 'Sorted by name' "sort"
has 'pink is no column' "a wrong column is said"
has 'The filter does not hold' "a wrong filter"
has 'No such line was told' "a number that was not told"
has 'bogus: there is no such command' "a wrong command"
has 'the SEG it needs is missing' "a missing word"
has 'A quote has no end' "an open quote"
has '^status 0$' "and all of that ends nothing"

talk dumb list '' '=Nothing changed' "!head -c 100 /dev/zero >/dev/shm/gamma; rm /dev/shm/beta" '' quit >"$out"
has 'Nothing changed' "an empty line tells that nothing changed"
has 'new: posix:/gamma, size 100' "or what is new"
has 'gone: posix:/beta' "and what is gone"

talk dumb list 'rm 1' 'no' quit >"$out"
has 'Nothing was done' "rm without yes does nothing"
[ -e /dev/shm/alpha ]
ok "the object is there"
talk dumb list 'rm 1' 'y' 'rm 1' 'YES' 'rm 1' '' 'kill 1' '' quit >"$out"
[ -e /dev/shm/alpha ]
ok "y, YES and an empty line are no yes"
talk dumb list '=3. ' "!mv /dev/shm/alpha /dev/shm/kept; head -c 8192 /dev/zero >/dev/shm/alpha" 'rm 1' 'yes' quit >"$out"
has 'posix:/alpha: is another segment by now; list again' "a number means the segment that was told"
[ -e /dev/shm/alpha ] && [ -e /dev/shm/kept ]
ok "another of its name is not removed"
talk dumb list 'rm 1 --now' 'yes' '' quit >"$out"
has 'gone: posix:/(alpha|kept)' "with yes it is removed"
is "$(find /dev/shm -name alpha -o -name kept | wc -l)" 1 "and no other"
ARGS=-R talk dumb list 'rm 1' quit >"$out"
has 'read-only' "read-only mode holds"
lacks 'Type yes' "and asks nothing"

talk dumb 'watch posix:/gamma --interval 0.05 --count 1' '=watch posix' "!sleep 0.3" '^C' list quit >"$out"
has '^status 0$' "Ctrl-C stops a command that runs on, not the prompt"
has '1\. posix:' "which works on"
talk dumb '=shmtop> ' '^C' list quit >"$out"
has '^status 0$' "at the prompt Ctrl-C does nothing"

mkdir -p "$tmp/config/shmtop"
printf 'filter = \033[31mx\n' >"$tmp/config/shmtop/config"
XDG_CONFIG_HOME=$tmp/config talk dumb quit >"$out"
has 'hidden by the filter \\x1b\[31mx' "a filter of the configuration is told escaped"

DEAF=1 talk dumb ledger list quit >"$out"
has '^status 0$' "a command ends even where SIGCHLD is left ignored"

run "$SHMTOP" --linear
is "$status" 0 "without a terminal it is the list"
grep -q '^ID ' "$out"
ok "as a table"
rm -f /dev/shm/*
tap_done
