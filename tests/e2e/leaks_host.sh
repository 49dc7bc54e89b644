#!/usr/bin/env bash
# leaks in the initial pid namespace, where everybody is in sight: real software alive, idle,
# stopped, in another pid namespace, a zombie, and killed. What lives is never an orphan.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
need_host
export XDG_CONFIG_HOME=$tmp/config

judge() { # judge ID: the verdict without an age floor; "in-use" for what leaks does not list
    "$SHMTOP" leaks --all-namespaces --older-than 0s --json >"$tmp/leaks" && "$SHMTOP" show --json "$1" >"$tmp/show" &&
        python3 - "$1" "$tmp/leaks" "$tmp/show" <<'PY'
import json, sys
seg, leaks, show = sys.argv[1:]
found = [s["verdict"]["state"] for s in json.load(open(leaks))["segments"] if s["id"] == seg]
print(found[0] if found else json.load(open(show))["segment"]["verdict"]["state"])
PY
}
judged() { # judged ID WANTED NAME
    is "$(judge "$1")" "$2" "$3"
}
# Some process of another pid namespace may have the same pid: then nobody can be proven dead.
judged_dead() { # judged_dead ID PID NAME
    if grep -qsE "^NSpid:.*[[:space:]]$2([[:space:]]|\$)" /proc/[0-9]*/status; then
        skip "$3" "pid $2 lives in another namespace"
    else
        judged "$1" orphan "$3"
    fi
}
end() { # end PID...: kills and waits until the kernel has let go of each
    kill -KILL "$@" 2>/dev/null
    for pid in "$@"; do tail --pid="$pid" -f /dev/null; done
}

# --- Python's multiprocessing.shared_memory ---
hold "
from multiprocessing import shared_memory, resource_tracker
s = shared_memory.SharedMemory(create=True, size=8192)
open('$tmp/psm', 'w').write('%s %d' % (s.name, resource_tracker._resource_tracker._pid))"
python=$holder
read -r psm tracker <"$tmp/psm"
judged "posix:/$psm" in-use "Python alive"
kill -STOP "$python"
judged "posix:/$psm" in-use "Python stopped"
end "$tracker" "$python"
judged "posix:/$psm" suspect "Python killed: its name proves nothing"
is "$("$SHMTOP" list --no-headings -o verdict "/$psm")" young "and it is young by default"
is "$("$SHMTOP" list --no-headings -o origin "/$psm" | sed 's/ *$//')" "Python multiprocessing" "its origin"
rm -f "/dev/shm/$psm"

# --- a pid in the name ---
hold "
import os
f = open('/dev/shm/torch_%d_1' % os.getpid(), 'w'); f.write('x'); f.close()"
torch=posix:/torch_${holder}_1
judged "$torch" idle "the pid in its name lives"
kill -STOP "$holder"
judged "$torch" idle "and is stopped"
end "$holder"
judged_dead "$torch" "$holder" "and is killed"

hold "
import os, time
child = os.fork()
if child == 0:
    open('/dev/shm/torch_%d_2' % os.getpid(), 'w').write('x')
    os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
open('$tmp/zombie', 'w').write(str(child))"
judged "posix:/torch_$(cat "$tmp/zombie")_2" orphan "a zombie owns nothing"
release "$holder"

# A number that only the inner namespace knows.
inner=4100000
[ "$(cat /proc/sys/kernel/pid_max)" -gt $((inner + 10)) ] || inner=32000
while [ -e /proc/$((inner + 1)) ]; do inner=$((inner - 1)); done
cat >"$tmp/inner.sh" <<SH
echo $inner >/proc/sys/kernel/ns_last_pid || exit 1
python3 -c "
import os, signal
open('/dev/shm/torch_%d_3' % os.getpid(), 'w').write('x')
open('$tmp/inner', 'w').write(str(os.getpid()))
print('ready', flush=True)
signal.pause()"
exit 0
SH
exec {fd}< <(exec unshare --pid --fork --mount-proc sh "$tmp/inner.sh" 2>/dev/null)
outer=$!
holders+=("$outer")
if read -r line <&"$fd" && [ "$line" = ready ]; then
    pid=$(cat "$tmp/inner")
    judged "posix:/torch_${pid}_3" idle "a pid that only an inner namespace has lives"
    kill -KILL $(ps -o pid= --ppid "$outer") 2>/dev/null # init of that namespace
    tail --pid="$outer" -f /dev/null
    judged "posix:/torch_${pid}_3" orphan "and is gone with its namespace"
