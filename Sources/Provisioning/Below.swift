// SPDX-License-Identifier: Apache-2.0

internal import Failures

/// Does what throws a failure of a module below, and passes that on as it is.
func below<Value: ~Copyable, Problem: Failure>(
    _ body: () throws(Problem) -> Value
) throws(ProvisioningError) -> Value {
    do throws(Problem) {
        return try body()
    } catch {
        throw ProvisioningError(error)
    }
}
