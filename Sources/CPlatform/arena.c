/* A small allocator over one fixed array.
 *
 * Blocks lie side by side, each led by its own size and that of the one before
 * it, so that a block given back is joined to free neighbours at once. Free
 * blocks hang in lists by size: exact sizes up to 32 quanta, above that four
 * lists to every doubling. A bit map tells which lists hold something, which
 * makes taking and giving a matter of a few dozen instructions; bignum
 * arithmetic asks tens of thousands of times in one TLS handshake.
 *
 * What is free is zero, except for the two links at its start. */

#include "arena.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Enough for a TLS session with 16 KiB records in and 4 KiB out, a chain of four
 * certificates and a bundle of authorities; Tools/size shows what was used. */
#ifndef WARD_ARENA_SIZE
#define WARD_ARENA_SIZE (44 * 1024)
#endif

typedef struct block {
    size_t before;              /* bytes of the block in front, 0 for the first */
    size_t size;                /* bytes of this one, bookkeeping included, and whether it is in use */
    struct block *next, *prior; /* in its list, while it is free */
} block;

enum {
    header = 2 * sizeof(size_t),
    quantum = header,           /* what every address and size is a multiple of */
    smallest = sizeof(block),
    in_use = 1,
    exact = 32,
    lists = exact + 4 * 16
};

_Static_assert(WARD_ARENA_SIZE % 16 == 0 && WARD_ARENA_SIZE >= 1024, "size of the arena");
_Static_assert((size_t)WARD_ARENA_SIZE / quantum < ((size_t)exact << 16), "more lists needed");

static _Alignas(16) unsigned char arena[WARD_ARENA_SIZE];
static block *list[lists];
static uint32_t filled[lists / 32];
static size_t used, peak, refused;
static int begun;

static size_t size_of(const block *b) { return b->size & ~(size_t)in_use; }
static block *behind(block *b) { return (block *)((unsigned char *)b + size_of(b)); }
static block *in_front(block *b) { return (block *)((unsigned char *)b - b->before); }