else
    skip "a pid that only an inner namespace has lives" "its pids cannot be chosen"
fi

# --- a lock that proves life ---
hold "
import fcntl
for name in ('', '_el'):
    f = open('/dev/shm/fastdds_0123456789abcdef' + name, 'w'); f.write('x')
fcntl.flock(f, fcntl.LOCK_SH)"
judged posix:/fastdds_0123456789abcdef in-use "the lock beside it is held"
end "$holder"
judged posix:/fastdds_0123456789abcdef orphan "the lock beside it is free"
judged posix:/fastdds_0123456789abcdef_el orphan "and so is the lock itself"

# --- somebody whom nobody sees: the kernel knows ---
hold "
import os, socket, array
fd = os.open('/dev/shm/torch_999999_4', os.O_RDWR | os.O_CREAT, 0o600)
a, b = socket.socketpair()
socket.send_fds(a, [b'x'], [fd])
os.close(fd)"
judged posix:/torch_999999_4 in-use "a descriptor on its way through a socket"
release "$holder"
judged posix:/torch_999999_4 orphan "and one when it is lost"
hold "
import os, socket, array
fd = os.open('/dev/shm/nobodys', os.O_RDWR | os.O_CREAT, 0o600)
a, b = socket.socketpair()
socket.send_fds(a, [b'x'], [fd])
os.close(fd)"
judged posix:/nobodys in-use "the same of what is not recognised"
release "$holder"
judged posix:/nobodys suspect "and nothing proves whose it was"

# The same in a /dev/shm of another mount namespace, which lives on.
hold "
import ctypes, os, signal, socket
libc = ctypes.CDLL(None)
assert libc.unshare(0x20000) == 0 and libc.mount(None, b'/', None, 0x44000, None) == 0
assert libc.mount(b'tmpfs', b'/dev/shm', b'tmpfs', 0, None) == 0
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for name in ('torch_999999_5', 'torch_999999_6', 'nobodys'):
    os.close(os.open('/dev/shm/' + name, os.O_RDWR | os.O_CREAT, 0o600))
done, told = os.pipe()
child = os.fork()
if child == 0:
    fds = [os.open('/dev/shm/' + name, os.O_RDONLY) for name in ('torch_999999_5', 'nobodys')]
    ends = socket.socketpair()
    socket.send_fds(ends[0], [b'x'], fds)
    for fd in fds: os.close(fd)
    os.write(told, b'x')
    signal.pause()
os.read(done, 1)
open('$tmp/sender', 'w').write(str(child))"
at=@$(readlink "/proc/$holder/ns/mnt" | tr -dc 0-9)
judged "posix:/torch_999999_5$at" in-use "a descriptor on its way, of another /dev/shm"
judged "posix:/torch_999999_6$at" orphan "beside it lies what nobody has open"
judged "posix:/nobodys$at" in-use "and what is not recognised is on its way too"
run "$SHMTOP" reap --apply --all-namespaces --older-than 0s --suspects 'name~^/(torch_999999_|nobodys)'
is "$status $(ls "/proc/$holder/root/dev/shm" | tr '\n' ' ')" "0 nobodys torch_999999_5 " "what is on its way is not reaped"
end "$(cat "$tmp/sender")"
judged "posix:/torch_999999_5$at" orphan "it is lost, there too"
judged "posix:/nobodys$at" suspect "and nothing proves whose the other was"
release "$holder"

