// SPDX-License-Identifier: Apache-2.0
// Looks for what a script does that another machine would do otherwise: numbers of the machine's own kind, objects that
// were compiled for the root.
#include "internal.h"

#if MG_HAS_DISPATCH

MG_PART static bool goes_on(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether `pattern` (CDispatcher.h, `texts`), but for a "<" at its beginning, stands at `text`.
MG_PART static bool goes_on_as(const char *pattern, const char *text) {
    for (; *pattern != 0; pattern++) {
        if (*pattern == ' ') {
            if (*text != ' ' && *text != '\t') return false;
            while (*text == ' ' || *text == '\t') text++;
        } else if (*pattern == '$') {
            // Any part of a word, for letters may be asked for behind it.
            while (goes_on(*text)) {
                if (goes_on_as(pattern + 1, ++text)) return true;
            }
            return false;
        } else if (*pattern != *text++) {
            return false;
        }
    }
    return true;
}

/// Whether `pattern` stands at `text`, which begins at `start`.
MG_PART static bool stands_at(const char *pattern, const char *text, const char *start) {
    if (*pattern != '<') return goes_on_as(pattern, text);
    return (text == start || !goes_on(text[-1])) && goes_on_as(pattern + 1, text);
}

/// Whether a conversion (printf(3)) with one of `letters` stands at `text`, which is a percent sign.
MG_PART static bool converts(const char *letters, const char *text) {
    text++;
    // Flags, width, precision.
    while ((*text >= '0' && *text <= '9') || *text == '-' || *text == '+' || *text == ' ' || *text == '#' ||
           *text == '.' || *text == '*' || *text == '\'') {
        text++;
    }
    // A length, which bash passes over.
    while (*text == 'h' || *text == 'j' || *text == 'l' || *text == 'L' || *text == 't' || *text == 'z') text++;
    while (*letters != 0 && *letters != *text) letters++;
    return *letters != 0;
}

/// What ends a word of the shell's.
MG_PART static bool ends_word(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' || c == ')' || c == 0;
}

/// What may stand behind a command's name: else it is another's ("printf.c").
MG_PART static bool may_follow_command(char c) {
    return ends_word(c) || c == '\\' || c == '"' || c == '\'' || c == '$' || c == '`' || c == '<' || c == '>' || c == '}';
}

/// Behind blanks, and lines that go on.
MG_PART static const char *behind_blanks(const char *text, const char *end) {
    while (text < end && (*text == ' ' || *text == '\t' || (*text == '\\' && text + 1 < end && text[1] == '\n'))) {
        text += *text == '\\' ? 2 : 1;
    }
    return text;
}

/// Whether what a printf, the end of which is `text`, prints is said elsewhere: its format has an expansion of the shell's in
/// it, or there is none. `outer`: the quote that the printf stands right behind.
MG_PART static bool prints_by_variable(const char *text, const char *end, char outer) {
    text = behind_blanks(text, end);
    // Its options: "-v NAME", "--".
    while (text < end && *text == '-') {
        bool has_name = text + 1 < end && text[1] == 'v';
        while (text < end && !ends_word(*text)) text++;
        text = behind_blanks(text, end);
        if (!has_name) continue;
        while (text < end && !ends_word(*text)) text++;
        text = behind_blanks(text, end);
    }
    char quote = 0;
    bool is_empty = true;
    for (; text < end; text++) {
        if (*text == '$' || (*text == '`' && outer != '`')) return true;
        if (quote == 0 && outer != 0 && *text == outer) {
            if (outer == '`' || ends_word(text + 1 < end ? text[1] : 0)) break;
            outer = 0;
            continue;
        }
        if (*text == '\\' && quote != '\'') {
            if (outer != '\'' || text + 1 == end || text[1] != '\'') text++;
        } else if (quote != 0 ? *text == quote : *text == '"' || *text == '\'') {
            quote = quote != 0 ? 0 : *text;
            continue;
        } else if (quote == 0 && ends_word(*text)) {
            break;
        }
        is_empty = false;
    }
    return is_empty;
}

/// Whether a word that ends at `text` with `quote` is the last that a printf prints, to another descriptor than those that a
/// command substitution reads: libtool reports so how it prints (`printf "%s\n" "printf" >&6`).
MG_PART static bool is_printed(const char *text, const char *end, char quote) {
    if (quote == 0 || quote == '`' || text >= end || *text != quote) return false;
    text = behind_blanks(text + 1, end);
    return end - text > 2 && text[0] == '>' && text[1] == '&' && text[2] >= '3' && text[2] <= '9';
}

