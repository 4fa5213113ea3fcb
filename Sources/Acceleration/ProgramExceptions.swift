// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import SystemPackage
internal import SystemPackage

extension ProgramPairing {
    /// Why the program is emulated in a root of the other byte order; nil in others, and where that makes no difference.
    func otherByteOrder(_ file: TreeFiles.File, _ rule: Eligibility.Rule) -> String? {
        guard request.architecture.elf.byteOrder != request.host.elf.byteOrder,
            rule.otherByteOrder?.contains(programName(file)) != true
        else { return nil }
        return "may behave differently with the other byte order"
    }

    /// With what the program `file` is emulated although `native` stands in for it.
    func exceptions(
        _ file: TreeFiles.File, _ rule: Eligibility.Rule, _ native: TreeFiles.File
    ) -> DispatchEntry.Exceptions {
        var exceptions = exceptions(of: native)
        let conditions = rule.when?[programName(file)]
        var refusing = packages.refusing ?? [:]
        refusing.merge(rule.refusing ?? [:]) { $1 }
        refusing.merge(conditions?.refusing ?? [:]) { $1 }
        if request.architecture.elf.fileClass == .bits32 {
            refusing.merge(conditions?.refusing32 ?? [:]) { $1 }
        }
        exceptions.patterns = refusing.keys.sorted()
        exceptions.variables += (conditions?.variables ?? [:]).keys.sorted()
        exceptions.script = conditions?.script
        exceptions.together = (conditions?.together ?? [:]).keys.sorted()
        exceptions.apart = conditions?.apart ?? []
        exceptions.readsResponses = conditions?.readsResponses ?? false
        for path in (conditions?.existing ?? [:]).keys { exceptions.changes[FilePath(path)] = .some(nil) }
        if rule.machine?.contains(programName(file)) == true { exceptions.variables += MachineName.variables }
        return exceptions
    }

    /// What follows from the libraries that the native program has.
    func exceptions(of native: TreeFiles.File) -> DispatchEntry.Exceptions {
        request.exceptions(of: native.path, names)
    }
}

extension AccelerationRequest {
    /// The same for the program at `native` in the tools tree.
    func exceptions(of native: String, _ names: NameServices) -> DispatchEntry.Exceptions {
        var exceptions = DispatchEntry.Exceptions()
        let known = record.programs[native]
        exceptions.libraries = known?.libraries ?? []
        if known?.looksUpNames == true { exceptions.changes.merge(names.changes) { $1 } }
        if architecture.elf.byteOrder != host.elf.byteOrder {
            // The only locale that there is one of the host's byte order of.
            exceptions.variables +=
                ["LANG", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME"]
                .map { "\($0)=C|POSIX|C.UTF-8|C.utf8|" } + ["LOCPATH"]
        }
        return exceptions
    }
}
