#ifndef WARD_CUT_H
#define WARD_CUT_H

/* Opens the disk that marks go to; a descriptor, or -errno. */
int cut_open(const unsigned char *path, int length);

/* Writes a mark to the disk's block `block`, past all caches of this machine and without asking the disk to
 * flush its own: it stands in the log of the disk's writes at the moment it was made, and changes
 * nothing about the others. 0 or -errno. */
int cut_mark(int descriptor, int block, unsigned int kind, unsigned int number);

/* From now on fsync and fdatasync succeed and do nothing. 0 or -errno. */
int cut_break(void);

#endif