/// Whether the ampersand at `place` belongs to a redirection (">&2", "2>&1", "&>file"), and no command ends.
MG_PART static bool redirects(const char *place, const char *text, const char *end) {
    return (place > text && (place[-1] == '<' || place[-1] == '>')) || (place + 1 < end && place[1] == '>');
}

/// Whether an expansion stands in the conversion at `text`, a percent sign: any letter may come of it.
MG_PART static bool is_completed(const char *text) {
    text++;
    while ((*text >= '0' && *text <= '9') || *text == '-' || *text == '+' || *text == ' ' || *text == '#' || *text == '.') {
        text++;
    }
    return *text == '$' || *text == '`';
}

MG_PART static bool has_text(
    const struct mg_table *table, const struct mg_entry *entry, const char *text, const char *end) {
    const char *texts = (const char *)table + entry->texts;
    const char *printf = (const char *)table + table->printf;
    const char *letters = (const char *)table + entry->conversions;
    bool by_line = (entry->flags & mg_scans_printf) != 0;
    bool prints = !by_line;
    // A format that is in a variable may be any that the script has.
    bool by_variable = false;
    bool has_conversion = false;
    char quote = 0;
    // The quote that the printf stands right behind: it is in a string, for somebody to evaluate ("echo='printf %s\\n'").
    char outer = 0;
    bool has_percent = false;
    // The characters that texts begin with: most places are passed over by one look.
    uint64_t first[4];
    for (int i = 0; i < 4; i++) ((volatile uint64_t *)first)[i] = 0;
    for (const char *one = texts; *one != 0; one = mg_next(one)) {
        unsigned char c = (unsigned char)(*one == '<' ? one[1] : *one);
        first[c >> 6] |= (uint64_t)1 << (c & 63);
    }
    if (*letters != 0) first[0] |= (uint64_t)1 << '%';
    if (by_line) {
        first[0] |= (uint64_t)1 << '\n' | (uint64_t)1 << ';' | (uint64_t)1 << '&' | (uint64_t)1 << '"' |
                    (uint64_t)1 << '\'';
        first[0] |= (uint64_t)1 << '(';
        first[1] |= (uint64_t)1 << ('p' & 63) | (uint64_t)1 << ('|' & 63) | (uint64_t)1 << ('\\' & 63) |
                    (uint64_t)1 << ('`' & 63);
    }
    for (const char *place = text; place < end; place++) {
        unsigned char c = (unsigned char)*place;
        if ((first[c >> 6] >> (c & 63) & 1) == 0) continue;
        if (c == '%' && converts(letters, place)) {
            if (prints) return true;
            has_conversion = true;
        }
        if (c == '%') {
            has_percent = true;
            // A part of a conversion comes from elsewhere.
            if (by_line && prints && is_completed(place)) return true;
        }
        if (by_line && prints) {
            // Up to the end of the command, or of the string that it is in. In double quotes a command may have others.
            if (outer == '"' && (c == '(' || c == '`')) outer = 0;
            if (quote == 0 && outer != 0 && c == outer) {
                if (outer == '`' || ends_word(place + 1 < end ? place[1] : 0)) {
                    prints = false;
                    // Its format comes from elsewhere.
                    by_variable = by_variable || (outer != '`' && !has_percent);
                }
                outer = 0;
            } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
                quote = quote != 0 ? 0 : (char)c;
            } else if (c == '\\' && quote != '\'') {
                if (place + 1 < end && (outer != '\'' || place[1] != '\'')) place++;
                continue;
            } else if (quote == 0 && (c == '\n' || c == ';' || c == '|' || (c == '&' && !redirects(place, text, end)))) {
                prints = false;
            }
        }
        if (by_line && c == 'p' && mg_begins(place, printf) && (place == text || !goes_on(place[-1]))) {
            const char *behind = place;
            for (const char *letter = printf; *letter != 0; letter++) behind++;
            // Else it is a part of another name.
            if (behind < end && !may_follow_command(*behind)) continue;
            char before = place > text && (place[-1] == '\'' || place[-1] == '"' || place[-1] == '`') ? place[-1] : 0;
            bool is_argument = prints && outer == 0 && quote == before && has_percent && is_printed(behind, end, before);
            by_variable = by_variable || (!is_argument && prints_by_variable(behind, end, before));
            if (prints) continue;
            prints = true;
            has_percent = false;
            quote = 0;
            outer = before;
        }
        for (const char *one = texts; *one != 0; one = mg_next(one)) {
            if (stands_at(one, place, text)) return true;
        }
    }
    return by_variable && has_conversion;
}

