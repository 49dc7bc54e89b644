#!/usr/bin/env bash
# Python's multiprocessing.shared_memory, and the semaphores of joblib's loky with a pid in their
# names: what lives is never left behind nor removed, what was killed is.
# shellcheck source=tests/support/software.sh
. "$(dirname "$0")/../support/software.sh"

# --- shared_memory: idle is closed but not unlinked, and then nothing tells whose it is ---
cat >"$tmp/shm.py" <<'PY'
import os, sys
from multiprocessing import shared_memory
shm = shared_memory.SharedMemory(create=True, size=8192)
name, closed = shm.name, False
shm.buf[:6] = b"theirs"

def other_reads():  # another process, by the name
    if os.fork() == 0:
        there = shared_memory.SharedMemory(name)
        os._exit(bytes(there.buf[:6]) != b"theirs")
    assert os.wait()[1] == 0

print("ready", flush=True)
for word in sys.stdin:
    if word == "idle\n":
        shm.close()
        closed = True
    else:
        if closed:
            shm, closed = shared_memory.SharedMemory(name), False
        assert bytes(shm.buf[:6]) == b"theirs"
    if word == "work\n":
        other_reads()
    print(word, end="", flush=True)
PY
python_shm() { launch "$1" "$2" "$python" "$tmp/shm.py" && answers "$1" ready; }
idle=suspect idle_safe='' dead=suspect
everywhere Python python_shm

# --- loky: idle is closed but not unlinked ---
cat >"$tmp/loky.py" <<'PY'
import sys
from joblib.externals.loky.backend.context import get_context

def take(lock):
    assert lock.acquire(timeout=60)
    lock.release()

if __name__ == "__main__":
    context = get_context("loky")
    lock = context.Lock()
    inner = lock._semlock
    state, inner = (0, inner.kind, inner.maxvalue, inner.name), None
    print("ready", flush=True)
    for word in sys.stdin:
        if word == "idle\n":
            for name in "_semlock", "acquire", "release":
                delattr(lock, name)
        elif not hasattr(lock, "_semlock"):
            lock.__setstate__(state)
        if word == "work\n":  # another process opens it by its name
            take(lock)
            other = context.Process(target=take, args=(lock,))
            other.start()
            other.join()
            assert other.exitcode == 0
        print(word, end="", flush=True)
PY
loky() { launch "$1" "$2" "$python" "$tmp/loky.py" && answers "$1" ready; }
if "$python" -c 'import joblib.externals.loky' 2>/dev/null; then
    idle=idle idle_safe=--suspects dead=orphan
    everywhere loky loky
else
    skip "loky" "python3-joblib is not installed"
fi
tap_done
