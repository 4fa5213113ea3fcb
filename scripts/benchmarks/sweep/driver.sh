# SPDX-License-Identifier: Apache-2.0
# driver SECONDS: executes each file in uses/ in an empty directory, and writes what comes of it into results/.
mkdir place
for use in uses/*; do
    name=${use#uses/}
    cd place || exit
    timeout -k 5 "$1" sh "../$use" </dev/null >"../results/$name.out" 2>"../results/$name.err"
    echo $? >"../results/$name.status"
    cd .. || exit
    for left in place/* place/.[!.]*; do
        [ ! -e "$left" ] && [ ! -h "$left" ] || { rm -rf place; mkdir place; break; }
    done
done