/// Whether the script at `path` has one in it, or cannot be read.
MG_PART static bool script_has_text(
    const struct mg_table *table, const struct mg_entry *entry, struct mg_arena *arena, const char *path) {
    bool exists;
    long length;
    char *contents = mg_contents(arena, path, &length, &exists);
    // One that is not there may be found elsewhere: by PATH (bash), by AWKPATH or with another name (gawk).
    if (contents == NULL) return true;
    return has_text(table, entry, contents, contents + length);
}

/// The option of `options` that `argument` is, or begins with where its own argument follows at once; NULL where it is
/// none. Those of more than one letter stand alone.
MG_PART static const char *option(const char *options, const char *argument) {
    for (; *options != 0; options = mg_next(options)) {
        const char *name = *options == '=' ? options + 1 : options;
        if (mg_equal(name, argument)) return options;
        if (name[0] == '-' && name[1] != '-' && name[2] == 0 && mg_begins(argument, name)) return options;
    }
    return NULL;
}

/// Whether the option of one letter `c`, among others behind one `sign`, has an argument of its own.
MG_PART static bool takes_argument(const char *options, char sign, char c) {
    for (; *options != 0; options = mg_next(options)) {
        if (options[0] == sign && options[1] == c && options[2] == 0) return true;
    }
    return false;
}

/// Whether options of one letter stand behind one sign, and one of them has a script: "-bf FILE".
MG_PART static bool names_script(const char *options, const char *argument) {
    if (argument[0] != '-' || argument[1] == '-') return false;
    for (const char *c = argument + 1; *c != 0; c++) {
        for (const char *one = options; *one != 0; one = mg_next(one)) {
            if (one[0] == '=' && one[1] == '-' && one[2] == *c && one[3] == 0) return true;
        }
        if (takes_argument(options, '-', *c)) return false;
    }
    return false;
}

MG_PART bool mg_has_refused_text(
    const struct mg_table *table, const struct mg_entry *entry, struct mg_arena *arena, char **own,
    char **environment) {
    if ((entry->flags & mg_scans) == 0) return false;
    if ((entry->flags & mg_scans_printf) != 0) {
        // A shell takes functions from there, prompts, and whatever a script evaluates.
        for (char **one = environment; *one != NULL; one++) {
            if (has_text(table, entry, *one, mg_next(*one) - 1)) return true;
        }
    }
    const char *options = (const char *)table + entry->script_options;
    bool has_script = false;
    for (char **argument = own + 1; *argument != NULL; argument++) {
        if (has_text(table, entry, *argument, mg_next(*argument) - 1)) return true;
    }
    for (char **argument = own + 1; *argument != NULL; argument++) {
        const char *found = option(options, *argument);
        if (found != NULL) {
            const char *name = *found == '=' ? found + 1 : found;
            bool is_whole = mg_equal(name, *argument);
            const char *value = is_whole ? argument[1] : *argument + 2;
            if (is_whole && value != NULL) argument++;
            if (*found != '=') continue;
            has_script = true;
            if (value == NULL) continue;
            // Standard input.
            if (value[0] == '-' && value[1] == 0) return true;
            if (script_has_text(table, entry, arena, value)) return true;
        } else if ((entry->flags & mg_script_by_option) != 0) {
            if (names_script(options, *argument)) return true;
        } else {
            if (**argument == '-' || **argument == '+') {
                // A shell's -c, alone or with others: the script is an argument. -s: it is standard input.
                bool takes = false;
                for (const char *c = *argument + 1; (*argument)[1] != '-' && *c != 0; c++) {
                    if (**argument == '-' && *c == 'c') return false;
                    takes = takes || takes_argument(options, **argument, *c);
                }
                if (takes && argument[1] != NULL) argument++;
                continue;
            }
            return script_has_text(table, entry, arena, *argument);
        }
    }
    if ((entry->flags & mg_script_by_option) != 0 || has_script) return false;
    // The script comes in on standard input, which can be read once only.
    return !mg_is_terminal(0);
}

#endif
