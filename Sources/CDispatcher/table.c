// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

MG_PART uint64_t mg_check(uint64_t check, const void *bytes, size_t length) {
    // FNV-1a: against damage, not against malice; who can write the image can write its code.
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++) check = (check ^ byte[i]) * 0x100000001b3;
    return check;
}

MG_PART uint32_t mg_bucket(uint64_t inode, uint32_t bits) {
    return bits == 0 ? 0 : (uint32_t)((inode * 0x9e3779b97f4a7c15) >> (64 - bits));
}

MG_INLINE const char *at(const struct mg_table *table, uint32_t offset) {
    return (const char *)table + offset;
}

/// The check of guards, with their paths; `*is_whole` is false where one is damaged.
MG_PART static uint64_t check_guards(
    const struct mg_table *table, uint64_t check, uint32_t offset, uint32_t count, bool *is_whole) {
    *is_whole = offset % 8 == 0 && offset <= table->size && count <= (table->size - offset) / sizeof(struct mg_guard);
    if (!*is_whole) return check;
    const struct mg_guard *guards = (const struct mg_guard *)at(table, offset);
    for (uint32_t i = 0; i < count; i++) {
        if (guards[i].path >= table->size) {
            *is_whole = false;
            return check;
        }
        check = mg_check(check, &guards[i], sizeof guards[i]);
        const char *path = at(table, guards[i].path);
        check = mg_check(check, path, (size_t)(mg_next(path) - path));
    }
    return check;
}

MG_INLINE uint64_t check_string(uint64_t check, const char *string) {
    return mg_check(check, string, (size_t)(mg_next(string) - string));
}

MG_INLINE uint64_t check_list(uint64_t check, const char *list) {
    const char *end = list;
    while (*end != 0) end = mg_next(end);
    return mg_check(check, list, (size_t)(end - list) + 1);
}

MG_PART bool mg_table_is_whole(const struct mg_table *table, uint64_t size) {
    if (size < sizeof *table || table->size != size) return false;
    if (table->magic != mg_table_magic || table->version != mg_table_version) return false;
    uint64_t check = mg_check(mg_check_start, table, offsetof(struct mg_table, check));
    // Lists that lost their ends to damage end here.
    if (table->unless >= table->size || table->environment >= table->size || table->log >= table->size ||
        table->descriptors >= table->size || table->emulated >= table->size || table->library_path >= table->size ||
        table->printf >= table->size || table->preloading >= table->size || *at(table, table->size - 1) != 0 || *at(table, table->size - 2) != 0) {
        return false;
    }
    check = check_list(check, at(table, table->unless));
    check = check_list(check, at(table, table->environment));
    check = check_string(check, at(table, table->log));
    check = check_string(check, at(table, table->descriptors));
    check = check_string(check, at(table, table->emulated));
    check = check_string(check, at(table, table->library_path));
    check = check_string(check, at(table, table->printf));
    check = check_list(check, at(table, table->preloading));
    bool is_whole;
    check = check_guards(table, check, table->guards, table->guard_count, &is_whole);
    return is_whole && check == table->check;
}

MG_PART bool mg_is(const struct mg_identity *identity, const struct stat *found) {
    return (identity->device == 0 || identity->device == found->st_dev) &&
           (identity->inode == mg_any_inode ||
            (identity->inode == found->st_ino && identity->size == (int64_t)found->st_size)) &&
           identity->modified == (int64_t)found->st_mtime * 1000000000 + (int64_t)found->st_mtime_nsec &&
           identity->changed == (int64_t)found->st_ctime * 1000000000 + (int64_t)found->st_ctime_nsec;
}

/// Whether an entry is as it was written, its strings too.
MG_PART static bool is_whole(const struct mg_table *table, const struct mg_entry *entry) {
    if (entry->path >= table->size || entry->names >= table->size || entry->environment >= table->size ||
        entry->refused >= table->size || entry->variables >= table->size || entry->start >= table->size ||
        entry->substitutes >= table->size || entry->libraries >= table->size || entry->texts >= table->size ||
        entry->script_options >= table->size || entry->conversions >= table->size || entry->examined >= table->size ||
        entry->together >= table->size || entry->apart >= table->size) {
        return false;
    }
    uint64_t check = mg_check(mg_check_start, entry, offsetof(struct mg_entry, check));
    check = check_string(check, at(table, entry->path));
    check = check_list(check, at(table, entry->names));
    check = check_list(check, at(table, entry->environment));
    check = check_list(check, at(table, entry->refused));
    check = check_list(check, at(table, entry->variables));
    check = check_list(check, at(table, entry->start));
    check = check_list(check, at(table, entry->substitutes));
    check = check_list(check, at(table, entry->libraries));
    check = check_list(check, at(table, entry->texts));
    check = check_list(check, at(table, entry->script_options));
    check = check_string(check, at(table, entry->conversions));
    check = check_list(check, at(table, entry->together));
    check = check_list(check, at(table, entry->apart));
    check = check_list(check, at(table, entry->examined));
    bool guards_are_whole;
    check = check_guards(table, check, entry->guards, entry->guard_count, &guards_are_whole);
    return guards_are_whole && check == entry->check;
}

MG_PART bool mg_guards_hold(const struct mg_table *table, uint32_t offset, uint32_t count) {
    const struct mg_guard *guards = (const struct mg_guard *)at(table, offset);
    for (uint32_t i = 0; i < count; i++) {
        struct stat found;
        bool exists = mg_stat(at(table, guards[i].path), &found) == 0;
        if (guards[i].file.inode == 0 ? exists : !exists || !mg_is(&guards[i].file, &found)) return false;
    }
    return true;
}

MG_PART const struct mg_entry *mg_find(
    const struct mg_table *table, const struct stat *found, enum mg_outcome *outcome) {
    const uint32_t *buckets = (const uint32_t *)at(table, table->buckets);
    const struct mg_entry *entries = (const struct mg_entry *)at(table, table->entries);
    uint32_t mask = (1u << table->bucket_bits) - 1;
    uint32_t bucket = mg_bucket(found->st_ino, table->bucket_bits);
    *outcome = mg_not_listed;
    for (uint32_t tried = 0; tried <= mask; tried++, bucket = (bucket + 1) & mask) {
        uint32_t number = buckets[bucket];
        if (number == 0) return NULL;
        if (number > table->count) break;
        const struct mg_entry *entry = &entries[number - 1];
        if (entry->root.inode != found->st_ino) continue;
        if (entry->root.device != 0 && entry->root.device != found->st_dev) continue;
        if (!is_whole(table, entry)) break;
        if (mg_is(&entry->root, found)) return entry;
        *outcome = mg_changed;
        return NULL;
    }
    *outcome = mg_damaged;
    return NULL;
}
