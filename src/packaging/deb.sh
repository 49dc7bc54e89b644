#!/bin/sh
# Builds the Debian package from a copy of the sources, whose top level has no debian directory.
# usage: deb.sh BUILD: the packages come to lie in BUILD/deb
set -eu
build=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
tree=$build/deb/shmtop
rm -rf "$build/deb"
mkdir -p "$tree"
(cd "$top" && tar -cf - Makefile README.md LICENSE src ui probes) | tar -xf - -C "$tree"
cp -R "$top/src/packaging/debian" "$tree/debian"
cd "$tree"
dpkg-buildpackage -us -uc -b
cd ..
rm -rf shmtop
if command -v lintian >/dev/null 2>&1; then lintian ./*.changes || true; fi
ls -l ./*.deb
