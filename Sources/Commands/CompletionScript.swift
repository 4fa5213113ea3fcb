// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// What shells execute to complete the command line of mangrove.
enum CompletionScript {
    /// The parser's script for bash, made to work for names with colons (debian:13), and for names of files and
    /// directories that are meant as something else.
    static var bash: String {
        let script = Mangrove.completionScript(for: .bash)
        let registration = "complete -o filenames -F _mangrove mangrove"
        return script.replacing("__mangrove_add_completions -W", with: "__mangrove_add_words -W")
            .replacing(registration, with: colons + "complete -o filenames -F _mangrove_with_colons mangrove")
    }

    private static let colons = #"""
        # Words that are not names of files, even where such a file exists.
        __mangrove_add_words() {
            compopt +o filenames 2>/dev/null
            __mangrove_add_completions "${@}"
        }

        # A colon is part of a word here, while readline starts another one at it (COMP_WORDBREAKS).
        _mangrove_with_colons() {
            local line="${COMP_LINE:0:COMP_POINT}" rest word
            local -a words=()
            local -i index last=COMP_CWORD
            rest="${line}"
            for ((index = 0; index <= last; index++)); do
                word="${COMP_WORDS[index]}"
                # Of the last word, what is before the cursor.
                ((index < last)) || [[ "${word}" = : ]] || word="${2}"
                if ((index > 0)) && [[ "${rest}" != [[:space:]]* && ("${word}" = :* || "${words[-1]}" = *:) ]]; then
                    words[-1]+="${word}"
                else
                    words+=("${word}")
                fi
                rest="${rest#"${rest%%[![:space:]]*}"}"
                rest="${rest#"${word}"}"
            done
            local -a COMP_WORDS=("${words[@]}")
            local COMP_LINE="${line}"
            local -i COMP_POINT=${#line} COMP_CWORD=$((${#words[@]} - 1))
            local whole="${words[-1]}" before=''
            ((COMP_CWORD > 0)) && before="${words[COMP_CWORD - 1]}"
            _mangrove "${1}" "${whole}" "${before}"
            # readline replaces only what follows the last colon.
            if [[ "${COMP_WORDBREAKS}" = *:* && "${whole}" = *:* ]]; then
                COMPREPLY=("${COMPREPLY[@]#"${whole%"${whole##*:}"}"}")
            fi
        }


        """#
}
