# shellcheck shell=bash
# software.sh - real software for tests: started in several places, spoken to, stopped, killed,
# judged, and reaped while it lives and after. Sourced in place of tap.sh.
#
# Places: `here` (beside the test), `pid` (a pid namespace of its own), `container` (entered, as by
# exec, into one that lives on), `careless` (one whose first process buries no dead), `rootless` (one
# in a user namespace of its user), and `pod` (one that dies as a whole, while somebody outside keeps
# its IPC namespace and its /dev/shm).
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need_private_ns
need_host
export XDG_CONFIG_HOME=$tmp/config
python=/usr/bin/python3 # one that every user may run

# Users of this test alone: by them a filter reaches nothing but what the test made, wherever on the
# machine. No account, container or service is given numbers so high.
while first=$((1900000000 + RANDOM * 32)) && pgrep -U "$(seq -s , $first $((first + 31)))" >/dev/null; do :; done
ours=("uid>=$first" "uid<$((first + 32))")
users=0
# By name: user, first process, who keeps the place, other processes of the user, FIFOs.
declare -A uid leader keeper spared to from

# Where something of other people waits in a quarantine, reap frees what is overdue there.
can_reap=1
if compgen -G '/proc/[0-9]*/root/dev/shm/.shmtop-*' >/dev/null; then
    can_reap=
    skip "removals" "there is a quarantine of somebody else on this machine"
fi

software_cleanup() {
    # shellcheck disable=SC2046
    kill -KILL $(pgrep -U "$(seq -s , $first $((first + 31)))") 2>/dev/null
    find /tmp -maxdepth 1 -name '.X*-lock' -uid "+$((first - 1))" -uid "-$((first + 32))" -delete
    tap_cleanup
}
trap software_cleanup EXIT

# ---- places

# Any other namespace may have a low pid too, and then nobody knows whose it is: pids are counted
# from a number that none has counted up to, and behind which nobody runs.
far=4000000
[ "$(cat /proc/sys/kernel/pid_max)" -gt $((far + 1000)) ] || far=31000
while ps -e -o pid= | awk -v far=$far '$1 >= far && $1 < far + 100 { some = 1 } END { exit !some }'; do
    far=$((far - 100))
done
far="echo $far >/proc/sys/kernel/ns_last_pid"
new_pids=(unshare --pid --fork --mount-proc --kill-child)
shell=(sh -c 'exec 3<&0; "$@" <&3 3<&- & wait' sh)
own_pids=("${new_pids[@]}" sh -c "$far; ${shell[2]}" sh)
# keep NAME SCRIPT COMMAND...: COMMAND makes namespaces, where SCRIPT keeps an IPC namespace and a
# /dev/shm; its pid is in ${keeper[NAME]}.
keep() {
    local name=$1 script=$2 line='' fd
    shift 2
    exec {fd}< <(exec "$@" sh -c "mount -t tmpfs -o mode=1777 tmpfs /dev/shm || exit
        $script" 2>"$tmp/keep")
    keeper[$name]=$!
    holders+=("$!")
    read -r line <&"$fd"
    exec {fd}<&-
    [ "$line" != 1 ] || keeper[$name]=$(pgrep -P "$!")
    [ -n "$line" ]
}
# place NAME PLACE: makes it for the program of that name; $wrapper leads there, as its user.
place() {
    local as_user=(setpriv --reuid="${uid[$1]}" --regid="${uid[$1]}" --clear-groups)
    local alone='exec sleep infinity' # as a first process it takes in nobody
    local adopts="sleep infinity & $far; echo \$\$; wait"
    keeper[$1]=$$
    case $2 in
    here) wrapper=() ;;
    pid) wrapper=("${own_pids[@]}") ;;
    pod)
        keep "$1" "echo \$\$; $alone" unshare --ipc --mount
        wrapper=(nsenter --target "${keeper[$1]}" --ipc --mount "${own_pids[@]}")
        ;;
    container | careless)
        [ "$2" = container ] || adopts="$far; echo \$\$; $alone"
        keep "$1" "$adopts" "${new_pids[@]}" --ipc --mount
        wrapper=(nsenter --target "${keeper[$1]}" --ipc --mount --pid)
        [ "$2" = container ] || wrapper+=("${shell[@]}")
        ;;
    rootless)
        keep "$1" "$adopts" "${as_user[@]}" "${new_pids[@]}" --ipc --mount --user \
            --map-current-user --keep-caps
        as_user+=(nsenter --target "${keeper[$1]}" --user --preserve-credentials --ipc --mount --pid)
        wrapper=()
        ;;
    esac || return
    wrapper+=("${as_user[@]}")
}
declare -A called=([container]="a container" [careless]="a container that buries no dead"
    [rootless]="a rootless container" [pod]="a pod" [pid]="a pid namespace")
