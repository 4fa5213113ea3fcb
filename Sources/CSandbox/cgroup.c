// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <sched.h>

#include "internal.h"

/// The cgroup that the parent has put this process into becomes the top one that it sees (cgroup_namespaces(7)): what is
/// above, where the limits are, has no name in here.
void mg_cgroup_enter(const struct mg_child *child) {
    // Not by clone3(2): that takes the cgroup of the caller. A kernel without them has no limits either.
    if (unshare(CLONE_NEWCGROUP) < 0 && child->plan->has_limits) mg_fail(child, mg_step_cgroup, -1);
}
