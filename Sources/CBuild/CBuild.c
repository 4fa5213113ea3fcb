// SPDX-License-Identifier: Apache-2.0
#include "CBuild.h"

// The manifest defines it as bare tokens (dd2c52f): quotes would have to survive several command lines.
#define TEXT(tokens) TEXT_OF(tokens)
#define TEXT_OF(tokens) #tokens

const char *mg_build_commit(void) {
#ifdef MANGROVE_COMMIT
    return TEXT(MANGROVE_COMMIT);
#else
    return "";
#endif
}
