/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/utsname.h>

int main(void) {
    struct utsname machine;
    if (uname(&machine) != 0) {
        perror("uname");
        return 1;
    }
    printf("Hello from %s.\n", machine.machine);
    return 0;
}
