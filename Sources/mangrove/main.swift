// SPDX-License-Identifier: Apache-2.0

internal import CBuild
internal import Commands

EntryPoint.main(commit: unsafe String(cString: mg_build_commit()))
