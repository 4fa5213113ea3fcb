// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

extension ProgramPairing {
    /// The eligible scripts of the interpreter with the path `interpreter`.
    mutating func pair(_ interpreter: String, _ scripts: Eligibility.Scripts) {
        let path = (try? root.tree.realPathInRoot(of: interpreter).string) ?? interpreter
        guard let file = root.file(at: path), file.isProgram(for: request.architecture),
            let native = native(of: file.path)
        else { return }
        let package = scripts.package.replacing("{program}", with: programName(file))
        guard request.architecture.elf.byteOrder == request.host.elf.byteOrder else {
            return plan.fall(package, file.path, "scripts may depend on the byte order")
        }
        if let fallback = disagreement(of: programName(file), scripts) { return plan.fallbacks.append(fallback) }
        if let reason = request.record.refusal(native.path) {
            return plan.fall(package, file.path, reason)
        }
        var exceptions = exceptions(of: native)
        exceptions.variables += scripts.variables ?? []
        exceptions.patterns = (scripts.refusing ?? [:]).keys.sorted()
        for name in scripts.start?.files ?? [] {
            guard let found = tools.file(at: "/\(MachineName.directory)/\(name)") else {
                return plan.fall(package, file.path, "the native one would report the host's architecture")
            }
            exceptions.changes[MachineName.place.appending(name)] = FileState(found.status)
        }
        if scripts.start?.files.isEmpty == false { exceptions.variables += MachineName.variables }
        let start = scripts.start?.arguments(for: request.architecture, on: request.host) ?? []
        let examined = scripts.start?.argumentsForOthers ?? []
        if let patterns = scripts.modules {
            let modules = CompiledModules(
                patterns, request, root: root.tree, tools: tools.tree, installed: installed, offered: offered)
            plan.fallbacks += modules.missing
            if let path = modules.unknown {
                return plan.fall(package, file.path, "the tools tree lacks the root's module \(path)")
            }
            guard modules.missing.isEmpty else { return }
            exceptions.changes.merge(modules.changes) { $1 }
        }
        let state = FileState(file.status, anyDevice: request.anyDevice)
        guard pair(scripts, of: interpreter, state) || !examined.isEmpty else { return }
        plan.entries.append(
            DispatchEntry(
                state,
                .program(
                    path: AccelerationPlan.place(ofTool: native.path),
                    native: FileState(native.status),
                    when: .givenScript(options: scripts.options, start: start, examined: examined), environment: []),
                except: exceptions))
    }

    /// Whether there are any.
    private mutating func pair(
        _ scripts: Eligibility.Scripts, of interpreter: String, _ state: FileState
    ) -> Bool {
        var isAny = false
        for (name, rule) in scripts.packages.sorted(by: { $0.key < $1.key }) where installed[name] != nil {
            for script in files(of: name, rule) where script.interpreter == interpreter {
                guard rule.programs?.contains(programName(script)) ?? true else { continue }
                if let reason = refusal(script, rule) {
                    plan.fall(name, script.path, reason)
                    continue
                }
                guard paired.insert(UInt64(script.status.inode)).inserted else { continue }
                isAny = true
                add(
                    DispatchEntry(
                        FileState(script.status, anyDevice: request.anyDevice), .script(interpreter: state)),
                    script.path)
            }
        }
        return isAny
    }

    private func disagreement(
        of program: String, _ scripts: Eligibility.Scripts
    ) -> AccelerationPlan.Fallback? {
        for name in (scripts.alike ?? []).map({ $0.replacing("{program}", with: program) }) {
            guard let own = installed[name] else { continue }
            guard let native = offered[name] else {
                return .init(package: name, reason: "not in the tools tree")
            }
            guard own.version == native.version else { return .init(own, native) }
        }
        return disagreement(scripts.package.replacing("{program}", with: program), Eligibility.Rule())
    }
}
