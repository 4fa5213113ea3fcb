// SPDX-License-Identifier: Apache-2.0
// ISA-L's decompressor through a pointer: its state is a structure larger than Swift can import.
#ifndef MG_CISAL_SHIM_H
#define MG_CISAL_SHIM_H

#include <isa-l/igzip_lib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum mg_gzip_result {
    mg_gzip_goes_on,        ///< give more input, or room for more output
    mg_gzip_member_ended,   ///< and its checksum and length were right
    mg_gzip_wrong_checksum,
    mg_gzip_invalid,
};

/// A state at the beginning of a gzip member; free(3) it. NULL without memory.
static inline void *mg_gzip_new(void) {
    struct inflate_state *state = malloc(sizeof *state);
    if (state) {
        isal_inflate_init(state);
        state->crc_flag = ISAL_GZIP;
    }
    return state;
}

/// Begins another member; input that was not consumed is still there.
static inline void mg_gzip_reset(void *opaque) {
    struct inflate_state *state = opaque;
    isal_inflate_reset(state);
    state->crc_flag = ISAL_GZIP;
}

/// Gives input, which must live until it is consumed.
static inline void mg_gzip_feed(void *opaque, const void *bytes, uint32_t count) {
    struct inflate_state *state = opaque;
    state->next_in = (uint8_t *)bytes;
    state->avail_in = count;
}

/// How much of the input is left, and its first byte; -1 where there is none.
static inline uint32_t mg_gzip_left(const void *opaque) {
    return ((const struct inflate_state *)opaque)->avail_in;
}

static inline int mg_gzip_next_byte(const void *opaque) {
    const struct inflate_state *state = opaque;
    return state->avail_in ? *state->next_in : -1;
}

/// Decompresses into `output` until it is full, the input is consumed, or the member ends. `*written` gets the count.
static inline enum mg_gzip_result mg_gzip_decode(void *opaque, void *output, uint32_t room, uint32_t *written) {
    struct inflate_state *state = opaque;
    state->next_out = output;
    state->avail_out = room;
    int result = isal_inflate(state);
    *written = room - state->avail_out;
    if (result == ISAL_INCORRECT_CHECKSUM) return mg_gzip_wrong_checksum;
    if (result != ISAL_DECOMP_OK && result != ISAL_END_INPUT) return mg_gzip_invalid;
    return state->block_state == ISAL_BLOCK_FINISH ? mg_gzip_member_ended : mg_gzip_goes_on;
}

#endif
