#!/usr/bin/env bash
# stdout that is full, closed or gone, and standard descriptors that are not there.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
head -c 3000000 /dev/urandom >/dev/shm/big
"$SHMTOP" create --sysv --size 4096 --key 0x1 >/dev/null

for words in list 'list --json' 'show /big' 'show /big --json' 'dump /big' 'dump /big --raw' --help --version '' 'list --help'; do
    # shellcheck disable=SC2086
    "$SHMTOP" $words >/dev/full 2>"$err" </dev/null
    status=$?
    : >"$out"
    [ $status = 1 ] && is_error_line && grep -q 'standard output: .*(ENOSPC)' "$err"
    ok "a full stdout: ${words:-nothing}"
    # shellcheck disable=SC2086
    "$SHMTOP" $words >&- 2>"$err" </dev/null
    status=$?
    [ $status = 1 ] && is_error_line && grep -q 'standard output: .*(EBADF)' "$err"
    ok "a closed stdout: ${words:-nothing}"
    # A reader that is gone before the first byte: the program ends by SIGPIPE, quietly.
    # shellcheck disable=SC2086
    python3 - "$SHMTOP" $words >"$tmp/said" <<'PY'
import os, signal, subprocess, sys
r, w = os.pipe()
os.close(r)
for ignore in (False, True):
    handler = signal.SIG_IGN if ignore else signal.SIG_DFL
    p = subprocess.run(sys.argv[1:], stdout=w, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60,
                       preexec_fn=lambda: signal.signal(signal.SIGPIPE, handler), restore_signals=False)
    if p.returncode != (1 if ignore else -signal.SIGPIPE) or p.stderr:
        print(ignore, p.returncode, p.stderr)
PY
    is "$(cat "$tmp/said")" "" "a reader that went away: ${words:-nothing}"
done
"$SHMTOP" list nosuch 2>&- >"$out"
is "$? $(wc -l <"$out")" "0 1" "a closed stderr does not matter"
before=$(sha1sum /dev/shm/big)
"$SHMTOP" show /nosuch 2>&- >&- <&-
is $? 3 "nor do all three closed"
"$SHMTOP" dump /big >&- 2>&- <&-
"$SHMTOP" list --json >&- 2>&- <&-
is "$(sha1sum /dev/shm/big)" "$before" "no message is written into a segment"
for i in 1 2 3; do : >"/dev/shm/rm$i"; done
"$SHMTOP" rm /rm1 /rm2 /rm3 >/dev/full 2>"$err"
is "$? $(ls /dev/shm | grep -c rm)" "1 0" "a full stdout does not stop rm half way"
for i in 1 2 3; do : >"/dev/shm/rm$i"; done
"$SHMTOP" rm /rm1 /rm2 /rm3 2>"$err" | true
is "$(ls /dev/shm | grep -c rm)" 0 "nor does a reader that went away"
tap_done
