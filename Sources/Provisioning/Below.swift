// SPDX-License-Identifier: Apache-2.0

package import Failures

/// Does what throws a failure of a module below, and passes that on as it is.
package func below<Value: ~Copyable, Problem: Failure>(
    _ body: () throws(Problem) -> Value
) throws(ProvisioningError) -> Value {
    do throws(Problem) {
        return try body()
    } catch {
        throw ProvisioningError(error)
    }
}