static void wipe(void *bytes, size_t size)
{
    memset(bytes, 0, size);
    /* Nobody reads it before the next owner: keep the compiler from seeing that. */
    __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

/* Which list a block of that size hangs in. */
static unsigned list_of(size_t size)
{
    uint32_t n = (uint32_t)(size / quantum);
    if (n < exact)
        return n;
    unsigned high = 31 - (unsigned)__builtin_clz(n);
    return exact + 4 * (high - 5) + ((n >> (high - 2)) & 3);
}

static void hang(block *b)
{
    unsigned i = list_of(b->size);
    b->prior = NULL;
    b->next = list[i];
    if (b->next != NULL)
        b->next->prior = b;
    list[i] = b;
    filled[i / 32] |= (uint32_t)1 << (i % 32);
}

static void unhang(block *b)
{
    unsigned i = list_of(b->size);
    if (b->prior != NULL)
        b->prior->next = b->next;
    else
        list[i] = b->next;
    if (b->next != NULL)
        b->next->prior = b->prior;
    if (list[i] == NULL)
        filled[i / 32] &= ~((uint32_t)1 << (i % 32));
    b->next = b->prior = NULL;
}

/* A free block of at least that size, still in its list. */
static block *find(size_t size)
{
    unsigned i = list_of(size);
    /* Within its own list above the exact sizes a block may be too small. */
    for (block *b = list[i]; b != NULL; b = b->next)
        if (b->size >= size)
            return b;
    for (unsigned word = ++i / 32; word < lists / 32; word++) {
        uint32_t bits = filled[word];
        if (word == i / 32)
            bits &= ~(uint32_t)0 << (i % 32);
        if (bits != 0)
            return list[word * 32 + (unsigned)__builtin_ctz(bits)];
    }
    return NULL;
}

static void begin(void)
{
    block *first = (block *)arena;
    first->size = WARD_ARENA_SIZE - header;
    /* At the end a block in use without content: nothing is ever joined to it. */
    block *last = behind(first);
    last->before = first->size;
    last->size = header | in_use;
    hang(first);
    begun = 1;
}

/* Cuts a free block, in no list, to `size`, and hangs what is left over. */
static void cut(block *b, size_t size)
{
    size_t rest = size_of(b) - size;
    if (rest < smallest)
        return;
    b->size -= rest;
    block *left = behind(b);
    left->before = size_of(b);
    left->size = rest;
    block *after = behind(left);
    if (!(after->size & in_use)) {
        /* Only where a block in use shrinks. */
        unhang(after);
        left->size += after->size;
        wipe(after, header);
        after = behind(left);
    }
    after->before = left->size;
    hang(left);
}

static void account(size_t size)
{
    used += size;
    if (used > peak)
        peak = used;
}

/* The whole size of a block for that many bytes; 0 where it cannot be had. */
static size_t whole(size_t size)
{
    if (size > WARD_ARENA_SIZE)
        return 0;
    size = (size + header + quantum - 1) & ~(size_t)(quantum - 1);
    return size < smallest ? smallest : size;
}

/* The block that this address was handed out for. */
static block *owner(const void *address)
{
    const unsigned char *a = address;
    if (a < arena + header || a >= arena + WARD_ARENA_SIZE - header || (uintptr_t)a % quantum != 0)
        __builtin_trap();
    block *b = (block *)(a - header);
    /* Seldom true of a block that is free, or whose neighbour was written over. */
    size_t room = (size_t)(arena + WARD_ARENA_SIZE - header - (const unsigned char *)b);
    if (!(b->size & in_use) || size_of(b) < smallest || size_of(b) > room
        || behind(b)->before != size_of(b))
        __builtin_trap();
    return b;
}

void *ward_arena_take(size_t size, size_t alignment)
{
    if (!begun)
        begin();
    size_t wanted = whole(size);
    /* A block with the address wanted can be cut out of any that is this much larger. */
    size_t slack = alignment > quantum ? alignment + smallest : 0;
    block *b = NULL;
    if (wanted != 0 && slack < WARD_ARENA_SIZE)
        b = find(wanted + slack);
    if (b == NULL) {
        refused++;
        return NULL;
    }
    unhang(b);
    if (slack != 0) {
        uintptr_t at = (uintptr_t)b + header;
        size_t skip = (size_t)(-at & (alignment - 1));
        if (skip != 0 && skip < smallest)
            skip += alignment;
        if (skip != 0) {
            size_t all = b->size;
            block *front = b;
            front->size = skip;
            b = behind(front);
            b->before = skip;
            b->size = all - skip;
            behind(b)->before = b->size;
            hang(front);
        }
    }
    cut(b, wanted);
    b->size |= in_use;
    account(size_of(b));
    return (unsigned char *)b + header;
}

void ward_arena_give(void *address)
{
    if (address == NULL)
        return;
    block *b = owner(address);
    used -= size_of(b);
    b->size &= ~(size_t)in_use;
    wipe(address, b->size - header);
    block *after = behind(b);
    if (!(after->size & in_use)) {
        unhang(after);
        b->size += after->size;
        wipe(after, header);
    }
    if (b->before != 0 && !(in_front(b)->size & in_use)) {
        block *front = in_front(b);
        unhang(front);
        front->size += b->size;
        wipe(b, header);
        b = front;
    }
    behind(b)->before = b->size;
    hang(b);
}

void *ward_arena_resize(void *address, size_t size)
{
    if (address == NULL)
        return ward_arena_take(size, quantum);
    block *b = owner(address);
    size_t old = size_of(b), wanted = whole(size);
    block *after = behind(b);
    if (wanted > old && !(after->size & in_use) && old + after->size >= wanted) {
        unhang(after);
        b->size += after->size;
        wipe(after, header);
        behind(b)->before = size_of(b);
        cut(b, wanted);
        account(size_of(b) - old);
        return address;
    }
    if (wanted != 0 && wanted <= old) {
        if (old - wanted >= smallest) {
            wipe((unsigned char *)b + wanted, old - wanted);
            cut(b, wanted);
            used -= old - size_of(b);
        }
        return address;
    }
    void *moved = ward_arena_take(size, quantum);
    if (moved != NULL) {
        memcpy(moved, address, old - header);
        ward_arena_give(address);
    }
    return moved;
}

size_t ward_arena_usable(const void *address)
{
    return address == NULL ? 0 : size_of(owner(address)) - header;
}

size_t ward_arena_used(void) { return used; }
size_t ward_arena_peak(void) { return peak; }
size_t ward_arena_refused(void) { return refused; }

#ifndef WARD_FIRMWARE

size_t ward_arena_size(void) { return 0; }

#else

size_t ward_arena_size(void) { return WARD_ARENA_SIZE; }

/* The C library's family of names, all of it: one left out would bring in the
 * library's own allocator beside this one. */

static void *or_errno(void *block)
{
    if (block == NULL)
        errno = ENOMEM;
    return block;
}

static int is_alignment(size_t alignment)
{
    return alignment != 0 && (alignment & (alignment - 1)) == 0;
}

void *malloc(size_t size) { return or_errno(ward_arena_take(size, quantum)); }

void *calloc(size_t count, size_t size)
{
    size_t all;
    if (__builtin_mul_overflow(count, size, &all))
        return or_errno(NULL);
    return or_errno(ward_arena_take(all, quantum)); /* zeros already */
}

void free(void *block) { ward_arena_give(block); }
void *realloc(void *block, size_t size) { return or_errno(ward_arena_resize(block, size)); }
size_t malloc_usable_size(void *block) { return ward_arena_usable(block); }

void *aligned_alloc(size_t alignment, size_t size)
{
    if (!is_alignment(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return or_errno(ward_arena_take(size, alignment));
}

void *memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (!is_alignment(alignment) || alignment % sizeof(void *) != 0)
        return EINVAL;
    void *taken = ward_arena_take(size, alignment);
    if (taken == NULL)
        return ENOMEM;
    *block = taken;
    return 0;
}

#endif
