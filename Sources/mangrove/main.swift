// SPDX-License-Identifier: Apache-2.0

internal import Commands

await EntryPoint.main()
