#!/usr/bin/env bash
# An X11 client with MIT-SHM, with its server beside it and without: what lives is never left behind
# nor removed, what was killed is.
# shellcheck source=tests/support/software.sh
. "$(dirname "$0")/../support/software.sh"
command -v Xvfb >/dev/null && "$python" -c 'import ctypes
ctypes.CDLL("libX11.so.6"); ctypes.CDLL("libXext.so.6")' 2>/dev/null || {
    echo "Xvfb, libX11 or libXext is not installed"
    exit 77
}

# Starts a server, or goes to the one of the display it is told. Busy is attached, as the server is;
# idle is detached, and so is the server.
cat >"$tmp/x11.py" <<'PY'
import ctypes, os, signal, subprocess, sys
from ctypes import byref, c_char, c_char_p, c_int, c_uint, c_ulong, c_void_p
SIDE = 64
libc, X, E = ctypes.CDLL(None), ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXext.so.6")

class Info(ctypes.Structure):
    _fields_ = [("seg", c_ulong), ("shmid", c_int), ("addr", c_void_p), ("read_only", c_int)]

for f, result in ((X.XOpenDisplay, c_void_p), (X.XDefaultVisual, c_void_p), (X.XCreateGC, c_void_p),
                  (X.XRootWindow, c_ulong), (X.XCreatePixmap, c_ulong), (libc.shmat, c_void_p),
                  (E.XShmCreateImage, c_void_p)):
    f.restype = result

if len(sys.argv) > 1:
    number = sys.argv[1]
else:
    r, w = os.pipe()
    subprocess.Popen(["Xvfb", "-displayfd", str(w), "-screen", "0", "64x64x24", "-nolisten", "unix"],
                     pass_fds=[w], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    number = os.read(r, 16).decode().strip()
display = c_void_p(X.XOpenDisplay((":" + number).encode()))
visual, root = c_void_p(X.XDefaultVisual(display, 0)), c_ulong(X.XRootWindow(display, 0))
pixmap = c_ulong(X.XCreatePixmap(display, root, SIDE, SIDE, 24))
gc = c_void_p(X.XCreateGC(display, pixmap, c_ulong(0), None))
shmid = libc.shmget(0, ctypes.c_size_t(SIDE * SIDE * 4), 0o1600)
info = Info(0, shmid, None, 0)

def attach():
    info.addr = libc.shmat(shmid, None, 0)
    assert E.XShmAttach(display, byref(info))
    X.XSync(display, 0)

def detach():
    E.XShmDetach(display, byref(info))
    X.XSync(display, 0)
    libc.shmdt(c_void_p(info.addr))
    info.addr = None

def there_and_back():  # a picture to the server, wiped here, fetched again
    image = c_void_p(E.XShmCreateImage(display, visual, c_uint(24), 2, c_void_p(info.addr),
                                       byref(info), SIDE, SIDE))
    pixels = (c_uint * (SIDE * SIDE)).from_address(info.addr)
    pixels[:] = [i * 7 % 0x1000000 for i in range(SIDE * SIDE)]
    E.XShmPutImage(display, pixmap, gc, image, 0, 0, 0, 0, SIDE, SIDE, 0)
    X.XSync(display, 0)
    pixels[:] = [0] * (SIDE * SIDE)
    assert E.XShmGetImage(display, pixmap, image, 0, 0, c_ulong(0xffffffff))
    assert all(pixels[i] & 0xffffff == i * 7 % 0x1000000 for i in range(SIDE * SIDE))
    X.XFree(image)

print(number, flush=True)
for word in sys.stdin:
    if word == "idle\n":
        detach()
    elif info.addr is None:
        attach()
    if word == "work\n":
        there_and_back()
    print(word, end="", flush=True)
PY
x11() { # x11 NAME PLACE [DISPLAY]: its display is in $display
    launch "$1" "$2" "$python" "$tmp/x11.py" "${@:3}"
    local answer
    hear "$1" && display=$answer
}
idle=idle
everywhere "X11 client with its server" x11

# --- the client alone is killed, and its server lives ---
let_go() { # let_go NAME: waits until the server has noticed that its client is gone
    local tries
    for ((tries = 0; tries < 3000; tries++)); do
        nsenter --target "${keeper[$1]}" --ipc awk -v uid="${uid[$1]}" \
            '$8 == uid && $7 != 0 { some = 1 } END { exit some }' /proc/sysvipc/shm && return
        sleep 0.02
    done
    return 1
}
for where in here container; do
    x11 client $where
    is_up "X11 client and its server, $where" || tap_done
    ask client busy
    kill -KILL "$(pgrep -U "${uid[client]}" -f "^$python")"
    let_go client
    ok "X11 client $where: killed, its server lives"
    left "X11 client $where, killed while its server lives" client orphan
    murder client $where
    leave client
done
launch server here Xvfb -displayfd 1 -screen 0 64x64x24 -nolisten unix
hear server
display=$answer
user=${uid[server]}
unset "uid[server]" # what its user has is the client's
x11 client pid "$display"
is_up "X11 client in a pid namespace, its server in another" || tap_done
life "X11 client in a pid namespace, its server in another" client
kill -KILL "$(pgrep -P "${leader[client]}")"
let_go client
ok "X11 client in a pid namespace: killed, its server lives"
left "X11 client in a pid namespace, killed while its server lives" client orphan
leave client
uid[server]=$user
murder server here
tap_done
