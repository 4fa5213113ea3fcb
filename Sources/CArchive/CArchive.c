// SPDX-License-Identifier: Apache-2.0
#include "CArchive.h"
#include "CLoading.h"

MG_LOADING_NOTE(
    "[{\"feature\":\"archives\",\"description\":\"unpacking and packing\",\"priority\":\"required\","
    "\"soname\":[\"libarchive.so.13\"]}]");

static const char *const names[] = {"libarchive.so.13", NULL};
static struct mg_library archives = {names, NULL};

MG_FORWARD(
    &archives, int, archive_entry_acl_add_entry,
    (struct archive_entry *entry, int a, int b, int c, int d, const char *e), (entry, a, b, c, d, e))
MG_FORWARD(
    &archives, int, archive_entry_acl_next,
    (struct archive_entry *entry, int a, int *b, int *c, int *d, int *e, const char **f), (entry, a, b, c, d, e, f))
MG_FORWARD(&archives, int, archive_entry_acl_reset, (struct archive_entry *entry, int a), (entry, a))
MG_FORWARD(&archives, int, archive_entry_acl_types, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, time_t, archive_entry_atime, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, int, archive_entry_atime_is_set, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, long, archive_entry_atime_nsec, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, void, archive_entry_copy_hardlink, (struct archive_entry *entry, const char *a), (entry, a))
MG_FORWARD(&archives, void, archive_entry_copy_pathname, (struct archive_entry *entry, const char *a), (entry, a))
MG_FORWARD(&archives, void, archive_entry_copy_stat, (struct archive_entry *entry, const struct stat *a), (entry, a))
MG_FORWARD(&archives, void, archive_entry_copy_symlink, (struct archive_entry *entry, const char *a), (entry, a))
MG_FORWARD(&archives, mode_t, archive_entry_filetype, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, void, archive_entry_free, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, la_int64_t, archive_entry_gid, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, const char *, archive_entry_hardlink, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, time_t, archive_entry_mtime, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, int, archive_entry_mtime_is_set, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, long, archive_entry_mtime_nsec, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, struct archive_entry *, archive_entry_new, (void), ())
MG_FORWARD(&archives, const char *, archive_entry_pathname, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, mode_t, archive_entry_perm, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, dev_t, archive_entry_rdev, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, void, archive_entry_set_filetype, (struct archive_entry *entry, unsigned int a), (entry, a))
MG_FORWARD(&archives, void, archive_entry_set_mtime, (struct archive_entry *entry, time_t a, long b), (entry, a, b))
MG_FORWARD(&archives, void, archive_entry_set_perm, (struct archive_entry *entry, mode_t a), (entry, a))
MG_FORWARD(&archives, void, archive_entry_set_rdevmajor, (struct archive_entry *entry, dev_t a), (entry, a))
MG_FORWARD(&archives, void, archive_entry_set_rdevminor, (struct archive_entry *entry, dev_t a), (entry, a))
MG_FORWARD(&archives, void, archive_entry_set_size, (struct archive_entry *entry, la_int64_t a), (entry, a))
MG_FORWARD(&archives, la_int64_t, archive_entry_size, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, int, archive_entry_size_is_set, (struct archive_entry *entry), (entry))
MG_FORWARD(
    &archives, void, archive_entry_sparse_add_entry,
    (struct archive_entry *entry, la_int64_t a, la_int64_t b), (entry, a, b))
MG_FORWARD(&archives, const char *, archive_entry_symlink, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, la_int64_t, archive_entry_uid, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, void, archive_entry_unset_atime, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, void, archive_entry_unset_ctime, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, void, archive_entry_unset_size, (struct archive_entry *entry), (entry))
MG_FORWARD(
    &archives, void, archive_entry_xattr_add_entry,
    (struct archive_entry *entry, const char *a, const void *b, size_t c), (entry, a, b, c))
MG_FORWARD(
    &archives, int, archive_entry_xattr_next,
    (struct archive_entry *entry, const char **a, const void **b, size_t *c), (entry, a, b, c))
MG_FORWARD(&archives, int, archive_entry_xattr_reset, (struct archive_entry *entry), (entry))
MG_FORWARD(&archives, int, archive_errno, (struct archive *archive), (archive))
MG_FORWARD(&archives, const char *, archive_error_string, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_format, (struct archive *archive), (archive))
MG_FORWARD(
    &archives, int, archive_read_data_block,
    (struct archive *archive, const void **a, size_t *b, la_int64_t *c), (archive, a, b, c))
MG_FORWARD(&archives, int, archive_read_free, (struct archive *archive), (archive))
MG_FORWARD(&archives, la_int64_t, archive_read_header_position, (struct archive *archive), (archive))
MG_FORWARD(&archives, struct archive *, archive_read_new, (void), ())
MG_FORWARD(
    &archives, int, archive_read_next_header,
    (struct archive *archive, struct archive_entry **entry), (archive, entry))
MG_FORWARD(
    &archives, int, archive_read_open,
    (struct archive *archive, void *a, archive_open_callback *b, archive_read_callback *c, archive_close_callback *d),
    (archive, a, b, c, d))
MG_FORWARD(&archives, int, archive_read_support_filter_bzip2, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_filter_gzip, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_filter_lz4, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_filter_xz, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_filter_zstd, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_format_ar, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_format_cpio, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_format_empty, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_format_raw, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_read_support_format_tar, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_write_add_filter_bzip2, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_write_add_filter_gzip, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_write_add_filter_lz4, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_write_add_filter_xz, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_write_add_filter_zstd, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_write_close, (struct archive *archive), (archive))
MG_FORWARD(
    &archives, la_ssize_t, archive_write_data,
    (struct archive *archive, const void *a, size_t b), (archive, a, b))
MG_FORWARD(&archives, int, archive_write_finish_entry, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_write_free, (struct archive *archive), (archive))
MG_FORWARD(
    &archives, int, archive_write_header,
    (struct archive *archive, struct archive_entry *entry), (archive, entry))
MG_FORWARD(&archives, struct archive *, archive_write_new, (void), ())
MG_FORWARD(&archives, int, archive_write_open_fd, (struct archive *archive, int a), (archive, a))
MG_FORWARD(
    &archives, int, archive_write_open_memory,
    (struct archive *archive, void *a, size_t b, size_t *c), (archive, a, b, c))
MG_FORWARD(&archives, int, archive_write_set_bytes_in_last_block, (struct archive *archive, int a), (archive, a))
MG_FORWARD(
    &archives, int, archive_write_set_filter_option,
    (struct archive *archive, const char *a, const char *b, const char *c), (archive, a, b, c))
MG_FORWARD(
    &archives, int, archive_write_set_format_option,
    (struct archive *archive, const char *a, const char *b, const char *c), (archive, a, b, c))
MG_FORWARD(&archives, int, archive_write_set_format_pax, (struct archive *archive), (archive))
MG_FORWARD(&archives, int, archive_write_set_format_raw, (struct archive *archive), (archive))
