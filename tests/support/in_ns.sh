#!/bin/sh
# Runs a command inside fresh namespaces: gives them a /dev/shm of their own first.
# The caller has made private IPC, mount and pid namespaces.
mount -t tmpfs -o size=256m,mode=1777 tmpfs /dev/shm || exit 77
export SHMTOP_PRIVATE_NS=1
"$@"
