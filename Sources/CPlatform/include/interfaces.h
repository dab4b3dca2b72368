#ifndef WARD_INTERFACES_H
#define WARD_INTERFACES_H

#include <stdint.h>

/* Setting up the network's interfaces. Functions answer 0 or more on success and a negated errno
 * otherwise; addresses are as in links.h. */

struct ward_interface {
    int32_t index;      /* the kernel's number of it */
    int32_t running;    /* 1 where a cable, or what stands for it, is there */
    uint64_t hardware;  /* 48 bits */
    char name[16];      /* ends in NUL */
};

/* The Ethernet interface of that name, or the first there is where the name is empty; -ENODEV where there is none. */
int ward_interface_find(const unsigned char *name, int length, struct ward_interface *found);
/* Switches one on. */
int ward_interface_up(const char *name);
/* Replaces its IPv4 address, mask and, where it is not 0, the machine's default route through it. */
int ward_interface_set(const char *name, uint32_t address, uint32_t mask, uint32_t router);
/* Takes its IPv4 address away, and with it all routes through it. */
int ward_interface_clear(const char *name);

/* A descriptor that is readable once an interface comes, goes or changes. */
int ward_interface_watch(void);
/* Forgets what it tells. */
void ward_interface_seen(int watch);

#endif
