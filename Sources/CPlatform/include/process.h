#ifndef WARD_PROCESS_H
#define WARD_PROCESS_H

#include <stdint.h>

/* The process and its surroundings. Functions that can fail answer 0 or more
 * on success and a negated errno otherwise; none prints anything. */

/* Makes sure that descriptors 0, 1 and 2 are open, ignores SIGPIPE, sets the
 * umask to 077, and forbids core files and being read by other processes of
 * the same user (PR_SET_DUMPABLE, RLIMIT_CORE), since secrets live in memory. */
int ward_harden(void);

/* The program's arguments without its name, each ending in NUL, from
 * /proc/self/cmdline. Answers the number of bytes; -E2BIG where `capacity`
 * does not hold them. */
int ward_arguments(unsigned char *bytes, int capacity);

/* A variable of the environment; `name` ends in NUL. Answers its length, -ENOENT where
 * it is not set, -E2BIG where `capacity` does not hold it. */
int ward_environment(const char *name, unsigned char *bytes, int capacity);

int ward_process_number(void);

/* Milliseconds on a clock that only goes forward and counts suspended time. */
int64_t ward_clock(void);

/* Milliseconds since 1970 by the wall clock. */
int64_t ward_wall_clock(void);

/* Microseconds on CLOCK_MONOTONIC, which the service manager compares with its own. */
int64_t ward_monotonic_microseconds(void);

/* Random bytes from the kernel: 0, or a negated errno and no bytes. */
int ward_platform_random(unsigned char *bytes, int count);

/* Overwrites memory in a way the compiler keeps. */
void ward_platform_wipe(void *bytes, int count);

/* Blocks SIGTERM, SIGINT and SIGHUP, of the machine's first process also SIGUSR1 and SIGUSR2, and answers a
 * descriptor that tells of them. */
int ward_signals_open(int first);

/* The next signal's number, 0 where none waits. */
int ward_signals_next(int descriptor);

extern const int ward_signal_terminate, ward_signal_interrupt, ward_signal_hangup, ward_signal_power_off, ward_signal_halt;

/* Sends `text` to the service manager's socket (sd_notify(3)): a path, or an
 * abstract name that begins with '@'. */
int ward_notify(const unsigned char *path, int length, const unsigned char *text, int count);

/* Ends the process at once with that status. */
_Noreturn void ward_exit(int status);

/* Gives back memory that is not needed for waiting: pages of the stack below the caller's frame, of the block
 * (see places.h), which has to be wiped, and of the program's code, which come back from the file when they are used
 * again. Costs three system calls and some page faults; a debugger's breakpoints go with the code. */
void ward_trim(void);

#endif
