#!/usr/bin/env bash
# What is installed: the files, the man page against --help, the completions against hostile names.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
: "${BUILD:?}"
top=$here/..
root=$tmp/root

make -C "$top" --no-print-directory BUILD="$BUILD" install DESTDIR="$root" PREFIX=/usr >"$out" 2>"$err"
ok "make install"
[ $tap_failed = 0 ] || says
is "$(cd "$root" && find . -type f | grep -v /examples/ | sort | tr '\n' ' ')" \
    "./usr/bin/shmtop ./usr/lib/systemd/system/shmtop-reap.service ./usr/lib/systemd/system/shmtop-reap.timer ./usr/share/bash-completion/completions/shmtop ./usr/share/doc/shmtop/README.md ./usr/share/fish/vendor_completions.d/shmtop.fish ./usr/share/man/man1/shmtop.1 ./usr/share/zsh/site-functions/_shmtop " \
    "installs these files and no other"
is "$(cd "$root" && find . -type f ! -perm 0644 | tr '\n' ' ')" "./usr/bin/shmtop " "of which one can be run"
is "$("$root/usr/bin/shmtop" --version)" "$("$SHMTOP" --version)" "and it is this one"
man=$root/usr/share/man/man1/shmtop.1

# Both directions: what --help says is in the man page, and the man page names nothing else.
python3 - "$SHMTOP" "$man" >"$tmp/tap" <<'P'
import re, subprocess, sys
shmtop, man = sys.argv[1], open(sys.argv[2]).read()
def run(*words): return subprocess.run([shmtop, *words], capture_output=True, text=True).stdout
def plain(text):
    text = re.sub(r'\\f.|\\&', '', text).replace('\\-', '-').replace('\\e', '\\')
    text = text.replace('\\(ti', '~').replace('\\(ha', '^')
    return re.sub(r'\s+', ' ', re.sub(r'(?m)^\.[A-Z]+ ?', '', text))
def section(name):
    return re.search(r'(?ms)^\.SH %s$(.*?)(?=^\.SH|\Z)' % name, man).group(1)
def terms(text): return [plain(t).strip() for t in re.findall(r'(?m)^\.TP\n(.*)$', text)]
text = plain(man)
number = 0
def check(name, missing):
    global number
    number += 1
    print(f"{'not ok' if missing else 'ok'} {number} - {name}")
    for m in missing: print('#', m)
    return not missing
general = run('--help')
commands = re.findall(r'(?m)^  ([a-z]+) +(.*)$', general.split('Commands:')[1].split('shmtop COMMAND')[0])
helps = {name: run(name, '--help') for name, _ in commands}
check('every command, with its help', [c for c, h in commands
      if not any(t.split(' ')[0] == c for t in terms(section('COMMANDS'))) or h[0].upper() + h[1:] not in text])
check('no command beside', [t for t in terms(section('COMMANDS')) if t.split(' ')[0] not in helps])
check('what --help of each command says', [c for c in helps
      if plain(helps[c].split('\n\n')[1]).strip() not in text])
options = {}
for shown in [general, *helps.values()]:
    for usage, h in re.findall(r'(?m)^  ((?:-.|    )(?:, --|--)?[a-z-]*(?: [A-Z0-9|,.:\[\]]+)?) +(\S.*)$', shown):
        if usage.strip().startswith('-'): options[usage.strip()] = h
named = terms(section('OPTIONS'))
check('every option, with its argument and its help', [o for o, h in options.items()
      if o not in named or h[0].upper() + h[1:] not in text])
check('no option beside', [t for t in named if t not in options])
check('more than 40 options', [] if len(options) > 40 else [len(options)])
columns = general.split('COLUMN is one of:')[1].split('Exit status')[0].split()
shown = terms(section('COLUMNS'))
check('every column', [c for c in columns if c not in shown])
check('those of the screen marked so', [c for c in shown if c not in columns and 'screen only' not in c])
filters = re.findall(r'([a-z]+)[:~><]', general.split('FILTER is words')[1].split('COLUMN is one')[0])
check('every filter word', [w for w in filters if not re.search(r'\b%s[:~>]' % w, plain(section('FILTERS')))])
check('every exit status', [e for e in re.split(r'[;.] ?', plain(general.split('Exit status:')[1]))
      if e.strip() and e.strip() not in plain(section('EXIT STATUS'))])
check('what a SEG and a FILTER is', [w for w in ('SEG', 'FILTER')
      if plain(re.search(r'(?ms)^%s .*?\.$' % w, general).group(0)).strip() not in text])
