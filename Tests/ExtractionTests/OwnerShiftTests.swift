// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Extraction

@Suite struct OwnerShiftTests {
    @Test func idsOfTheRangeAreCountedFromItsFirst() {
        let shift = OwnerShift(user: 1, group: 5)
        #expect(shift.owner(1, 5) == (0, 0))
        #expect(shift.owner(8, 13) == (7, 8))
        #expect(shift.owner(0, 0) == (0, 0))
        #expect(OwnerShift().owner(8, 13) == (8, 13))
    }

    @Test func accessControlListsNameTheSameUsersAndGroups() {
        /// `user::rwx`, `user:ID:r`, `group::r`, `group:ID:r`, `mask::r`, `other::`.
        func list(user: UInt8, group: UInt8) -> [UInt8] {
            let none: [UInt8] = [255, 255, 255, 255]
            return [2, 0, 0, 0] + [1, 0, 7, 0] + none + [2, 0, 4, 0, user, 1, 0, 0] + [4, 0, 4, 0] + none
                + [8, 0, 4, 0, group, 0, 0, 0] + [16, 0, 4, 0] + none + [32, 0, 0, 0] + none
        }
        let name = "system.posix_acl_access"
        let shifted = OwnerShift(user: 1, group: 1).attributes([(name, list(user: 5, group: 5)), ("user.x", [5])])
        #expect(shifted.map(\.name) == [name, "user.x"])
        #expect(shifted.map(\.value) == [list(user: 4, group: 4), [5]])
    }

    /// Version 3 for the root of the tree becomes version 2; one for somebody else stays.
    @Test func capabilitiesAreForTheRootOfTheCopy() {
        let bits: [UInt8] = [0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let third = [1, 0, 0, 3] + bits
        let shift = OwnerShift(user: 1, group: 1)
        let name = "security.capability"
        let values = [third + [1, 0, 0, 0], third + [7, 0, 0, 0], [1, 0, 0, 2] + bits]
        let shifted = shift.attributes(values.map { (name, $0) }).map(\.value)
        #expect(shifted == [[1, 0, 0, 2] + bits, values[1], values[2]])
    }
}
