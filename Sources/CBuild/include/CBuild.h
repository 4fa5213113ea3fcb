// SPDX-License-Identifier: Apache-2.0
#ifndef CBUILD_H
#define CBUILD_H

/// The abbreviated commit that the program was built from; empty where the build was not told.
const char *mg_build_commit(void);

#endif