places=(container careless rootless pod pid)
uid[try]=$((first + 31))
if place try rootless; then
    kill -KILL "${keeper[try]}"
else
    places=(container careless pod pid)
    skip "rootless containers" "an ordinary user can make no namespaces here"
fi
unset "uid[try]"

# ---- starting and speaking

# launch NAME PLACE COMMAND...: as a user of its own (or $user), spoken to by its stdin and stdout.
launch() {
    local name=$1 place=$2 dir=$tmp/$1 fd
    uid[$name]=${user:-$((first + users++))}
    place "$1" "$2" || return
    shift 2
    spared[$name]=$(pgrep -U "${uid[$name]}")
    mkdir -p "$dir" && mkfifo -m 0666 "$dir/in" "$dir/out"
    chown -R "${uid[$name]}:${uid[$name]}" "$dir"
    exec {fd}<>"$dir/in"
    to[$name]=$fd
    exec {fd}<>"$dir/out"
    from[$name]=$fd
    "${wrapper[@]}" env HOME="$dir" TMPDIR="$dir" "$@" <"$dir/in" >"$dir/out" 2>"$dir/log" &
    leader[$name]=$!
    [ "$place" != rootless ] || spared[$name]+=" $!" # nsenter, in the name of the user
    holders+=("$!")
    disown "$!"
}
hear() { # hear NAME: its next line is in $answer; not when it has died
    local tries
    answer=
    for ((tries = 0; tries < 120; tries++)); do
        read -r -t 1 answer <&"${from[$1]}" && return
        kill -0 "${leader[$1]}" 2>/dev/null || return 1
    done
    return 1
}
# What it answers in the end is the word itself, else something went wrong.
answers() { # answers NAME WORD
    local answer
    hear "$1" && [ "$answer" = "$2" ] && return
    echo "# $1 should say $2 and says: $answer"
    tail -n 5 "$tmp/$1/log" | sed 's/^/# /'
    return 1
}
ask() { # ask NAME WORD
    echo "$2" >&"${to[$1]}"
    answers "$1" "$2"
}

# ---- stopping and ending

# Its processes: all of its user but those that keep the place, or are of another program. Those
# that end are none: they have let go of everything.
pids() { # pids NAME
    local pid state
    ps -U "${uid[$1]}" -L -o pid=,stat= | while read -r pid state; do
        [[ " ${spared[$1]//$'\n'/ } " == *" $pid "* || $state == Z* ]] || echo "$pid $state"
    done
}
signal() { # signal NAME SIGNAL
    # shellcheck disable=SC2046
    kill -s "$2" $(pids "$1" | cut -d' ' -f1 | sort -u)
}
stop() { # stop NAME: and waits until every thread of it stands still
    local tries
    signal "$1" STOP
    for ((tries = 0; tries < 3000; tries++)); do
        pids "$1" | grep -qv ' T' || return 0
        sleep 0.02
    done
    return 1
}
# nsenter stops together with the one it has started.
go_on() {
    signal "$1" CONT
    kill -CONT "${leader[$1]}"
}
ended() { # ended NAME: waits until the kernel has let go of all of it
    local tries
    for ((tries = 0; tries < 3000; tries++)); do
        [ -n "$(pids "$1")" ] || return 0
        sleep 0.02
    done
    return 1
}
# SIGKILL: to every process of it at once (they stand still, so that none can clean up behind
# another), or to a pod's first one, with which the kernel ends the others.
murder() { # murder NAME PLACE
    stop "$1"
    case $2 in
    pod | pid) kill -KILL "$(pgrep -P "${leader[$1]}")" ;;
    careless) kill -KILL "$(pgrep -P "${leader[$1]}")" ;;& # the shell there would bury its child
    *)
        signal "$1" KILL
        kill -CONT "${leader[$1]}" 2>/dev/null
        ;;
    esac
    ended "$1"
}

# ---- what there is

# all_of NAME: a line for each segment with a name or an id that its user has where it lives, asked
# of nobody but the kernel.
all_of() {
    find "/proc/${keeper[$1]}/root/dev/shm" -mindepth 1 -uid "${uid[$1]}" -type f \
        -printf "$1 posix %P %i %s\n"
    nsenter --target "${keeper[$1]}" --ipc awk -v name="$1" -v uid="${uid[$1]}" \
        'NR > 1 && $8 == uid { print name, "sysv", $2, $1, $4, $5 }' /proc/sysvipc/shm
}
everything() { # of all that is started
    local name
    for name in "${!uid[@]}"; do all_of "$name"; done | sort
}
# leave NAME: it is over and of no more interest; its place goes.
leave() {
    local fd
    [ "${keeper[$1]}" = $$ ] || kill -KILL "${keeper[$1]}"
    for fd in "${to[$1]}" "${from[$1]}"; do exec {fd}>&-; done
    rm -r "${tmp:?}/$1"
    unset "uid[$1]"
}

