# SPDX-License-Identifier: Apache-2.0
# What one line of the list of jobs asks for. The sections that name the compiler's own version are left out.
set -f
set -- $1
kind=$1 group=$2 program=$3 source=$4
shift 3
command -v "$program" > /dev/null || exit 0
name=$(echo "$kind$group$program$*" | tr -c 'A-Za-z0-9\n' _)
[ "$kind" = answer ] || shift
digest() { sha256sum < "$1" | cut -c 1-32; }
case $kind in
compile)
    "$program" "$@" -w -MD -MF "$name.d" -c "$source" -o "$name.o" 2> "$name.e"
    result=$?
    objcopy -R .comment "$name.o" 2> /dev/null
    sed -i "s/^[^:]*://" "$name.d" 2> /dev/null ;;
link)
    "$program" "$@" -w "$source" -lm -o "$name.o" 2> "$name.e"
    result=$?
    objcopy -R .comment -R .note.gnu.build-id "$name.o" 2> /dev/null ;;
headers)
    "$program" -E "$source" > "$name.o" 2> "$name.e"
    result=$? ;;
answer)
    "$program" "$@" > "$name.e" 2>&1
    result=$?
    # Names of temporary files.
    sed 's,/cc[A-Za-z0-9]\{6\},/cc,g' "$name.e" > "$name.o" ;;
macros)
    "$program" -dM -E -x "$source" /dev/null > "$name.o" 2> "$name.e"
    result=$? ;;
esac
touch "$name.o" "$name.d"
printf '%s %s %s %s %s\n' "$group" "$name" "$result" "$(digest "$name.o")" "$(digest "$name.d")"
