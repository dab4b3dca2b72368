#ifndef WARD_MEDIUM_H
#define WARD_MEDIUM_H

#include <stdint.h>

/* A medium that is written in place: a block device, or a regular file. Paths as in files.h;
 * functions answer 0 or more on success and a negated errno otherwise, or one of these. */

extern const int ward_medium_foreign;           /* holds what is not ours */
extern const int ward_medium_too_small;
extern const int ward_medium_open_to_others;    /* a regular file that not only its owner can use */

/* What is at the path: 1 a directory, 2 a medium, 0 anything else. */
int ward_medium_kind(const unsigned char *path, int length);

/* Opens a medium for reading and writing. Not `shared`: for this process alone, which ends with the
 * descriptor and is not inherited; ward_is_locked where another process has it so, -EBUSY where
 * something else does, such as a mount. */
int ward_medium_open(const unsigned char *path, int length, int shared);

/* Bytes that it has, at most INT32_MAX. */
int ward_medium_size(int descriptor);

/* All `count` bytes, or an error. */
int ward_medium_read(int descriptor, int offset, unsigned char *bytes, int count);
int ward_medium_write(int descriptor, int offset, const unsigned char *bytes, int count);

/* 0 once what was written will outlast a power cut. */
int ward_medium_sync(int descriptor);

#endif
