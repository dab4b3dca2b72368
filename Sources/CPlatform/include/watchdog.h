#ifndef WARD_WATCHDOG_H
#define WARD_WATCHDOG_H

/* The kernel's watchdog devices. Functions answer 0 or more on success and a negated errno otherwise. */

/* Starts the watchdog of that path, as in files.h, with a timeout of so many seconds where it can have
 * that; answers its descriptor. */
int ward_watchdog_open(const unsigned char *path, int length, int seconds);
/* The timeout that it has, in seconds. */
int ward_watchdog_timeout(int descriptor);
void ward_watchdog_feed(int descriptor);
/* Stops it, where its driver lets it be stopped, and closes it. */
void ward_watchdog_end(int descriptor);

#endif
