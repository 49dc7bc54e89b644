#!/usr/bin/env bash
# Real software, each alive, idle, stopped, in namespaces of its own, and killed: what lives is never
# left behind, what was killed is within one look.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
[ "$(id -u)" = 0 ] && [ "$(readlink /proc/self/ns/pid)" = "pid:[4026531836]" ] &&
    [ "$(readlink /proc/self/ns/user)" = "user:[4026531837]" ] || {
    echo "needs root of the initial pid and user namespaces"
    exit 77
}
export XDG_CONFIG_HOME=$tmp/config
chmod 1777 /dev/shm

# Waits until a file that software writes is there and not empty.
await() { # await FILE...
    local file tries
    for file in "$@"; do
        for ((tries = 0; tries < 600; tries++)); do
            [ -s "$file" ] && break
            kill -0 "$holder" 2>/dev/null || return 1
            sleep 0.1
        done
        [ -s "$file" ] || return 1
    done
}
# Starts software in the background; its pid is in $holder.
start() { # start COMMAND...
    "$@" >"$tmp/log" 2>&1 </dev/null &
    holder=$!
    holders+=("$holder")
    disown "$holder"
}
tree() { # tree PID: it and all its descendants
    local pid
    echo "$1"
    for pid in $(ps -o pid= --ppid "$1"); do tree "$pid"; done
}
end() { # end PID...: kills and waits until the kernel has let go of each
    kill -KILL "$@" 2>/dev/null
    for pid in "$@"; do tail --pid="$pid" -f /dev/null; done
}
place="" # part of the SEG of what is asked for
# SEG and verdict of what a command lists: `list` all, `leaks` the unused without an age floor.
verdicts() { # verdicts COMMAND... --json
    "$SHMTOP" "$@" 2>/dev/null | python3 -c "
import json, sys
for s in json.load(sys.stdin)['segments']:
    if '$place' in s['id']:
        print(s['id'], s['verdict']['state'])"
}
judge() { # judge NAME PATTERN COMMAND...: there is something, and every verdict matches
    local name=$1 want=$2
    shift 2
    verdicts "$@" --json >"$tmp/seen"
    [ -s "$tmp/seen" ] && ! awk '{print $2}' "$tmp/seen" | grep -qvE "^($want)$"
    local good=$?
    [ $good = 0 ]
    ok "$name"
    [ $good = 0 ] || sed 's/^/# /' "$tmp/seen"
}
lives() { judge "$1" 'in-use|idle|protected' list "${@:2}"; }
dead() { judge "$1" 'orphan|suspect' leaks --older-than 0s "${@:2}"; }
proven() { judge "$1" 'orphan' leaks --older-than 0s "${@:2}"; }
# alive and stopped, then killed; the process with all its descendants.
stages() { # stages NAME dead|proven WORD...
    local name=$1 after=$2 all
    shift 2
    lives "$name alive" "$@"
    all=$(tree "$holder")
    # shellcheck disable=SC2086
    kill -STOP $all 2>/dev/null
    lives "$name stopped" "$@"
    # shellcheck disable=SC2086
    end $all
    "$after" "$name killed" "$@"
}
own_pids=(unshare --pid --fork --mount-proc --kill-child)
# Any other namespace may have a low pid too, and then nobody knows whose it is.
far=4000000
[ "$(cat /proc/sys/kernel/pid_max)" -gt $((far + 1000)) ] || far=31000
far_pids=("${own_pids[@]}" sh -c "echo $far >/proc/sys/kernel/ns_last_pid"'; "$@"; :' sh)
own_all=(unshare --pid --fork --mount-proc --kill-child --ipc --mount sh -c
    'mount -t tmpfs tmpfs /dev/shm && exec "$@"' sh)
sweep() { find /dev/shm -mindepth 1 -delete; }

# --- Python's multiprocessing.shared_memory ---
cat >"$tmp/shm.py" <<'PY'
import signal, sys
from multiprocessing import shared_memory
s = shared_memory.SharedMemory(create=True, size=8192)
if sys.argv[2] == "idle":
    s.close()
