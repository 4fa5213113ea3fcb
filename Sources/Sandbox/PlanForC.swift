// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
internal import Emulation
internal import Glibc
internal import SystemPackage

extension mg_plan {
    /// `plan` as C wants it; what it points to lives as long as `strings`.
    @unsafe init(_ plan: SandboxPlan, rules lines: [String], descriptors: StandardDescriptors, strings: CStrings) {
        unsafe self.init()
        unsafe new_users = plan.identity.usesNamespace ? 1 : 0
        unsafe new_mounts = plan.rootPath != nil || !plan.steps.isEmpty ? 1 : 0
        unsafe new_network = plan.isolatesNetwork ? 1 : 0
        unsafe root = UnsafePointer(plan.rootPath.map { unsafe strings.copy($0) } ?? nil)
        unsafe root_inode = plan.rootInode ?? 0
        switch plan.root {
        case .host, .tree: break
        case .throwaway: unsafe throwaway = 1
        case .layered(_, let changes):
            unsafe throwaway = 1
            unsafe self.changes = UnsafePointer(strings.copy(changes))
        }
        unsafe shifts = plan.isShifted ? 1 : 0
        unsafe own_devices = plan.makesDevices ? 1 : 0
        unsafe device_user = plan.identity.outside(user: 0)
        unsafe device_group = unsafe device_user
        unsafe nested = plan.allowsNestedProc ? 1 : 0
        if let inner = plan.identity.innerMaps, unsafe new_mounts == 1 {
            unsafe inner_users = UnsafePointer(strings.copy(inner.users))
            unsafe inner_groups = UnsafePointer(strings.copy(inner.groups))
        }
        unsafe rule_count = lines.count
        let rules = unsafe strings.room(for: mg_rule.self, count: lines.count)
        for (index, rule) in plan.rules.enumerated() {
            unsafe (rules + index).initialize(
                to: mg_rule(
                    line: strings.copy(lines[index]), listed: strings.copy(rule.listed),
                    file: strings.copy(rule.interpreter)))
        }
        unsafe self.rules = UnsafePointer(rules)
        let operations = unsafe strings.room(for: mg_operation.self, count: plan.steps.count)
        for (index, step) in plan.steps.enumerated() {
            unsafe (operations + index).initialize(to: mg_operation(step, strings: strings))
        }
        unsafe self.operations = UnsafePointer(operations)
        unsafe mounts = strings.room(for: CInt.self, count: plan.steps.count + lines.count + 2)
        unsafe operation_count = plan.steps.count
        unsafe hostname = UnsafePointer(plan.hostname.map { unsafe strings.copy($0) } ?? nil)
        unsafe personality = plan.personality
        unsafe can_set_groups = plan.identity.canSetGroups ? 1 : 0
        unsafe gains_nothing = plan.gainsNothing ? 1 : 0
        unsafe pretends_ownership = plan.identity.isSingle && plan.rootPath != nil ? 1 : 0
        unsafe umask = plan.umask
        unsafe user = plan.user.user
        unsafe group = plan.user.group
        let groups = unsafe strings.room(for: gid_t.self, count: plan.user.groups.count)
        for (index, group) in plan.user.groups.enumerated() { unsafe groups[index] = group }
        unsafe self.groups = UnsafePointer(groups)
        unsafe group_count = plan.user.groups.count
        unsafe workdir = UnsafePointer(plan.workingDirectory.map { unsafe strings.copy($0) } ?? nil)
        unsafe candidates = UnsafeRawPointer(strings.array(plan.candidates))
            .assumingMemoryBound(to: UnsafePointer<CChar>?.self)
        unsafe arguments = UnsafePointer(strings.array(plan.command))
        unsafe script = strings.array(["/bin/sh", ""] + plan.command.dropFirst())
        unsafe environment = UnsafePointer(strings.array(plan.environment))
        unsafe input = descriptors.input
        unsafe output = descriptors.output
        unsafe error = descriptors.error
        unsafe inherited = descriptors.inherited
        unsafe terminal = plan.usesTerminal ? 1 : 0
    }
}

extension mg_operation {
    @unsafe init(_ step: MountStep, strings: CStrings) {
        unsafe self.init()
        unsafe target = UnsafePointer(strings.copy(step.target))
        switch step {
        case .bind(let source, _, let readOnly, let optional):
            unsafe kind = mg_bind
            unsafe self.source = UnsafePointer(strings.copy(source))
            unsafe flags = UInt32(
                (readOnly ? mg_read_only : 0) | (optional ? mg_optional : 0) | mg_no_set_id | mg_no_devices
                    | mg_shifted)
        case .tmpfs(_, let mode):
            unsafe kind = mg_tmpfs
            unsafe self.mode = mode
        case .proc: unsafe kind = mg_proc
        case .sysfs(let target):
            unsafe kind = mg_bind
            unsafe source = UnsafePointer(strings.copy(target))
            unsafe flags = UInt32(mg_read_only | mg_optional | mg_no_set_id | mg_no_devices)
        case .controlGroup: unsafe kind = mg_cgroup
        case .device(let target):
            unsafe kind = mg_device
            unsafe source = UnsafePointer(strings.copy(target))
        case .hidden: unsafe kind = mg_hidden
        case .frozen: unsafe kind = mg_frozen
        case .devpts(_, let options):
            unsafe kind = mg_devpts
            unsafe data = UnsafePointer(strings.copy(options))
        case .messageQueues:
            unsafe kind = mg_mqueue
            unsafe flags = UInt32(mg_optional)
        case .binfmt: unsafe kind = mg_binfmt
        case .directory(_, let mode):
            unsafe kind = mg_directory
            unsafe self.mode = mode
        case .file(_, let contents):
            unsafe kind = mg_file
            unsafe self.mode = 0o644
            unsafe data = UnsafePointer(strings.copy(contents))
        case .overlay: unsafe kind = mg_overlay
        case .symbolicLink(_, let destination):
            unsafe kind = mg_symlink
            unsafe data = UnsafePointer(strings.copy(destination))
        }
    }
}
