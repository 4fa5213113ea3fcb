/* SPDX-License-Identifier: Apache-2.0 */
#include <asm/unistd.h>
#define VALUE (7 + __NR_write)
    .text
    .globl start
start:
    nop
    .balign 16
    .section .rodata, "a"
    .byte VALUE & 255
    .balign 8
    .double 3.141592653589793, 1e-310
    .single 0.1
    .asciz "text"
    .uleb128 300000
