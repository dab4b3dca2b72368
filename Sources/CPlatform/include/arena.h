#ifndef WARD_ARENA_H
#define WARD_ARENA_H

#include <stddef.h>

/* The C heap of the firmware: one fixed array, so that the memory the program
 * can ever take is known when it is linked. In a firmware build (WARD_FIRMWARE)
 * malloc and its family stand on it; natively they are libc's, and the
 * functions below serve the tests alone.
 *
 * For one thread. Memory is all zeros whenever it is handed out, and is wiped
 * when it is given back, since keys pass through it. A block given back twice,
 * or one whose neighbours' bookkeeping was overwritten, ends the program. */

/* Bytes of the array; 0 in a build whose malloc is libc's. */
size_t ward_arena_size(void);
/* Bytes in use now, bookkeeping included. */
size_t ward_arena_used(void);
/* The most that was ever in use, in bytes. */
size_t ward_arena_peak(void);
/* How often memory was asked for and there was none. */
size_t ward_arena_refused(void);

/* `size` bytes at a multiple of `alignment`, a power of two; NULL where no room is left
 * or the sum would overflow. A `size` of 0 is answered with a block of its own. */
void *ward_arena_take(size_t size, size_t alignment);
/* Gives a block back; NULL is nothing. */
void ward_arena_give(void *block);
/* The block in another size, its content kept as far as both sizes go;
 * NULL where no room is left, and then the old block stays as it was. */
void *ward_arena_resize(void *block, size_t size);
/* Bytes that may be used in the block: at least as many as were asked for. */
size_t ward_arena_usable(const void *block);

#endif
