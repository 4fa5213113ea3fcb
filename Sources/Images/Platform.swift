// SPDX-License-Identifier: Apache-2.0

package import Architectures

extension Architecture {
    /// As images name it: Go's GOARCH, and the variant where there are several (OCI image specification, image-index.md).
    package var platform: Descriptor.Platform {
        switch self {
        case .amd64: .init(architecture: "amd64")
        case .arm64: .init(architecture: "arm64", variant: "v8")
        case .armel: .init(architecture: "arm", variant: "v5")
        case .armhf: .init(architecture: "arm", variant: "v7")
        case .i386: .init(architecture: "386")
        case .loong64: .init(architecture: "loong64")
        case .ppc64el: .init(architecture: "ppc64le")
        case .riscv64: .init(architecture: "riscv64")
        case .s390x: .init(architecture: "s390x")
        }
    }
}
