// SPDX-License-Identifier: Apache-2.0

internal import Commands

EntryPoint.main()