# ---- judging

# verdicts NAME: SEG and verdict, without an age floor, of what the user has.
verdicts() {
    local filter="uid=${uid[$1]}" command
    for command in list 'leaks --older-than 0s'; do
        # shellcheck disable=SC2086
        "$SHMTOP" $command --all-namespaces --json "$filter" 2>/dev/null
    done | "$python" -c '
import json, sys
states, text = {}, sys.stdin.read()
while text:  # what leaks says of the unused comes last and counts
    look, end = json.JSONDecoder().raw_decode(text)
    text = text[end:].lstrip()
    states.update((s["id"], s["verdict"]["state"]) for s in look["segments"])
for segment in states.items():
    print(*segment)'
}
# judge TEXT NAME PATTERN: all that there is of it is listed, and every verdict matches.
judge() {
    verdicts "$2" >"$tmp/seen"
    local there listed
    there=$(all_of "$2" | wc -l) listed=$(grep -cE '^(posix|sysv):' "$tmp/seen")
    [ "$there" -gt 0 ] && [ "$listed" = "$there" ] && ! grep -qvE " ($3)$" "$tmp/seen"
    local good=$?
    [ $good = 0 ]
    ok "$1: $3"
    [ $good = 0 ] || { echo "# $listed of $there are listed"; sed 's/^/# /' "$tmp/seen"; }
}
reap() { run "$SHMTOP" reap --apply --older-than 0s --all-namespaces "$@" "${ours[@]}"; }
# kept TEXT [OPTION...]: reap with these options removes nothing of anybody's.
kept() {
    [ -n "$can_reap" ] || return 0
    local before good with="${*:2}"
    before=$(everything)
    reap "${@:2}"
    [ "$status" = 0 ] && silent && [ ! -s "$out" ] && [ "$(everything)" = "$before" ]
    good=$?
    [ $good = 0 ]
    ok "$1: reap${with:+ $with} takes nothing"
    [ $good = 0 ] || says
}
# safe TEXT NAME PATTERN [OPTION...]: alive it is judged so, and reap leaves it and all else alone.
safe() {
    judge "$1" "$2" "$3"
    kept "$1" "${@:4}"
}
# left TEXT NAME PATTERN [OPTION...]: what was killed is judged so in the first look, and reap with
# these options removes it and nothing else.
left() {
    local others good with="${*:4}"
    judge "$1" "$2" "$3"
    [ -n "$can_reap" ] || return 0
    [ "$3" != suspect ] || kept "$1"
    others=$(everything | grep -v "^$2 ")
    reap --now "${@:4}"
    [ "$status" = 0 ] && silent && [ "$(everything)" = "$others" ] && [ -s "$out" ]
    good=$?
    [ $good = 0 ]
    ok "$1: reap${with:+ $with} removes it and it only"
    [ $good = 0 ] || says
}
works() { # works TEXT NAME
    ask "$2" work
    ok "$1: works"
}

# ---- a life

# What a program's verdicts are while it is busy, while it is idle, and dead; and the options of reap
# that it is safe from while idle.
# shellcheck disable=SC2034 # two are asked for by the name of the state
busy=in-use idle=in-use dead=orphan idle_safe=--suspects

is_up() { # is_up TEXT: by the status of the command before
    local good=$?
    [ $good = 0 ]
    ok "$1: is up"
    return $good
}
life() { # life TEXT NAME: all its states, each stopped too
    local state
    for state in busy idle; do
        ask "$2" $state
        ok "$1: is $state"
        set -- "$1" "$2" "${!state}" --suspects
        [ $state = busy ] || set -- "$1" "$2" "$idle" $idle_safe
        safe "$1 $state" "${@:2}"
        stop "$2"
        safe "$1 $state and stopped" "${@:2}"
        go_on "$2"
        works "$1" "$2"
    done
}
death() { # death TEXT NAME PLACE
    murder "$2" "$3"
    ok "$1: killed"
    left "$1 killed" "$2" "$dead" --suspects
    leave "$2"
}
# everywhere TEXT STARTER: one of it lives beside the test while others live and die in all places,
# then it dies too. STARTER NAME PLACE launches one.
everywhere() {
    local where
    "$2" beside here
    is_up "$1" || return
    life "$1" beside
    for where in "${places[@]}"; do
        "$2" "$where" "$where"
        is_up "$1 in ${called[$where]}" || return
        life "$1 in ${called[$where]}" "$where"
        death "$1 in ${called[$where]}" "$where" "$where"
        works "$1 beside that" beside
    done
    death "$1" beside here
}
