// SPDX-License-Identifier: Apache-2.0

extension ELFProgram {
    /// Replaces every whole string `old` by `new`. A longer one is written where there is room, and references are
    /// redirected. Returns false, and changes nothing, unless all references are certain to be found.
    mutating func replaceString(_ old: String, by new: String) -> Bool {
        let places = wholeStrings(old)
        guard !places.isEmpty else { return false }
        var changed = self
        let text = Array(new.utf8)
        for place in places {
            if text.count <= old.utf8.count {
                changed.set(text + [UInt8](repeating: 0, count: old.utf8.count - text.count), at: place)
            } else if let address = address(ofOffset: place) {
                guard changed.refer(to: text, insteadOf: address) else { return false }
            }
        }
        self = changed
        return true
    }

    /// Like `strings`; before the first string of a section there may be anything but text.
    private func wholeStrings(_ text: String) -> [Int] {
        offsets(of: Array(text.utf8) + [0]).filter { $0 > 0 && !(0x20...0x7E).contains(bytes[$0 - 1]) }
    }

    /// Adds `new`, and has all that refers to the one string that is `old` refer to it; that one stays.
    mutating func refer(toString new: String, insteadOf old: String) -> Bool {
        let places = strings(old)
        guard places.count == 1, let address = places.first.flatMap({ address(ofOffset: $0) }) else { return false }
        return refer(to: Array(new.utf8), insteadOf: address)
    }

    private mutating func refer(to text: [UInt8], insteadOf address: UInt64) -> Bool {
        guard let room = room(for: text.count + 1) else { return false }
        if isFixed {
            guard referFixed(to: room.address, insteadOf: address) else { return false }
        } else {
            let (loads, relocations) = (loads(of: address), relocations(to: address))
            guard !loads.isEmpty || !relocations.isEmpty else { return false }
            for place in loads {
                guard let own = self.address(ofOffset: place) else { return false }
                let distance = Int64(bitPattern: room.address &- (own + 4))
                guard let short = Int32(exactly: distance) else { return false }
                set(withLittleEndian(UInt32(bitPattern: short)), at: place)
            }
            for place in relocations { set(room.address, at: place) }
        }
        set(text, at: room.offset)
        return true
    }

    /// Only known ways to refer to it: a pointer in data, and an instruction that loads one (mov, 32-bit immediate).
    private mutating func referFixed(to new: UInt64, insteadOf address: UInt64) -> Bool {
        guard new < 1 << 31, address < 1 << 31 else { return false }
        let references = offsets(of: withLittleEndian(UInt32(address)))
        guard !references.isEmpty else { return false }
        for reference in references {
            guard let place = self.address(ofOffset: reference) else { return false }
            if isExecutable(at: place) {
                guard reference > 0, (0xB8...0xBF).contains(bytes[reference - 1]) else { return false }
            } else {
                guard word(at: reference) == address else { return false }
            }
            set(withLittleEndian(UInt32(new)), at: reference)
        }
        return true
    }

    private func withLittleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }
}
