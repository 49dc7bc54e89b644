#!/usr/bin/env bash
# Starts a small living workload in private namespaces and opens the monitor on it.
# usage: demo.sh BUILD [shmtop arguments]
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$1
shift
if [ -z "${SHMTOP_PRIVATE_NS:-}" ]; then
    user=()
    [ "$(id -u)" = 0 ] || user=(-Ur)
    exec unshare "${user[@]}" --ipc --mount --pid --fork --mount-proc \
        tests/support/in_ns.sh "$0" "$build" "$@"
fi
# The workload gets a process group of its own and ends with them all when its input closes.
coproc LOAD { exec setsid "$build/tests/support/tools/demo_workload"; }
read -r word <&"${LOAD[0]}"
[ "${word:-}" = ready ] || { echo "demo: the workload did not start" >&2; exit 1; }
"$build/shmtop" "$@"