settings = 'delay sort columns theme color ascii mouse follow all-namespaces filter read-only older-than quarantine'
check('every setting of the README', [s for s in settings.split()
      if not any(t.startswith(s + ' =') for t in terms(section('CONFIGURATION')))])
P
while IFS= read -r line; do
    case $line in
    "ok "*) true; ok "the man page has ${line#* - }" ;;
    "not ok "*) false; ok "the man page has ${line#* - }" ;;
    *) echo "$line" ;;
    esac
done <"$tmp/tap"
[ -s "$tmp/tap" ]
ok "the man page was held against --help"
if command -v mandoc >/dev/null; then
    is "$(mandoc -Tlint -W warning "$man" | grep -v 'missing date')" "" "mandoc has nothing to say"
else
    skip "mandoc has nothing to say" "no mandoc here"
fi

# --- completions
bash_file=$root/usr/share/bash-completion/completions/shmtop
bash -n "$bash_file"
ok "the completion is bash"
complete_bash() { # complete_bash WORDS...: what can follow, one a line; the last word is being typed
    bash --norc -c '. "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        _shmtop; printf "%s\n" "${COMPREPLY[@]}"' _ "$bash_file" "$@"
}
PATH=$(dirname "$SHMTOP"):$PATH
is "$(complete_bash shmtop sh)" "show" "a command is completed"
is "$(complete_bash shmtop list --so)" "--sort" "an option"
is "$(complete_bash shmtop list --sort na | tr '\n' ' ')" "name nattch " "a column"
is "$(complete_bash shmtop list -o id,key,si)" 'id\,key\,size' "one of several columns"
is "$(complete_bash shmtop --theme li)" "light" "a theme"
is "$(complete_bash shmtop list ver)" "verdict:" "a filter word"
is "$(complete_bash shmtop dump --offset 5 --l)" "--length" "an option of that command alone"
cd "$tmp" || exit 1
: >'/dev/shm/plain'
# shellcheck disable=SC2016  # meant as they are
: >'/dev/shm/`touch pwned`'
: >'/dev/shm/$(touch pwned)'
: >'/dev/shm/a b;touch pwned'
complete_bash shmtop show po >"$tmp/segs"
is "$(wc -l <"$tmp/segs")" 4 "segments"
is "$(complete_bash shmtop show posix:/pl)" "/plain" "behind a colon only what follows it"
while IFS= read -r word; do
    eval "set -- $word"
    [ $# = 1 ] && "$SHMTOP" show "$1" >/dev/null
    ok "$word is one word that names a segment"
done <"$tmp/segs"
[ ! -e pwned ]
ok "no name was run"
if command -v zsh >/dev/null; then
    zsh -n "$root/usr/share/zsh/site-functions/_shmtop"
    ok "the completion is zsh"
else
    skip "the completion is zsh" "no zsh here"
fi
if command -v fish >/dev/null; then
    complete_fish() {
        fish --no-config -c "source $root/usr/share/fish/vendor_completions.d/shmtop.fish
            complete -C '$1'" | cut -f1
    }
    is "$(complete_fish 'shmtop sh')" "show" "fish completes a command"
    is "$(complete_fish 'shmtop list --no-')" "--no-headings" "an option"
    is "$(complete_fish 'shmtop show posix:/pl')" "posix:/plain" "a segment"
    is "$(complete_fish 'shmtop list --sort swa')" "swapped" "a column"
    [ ! -e pwned ]
    ok "and runs no name"
else
    skip "fish completes" "no fish here"
fi
rm -f /dev/shm/*

# --- the Debian package
cd "$top" || exit 1
is "$(sed -n '1s/^shmtop (\(.*\)) .*/\1/p' src/packaging/debian/changelog)" \
    "$(sed -n 's/^VERSION *:= *//p' Makefile)" "the Debian package has the version of the program"
is "$(sed -n "s/^build='\(.*\)'/\1/p" src/packaging/deps.sh | tr ' ' '\n' | grep -e '^lib' -e pkg-config | grep -v libc6-dev | sort | tr '\n' ' ')" \
    "$(sed -n '/^Build-Depends/,/^Standards/p' src/packaging/debian/control | grep -oE '[a-z0-9-]+' | grep -e '^lib.*-dev$' -e '^pkg-config$' | sort | tr '\n' ' ')" \
    "and needs what make deps installs"
tap_done