print(s.name, file=open(sys.argv[1], "w"))
signal.pause()
PY
python_ready() { await "$tmp/name" && python_name=$(cat "$tmp/name") && rm "$tmp/name"; }
start python3 "$tmp/shm.py" "$tmp/name" open
python_ready
stages Python dead "name~$python_name"
sweep
start "${own_pids[@]}" python3 "$tmp/shm.py" "$tmp/name" open
python_ready
stages "Python in a pid namespace" dead "name~$python_name"
sweep
start "${own_all[@]}" python3 "$tmp/shm.py" "$tmp/name" open
python_ready
inner=$(tree "$holder" | sed -n 2p)
place=@$(readlink "/proc/$inner/ns/mnt" | tr -dc 0-9)
lives "Python in a /dev/shm of its own" --all-namespaces "name~$python_name"
# shellcheck disable=SC2046
kill -STOP $(tree "$holder")
lives "Python stopped in a /dev/shm of its own" --all-namespaces "name~$python_name"
place=
# shellcheck disable=SC2046
end $(tree "$holder")

# --- PostgreSQL ---
PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
as_pg() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$tmp/pg" "$@"; }
pg() { # pg WRAPPER...
    rm -f "$tmp/pg/data/postmaster.pid"
    start "$@" setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$tmp/pg" \
        postgres -D "$tmp/pg/data" -c listen_addresses= -c unix_socket_directories="$tmp/pg" \
        -c dynamic_shared_memory_type=posix
    grep -q -m 1 'ready to accept' <(exec timeout 60 tail -n +1 -f "$tmp/log")
}
if command -v postgres initdb >/dev/null; then
    mkdir "$tmp/pg" && chown 65534:65534 "$tmp/pg"
    as_pg initdb -D "$tmp/pg/data" -A trust -N >"$tmp/initdb" 2>&1
    pg && ok "PostgreSQL is up"
    stages PostgreSQL dead user:nobody
    sweep
    ids=$("$SHMTOP" list --no-headings -o id kind:sysv user:nobody | tr -d ' ')
    # shellcheck disable=SC2086
    exits 0 "what PostgreSQL left can be removed" "$SHMTOP" rm $ids
    pg "${own_pids[@]}" && ok "PostgreSQL is up in a pid namespace"
    stages "PostgreSQL in a pid namespace" dead user:nobody
    sweep
    "$SHMTOP" rm $("$SHMTOP" list --no-headings -o id kind:sysv user:nobody) >/dev/null
else
    skip "PostgreSQL" "postgresql is not installed"
fi

# --- an X11 client with MIT-SHM ---
cat >"$tmp/x11.py" <<'PY'
import ctypes, signal, sys
libc, X, E = ctypes.CDLL(None), ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXext.so.6")
class Info(ctypes.Structure):
    _fields_ = [("seg", ctypes.c_ulong), ("shmid", ctypes.c_int), ("addr", ctypes.c_void_p),
                ("read_only", ctypes.c_int)]
X.XOpenDisplay.restype = libc.shmat.restype = ctypes.c_void_p
display = ctypes.c_void_p(X.XOpenDisplay(sys.argv[1].encode()))
shmid = libc.shmget(0, ctypes.c_size_t(65536), 0o1600)
info = Info(0, shmid, libc.shmat(shmid, None, 0), 0)
E.XShmAttach(display, ctypes.byref(info))
X.XSync(display, 0)
if sys.argv[3] == "idle":
    E.XShmDetach(display, ctypes.byref(info))
    X.XSync(display, 0)
    libc.shmdt(ctypes.c_void_p(info.addr))