# --- kept while a program runs that can reach it ---
mkdir -p "$XDG_CONFIG_HOME/shmtop" "$tmp/jail/dev/shm"
echo 'pool-{n} Pool; while shmtop-poold' >"$XDG_CONFIG_HOME/shmtop/origins"
poold() { # poold PYTHON: it runs in namespaces of its own making
    hold "
import ctypes, os, signal, sys
libc = ctypes.CDLL(None)
$1
libc.prctl(15, b'shmtop-poold')"
}
new_mounts='assert libc.unshare(0x20000) == 0'
own_shm="assert libc.mount(b'tmpfs', b'/dev/shm', b'tmpfs', 0, None) == 0"
jail="assert libc.mount(b'tmpfs', b'$tmp/jail/dev/shm', b'tmpfs', 0, None) == 0; os.chroot('$tmp/jail')"
: >/dev/shm/pool-1
judged posix:/pool-1 suspect "what a program keeps is left when it does not run"
poold ''
judged posix:/pool-1 protected "and protected when it does"
release "$holder"
poold "$new_mounts"
judged posix:/pool-1 protected "also from a mount namespace with the same /dev/shm"
release "$holder"
poold "$new_mounts; $own_shm"
judged posix:/pool-1 suspect "but not from one with another"
other=$holder
at=@$(readlink "/proc/$other/ns/mnt" | tr -dc 0-9)
: >"/proc/$other/root/dev/shm/pool-2"
judged "posix:/pool-2$at" protected "where it protects what lies there"
release "$other"
poold "$new_mounts; $jail"
judged posix:/pool-1 suspect "nor from a root with another"
release "$holder"
rm "$XDG_CONFIG_HOME/shmtop/origins" /dev/shm/pool-1

# --- System V ---
hold "
import ctypes
libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p
i = libc.shmget(0, ctypes.c_size_t(4096), 0o1600); libc.shmat(i, None, 0)
open('$tmp/sysv', 'w').write(str(i))"
sysv=sysv:$(cat "$tmp/sysv")
judged "$sysv" in-use "attached"
kill -STOP "$holder"
judged "$sysv" in-use "attached by one stopped"
end "$holder"
judged "$sysv" orphan "its creator is killed"

# --- PostgreSQL ---
pg_user() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$tmp/pg" "$@"; }
if command -v postgres initdb >/dev/null; then
    mkdir "$tmp/pg" && chown 65534:65534 "$tmp/pg"
    pg_user initdb -D "$tmp/pg/data" -A trust -N >"$tmp/initdb" 2>&1
    : >"$tmp/pg/log"
    pg_user postgres -D "$tmp/pg/data" -c listen_addresses= -c unix_socket_directories="$tmp/pg" \
        >"$tmp/pg/log" 2>&1 &
    pg=$!
    holders+=("$pg")
    disown "$pg"
    grep -q -m 1 'ready to accept' <(exec timeout 60 tail -n +1 -f "$tmp/pg/log")
    ok "PostgreSQL is up"
    pg_sysv=$("$SHMTOP" list --no-headings -o id origin:postgresql kind:sysv | tr -d ' ')
    is "$(wc -w <<<"$pg_sysv")" 1 "its segment is recognised"
    alive() { "$SHMTOP" leaks --older-than 0s --no-headings origin:postgresql | awk '{print $1}' | sort -u | tr '\n' ' '; }
    judged "$pg_sysv" in-use "PostgreSQL alive"
    case $(alive) in *orphan* | *suspect*) false ;; *) true ;; esac
    ok "nothing of PostgreSQL alive is left behind"
    all=$(ps -o pid= --ppid "$pg" | tr '\n' ' ')
    # shellcheck disable=SC2086
    kill -STOP $pg $all
    judged "$pg_sysv" in-use "PostgreSQL stopped"
    case $(alive) in *orphan* | *suspect*) false ;; *) true ;; esac
    ok "nothing of PostgreSQL stopped is left behind"
    # shellcheck disable=SC2086
    end $all $pg
    judged "$pg_sysv" orphan "PostgreSQL killed"
    case $(alive) in *in-use* | *idle* | *protected*) false ;; *) true ;; esac
    ok "nothing of PostgreSQL killed is kept"
else
    skip "PostgreSQL" "it is not installed"
fi
tap_done
