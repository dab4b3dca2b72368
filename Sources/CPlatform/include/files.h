#ifndef WARD_FILES_H
#define WARD_FILES_H

#include <stdint.h>

/* Files and directories. Paths are spans without a NUL; one that holds a NUL
 * or exceeds 255 bytes is refused. Functions answer 0 or more on success and a negated errno otherwise. */

enum { WARD_PATH_MAXIMUM = 255 };

struct ward_file {
    uint32_t mode;          /* permission bits */
    int regular;            /* 1 for a regular file */
};

/* Opens for reading, close-on-exec; a FIFO or device does not block the opening. */
int ward_file_open(const unsigned char *path, int length);
/* The same for writing to what is there: a device, or a file of sysfs. */
int ward_file_open_for_writing(const unsigned char *path, int length);
int ward_file_status(int descriptor, struct ward_file *status);
/* Bytes read, 0 at the end. */
int ward_file_read(int descriptor, unsigned char *bytes, int capacity);
/* Writes all, or fails. */
int ward_file_write(int descriptor, const unsigned char *bytes, int count);
/* 0 once what was written is on the medium. Also for a directory: its names. */
int ward_file_sync(int descriptor);
void ward_file_close(int descriptor);

/* Opens a directory so that files in it can be named; a symbolic link in the last place is followed. */
int ward_directory_open(const unsigned char *path, int length);
/* Makes a directory, mode 0700. */
int ward_directory_make(const unsigned char *path, int length);
/* Opens a file of the directory; symbolic links are refused (-ELOOP). */
int ward_directory_open_file(int directory, const unsigned char *name, int length);
/* Makes a file of the directory, mode 0600; one of that name is removed first. */
int ward_directory_make_file(int directory, const unsigned char *name, int length);
/* Locks the file of that name, which is made where it is missing, for this process alone and
 * as long as it lives: no child inherits it. The lock's descriptor, or -errno; ward_is_locked
 * where another process has it. */
int ward_directory_lock(int directory, const unsigned char *name, int length);
extern const int ward_is_locked;    /* -EAGAIN */
int ward_directory_rename(int directory, const unsigned char *from, int from_length, const unsigned char *to, int to_length);
int ward_directory_remove(int directory, const unsigned char *name, int length);

/* What an errno (positive or negated) means, in words that end in NUL. */
const char *ward_error_words(int error);
extern const int ward_is_a_link;    /* -ELOOP */
extern const int ward_too_large;    /* -EFBIG */
/* 1 where the error says that the file is not there. */
int ward_error_is_missing(int error);

#endif