print(shmid, file=open(sys.argv[2], "w"))
signal.pause()
PY
client() { # client open|idle: its segment is in $shmid
    start python3 "$tmp/x11.py" ":$(cat "$tmp/display")" "$tmp/shmid" "$1"
    await "$tmp/shmid" && shmid=$(cat "$tmp/shmid") && rm "$tmp/shmid"
}
gone_from() { # gone_from PID: waits until nobody is attached to $shmid any more
    for ((tries = 0; tries < 600; tries++)); do
        [ "$(awk -v id="$shmid" '$2 == id {print $7}' /proc/sysvipc/shm)" = 0 ] && return
        kill -0 "$1" || return
        sleep 0.1
    done
}
if command -v Xvfb >/dev/null && python3 -c 'import ctypes
ctypes.CDLL("libX11.so.6"); ctypes.CDLL("libXext.so.6")' 2>/dev/null; then
    start sh -c 'exec Xvfb -displayfd 3 -screen 0 64x64x24 -nolisten unix 3>"$1"' sh "$tmp/display"
    xvfb=$holder
    await "$tmp/display" && ok "an X server is up"
    client open
    place=sysv:$shmid
    lives "X11 client alive" kind:sysv
    kill -STOP "$holder" "$xvfb"
    lives "X11 client stopped" kind:sysv
    kill -CONT "$holder" "$xvfb"
    end "$holder"
    gone_from "$xvfb"
    proven "X11 client killed, its server lives" kind:sysv
    client idle
    place=sysv:$shmid
    judge "X11 client that has detached" idle list kind:sysv
    kill -STOP "$holder"
    judge "X11 client that has detached and is stopped" idle list kind:sysv
    end "$holder" "$xvfb"
    proven "X11 client and server killed" kind:sysv
    place=
else
    skip "X11 MIT-SHM" "Xvfb, libX11 or libXext is not installed"
fi

# --- Open MPI ---
cat >"$tmp/mpi.py" <<'PY'
import ctypes, os, signal, sys
lib = ctypes.CDLL("libmpi.so.40", ctypes.RTLD_GLOBAL)
lib.MPI_Init(None, None)
lib.MPI_Barrier(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.in_dll(lib, "ompi_mpi_comm_world"))))
print(os.getpid(), file=open("%s%s" % (sys.argv[1], os.environ["OMPI_COMM_WORLD_RANK"]), "w"))
signal.pause()
PY
mpi() { # mpi WRAPPER...
    rm -f "$tmp"/rank?
    start "$@" env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
        OMPI_MCA_plm=isolated OMPI_MCA_pml=ob1 OMPI_MCA_btl=^tcp TMPDIR="$tmp" \
        mpirun -n 2 --oversubscribe python3 "$tmp/mpi.py" "$tmp/rank"
    await "$tmp/rank0" "$tmp/rank1"
}
if command -v mpirun >/dev/null && python3 -c 'import ctypes; ctypes.CDLL("libmpi.so.40")' 2>/dev/null; then
    mpi && ok "Open MPI is up"
    stages "Open MPI" dead origin:open
    sweep
    mpi "${own_pids[@]}" && ok "Open MPI is up in a pid namespace"
    stages "Open MPI in a pid namespace" dead origin:open
    sweep
else
    skip "Open MPI" "openmpi-bin is not installed"
fi

# --- joblib's loky: the pid in the names of its semaphores ---
cat >"$tmp/loky.py" <<'PY'
import os, signal, sys
from joblib.externals.loky.backend.context import get_context
lock = get_context("loky").Lock()
print(os.getpid(), file=open(sys.argv[1], "w"))
signal.pause()
PY
loky() { # loky WRAPPER...
    start "$@" /usr/bin/python3 "$tmp/loky.py" "$tmp/name"
    await "$tmp/name" && rm "$tmp/name"
}
if /usr/bin/python3 -c 'import joblib.externals.loky' 2>/dev/null; then
    loky "${far_pids[@]}" && ok "loky is up in a pid namespace"
    stages "loky in a pid namespace" proven origin:loky
    sweep
else
    skip "loky" "python3-joblib is not installed"
fi
tap_done
