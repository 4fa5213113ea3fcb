// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#if MG_HAS_DISPATCH

MG_PART void mg_log(const struct mg_table *table, const struct mg_process *process, enum mg_outcome outcome) {
    const char *log = (const char *)table + table->log;
    if (*log == 0) return;
    long file = mg_open_log(log);
    if (file < 0) return;
    // "/proc/self/fd/N"
    char link[32];
    char *end = link;
    for (const char *from = (const char *)table + table->descriptors; *from != 0 && end < link + 20; from++) {
        *end++ = *from;
    }
    int divisor = 1;
    while (process->program / divisor >= 10) divisor *= 10;
    for (; divisor > 0; divisor /= 10) *end++ = (char)('0' + process->program / divisor % 10);
    *end = 0;
    // The name that was executed may be a link's, or relative; this one is the file's.
    char resolved[4096];
    const char *path = resolved;
    long length = mg_read_link(link, resolved, sizeof resolved);
    if (length < 0) {
        path = process->arguments[1];
        length = mg_next(path) - 1 - path;
        if (length > (long)sizeof resolved) length = sizeof resolved;
    }
    struct mg_record record;
    record.time = mg_time();
    record.process = mg_process_number();
    record.length = (uint16_t)length;
    record.outcome = (uint8_t)outcome;
    record.padding = 0;
    mg_append((int)file, &record, path);
    mg_close((int)file);
}

#endif
