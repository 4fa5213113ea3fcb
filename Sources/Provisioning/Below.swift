// SPDX-License-Identifier: Apache-2.0

package import Failures

/// Calls `body`, and rethrows a failure of a lower module unchanged.
package func below<Value: ~Copyable, Problem: Failure>(
    _ body: () throws(Problem) -> Value
) throws(ProvisioningError) -> Value {
    do throws(Problem) {
        return try body()
    } catch {
        throw ProvisioningError(error)
    }
}
