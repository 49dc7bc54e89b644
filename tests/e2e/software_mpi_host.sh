#!/usr/bin/env bash
# Two ranks of Open MPI that talk through shared memory: what lives is never left behind nor
# removed, what was killed is.
# shellcheck source=tests/support/software.sh
. "$(dirname "$0")/../support/software.sh"
command -v mpirun >/dev/null && "$python" -c 'import ctypes; ctypes.CDLL("libmpi.so.40")' 2>/dev/null || {
    echo "openmpi-bin is not installed"
    exit 77
}

# Rank 0 hears the words and passes them on. Busy: rank 1 waits inside of a call; idle: both are
# between calls, and rank 1 sleeps until it is woken.
cat >"$tmp/mpi.py" <<'PY'
import ctypes, os, sys
lib = ctypes.CDLL("libmpi.so.40", ctypes.RTLD_GLOBAL)

def handle(name):
    return ctypes.c_void_p(ctypes.addressof(ctypes.c_char.in_dll(lib, name)))

world, byte = handle("ompi_mpi_comm_world"), handle("ompi_mpi_byte")
lib.MPI_Init(None, None)
rank = int(os.environ["OMPI_COMM_WORLD_RANK"])
wake = os.path.join(os.environ["HOME"], "wake")
MIB = 1 << 20

def exchange():  # a MiB each way, and a barrier
    mine = ctypes.create_string_buffer(bytes([65 + rank]) * MIB, MIB)
    theirs = ctypes.create_string_buffer(MIB)
    assert lib.MPI_Sendrecv(mine, MIB, byte, 1 - rank, 1, theirs, MIB, byte, 1 - rank, 1, world, None) == 0
    assert theirs.raw == bytes([66 - rank]) * MIB
    assert lib.MPI_Barrier(world) == 0

if rank == 0:
    sleeper = open(wake, "w")
    print("ready", flush=True)
    asleep = False
    for word in sys.stdin:
        if asleep:
            print("go on", file=sleeper, flush=True)
        asleep = word == "idle\n"
        lib.MPI_Send(ctypes.create_string_buffer(word.encode(), 16), 16, byte, 1, 0, world)
        exchange()
        print(word, end="", flush=True)
else:
    sleeper, heard = open(wake), ctypes.create_string_buffer(16)
    while lib.MPI_Recv(heard, 16, byte, 0, 0, world, None) == 0:
        exchange()
        if heard.value == b"idle\n":
            sleeper.readline()
PY
mpi() { # mpi NAME PLACE
    mkdir "$tmp/$1" && mkfifo "$tmp/$1/wake"
    launch "$1" "$2" env OMPI_MCA_plm=isolated OMPI_MCA_pml=ob1 OMPI_MCA_btl=^tcp \
        mpirun -n 2 --oversubscribe "$python" "$tmp/mpi.py"
    answers "$1" ready
}
dead=suspect
everywhere "Open MPI" mpi
tap_done
