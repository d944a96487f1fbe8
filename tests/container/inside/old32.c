/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a 32-bit program on x86 sees: getpid(), a socket by the C library (which goes through
 * socketcall() if it was built to run on kernels before 4.3, as Debian's is), and one by the system
 * call socket() itself. One line each; the exit status is 0.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NR_I386_SOCKET = 359 };

static void say(const char *what, long ret)
{
    printf("%s: %s\n", what, ret >= 0 ? "works" : strerrorname_np(errno));
}

int main(void)
{
    _Static_assert(sizeof(void *) == 4, "build with -m32");
    say("getpid", getpid());
    say("library, stream", socket(AF_INET, SOCK_STREAM, 0));
    say("library, unix", socket(AF_UNIX, SOCK_DGRAM, 0));
    say("library, packet", socket(AF_PACKET, SOCK_RAW, 0));
    say("direct, stream", syscall(NR_I386_SOCKET, AF_INET, SOCK_STREAM, 0));
    say("direct, unix", syscall(NR_I386_SOCKET, AF_UNIX, SOCK_DGRAM, 0));
    say("direct, packet", syscall(NR_I386_SOCKET, AF_PACKET, SOCK_RAW, 0));
    return 0;
}
