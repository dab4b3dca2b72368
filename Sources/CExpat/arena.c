// Expat's memory: blocks in a fixed array, first fit, all given back at once when
// a stanza begins.

#include "arena.h"

#include <stdbool.h>
#include <string.h>

// Expat's memory suite carries no context, hence the arena whose turn it is.
static _Thread_local ward_xml_arena *current;

void ward_xml_arena_use(ward_xml_arena *a) { current = a; }
void ward_xml_arena_empty(ward_xml_arena *a) { a->used = a->hole = 0; }

// The arena is a row of blocks up to `used`, each behind its head.
typedef struct {
  size_t size;  // of the block, a multiple of its alignment
  bool free;
} block_head;

enum { BLOCK_ALIGN = 16, BLOCK_HEAD = 16 };
_Static_assert(sizeof(block_head) <= BLOCK_HEAD, "a block's head keeps the alignment");

static size_t rounded(size_t size) { return (size + BLOCK_ALIGN - 1) & ~(size_t)(BLOCK_ALIGN - 1); }
static block_head *head_at(ward_xml_arena *a, size_t at) { return (block_head *)(void *)(a->bytes + at); }

// The first free block that is large enough, neighbours joined on the way; else a
// new one. In front of `hole` all blocks are in use.
static void *arena_malloc(size_t size) {
  ward_xml_arena *a = current;
  if (size > WARD_XML_ARENA - BLOCK_HEAD) return NULL;
  size = rounded(size);
  size_t at = a->hole;
  bool skipped = false;  // a free block that is too small
  while (at < a->used) {
    block_head *head = head_at(a, at);
    size_t next = at + BLOCK_HEAD + head->size;
    while (head->free && next < a->used && head_at(a, next)->free) {
      head->size += BLOCK_HEAD + head_at(a, next)->size;
      next = at + BLOCK_HEAD + head->size;
    }
    if (head->free && next == a->used) {
      a->used = at;
      break;
    }
    if (head->free && head->size >= size) {
      if (head->size >= size + BLOCK_HEAD + BLOCK_ALIGN) {
        *head_at(a, at + BLOCK_HEAD + size) = (block_head){head->size - size - BLOCK_HEAD, true};
        head->size = size;
      }
      head->free = false;
      if (!skipped) a->hole = at + BLOCK_HEAD + head->size;
      return a->bytes + at + BLOCK_HEAD;
    }
    if (head->free && !skipped) {
      skipped = true;
      a->hole = at;
    }
    at = next;
  }
  if (a->used > a->limit || BLOCK_HEAD + size > a->limit - a->used) return NULL;
  *head_at(a, a->used) = (block_head){size, false};
  uint8_t *block = a->bytes + a->used + BLOCK_HEAD;
  a->used += BLOCK_HEAD + size;
  if (!skipped) a->hole = a->used;
  if (a->used > a->peak) a->peak = a->used;
  return block;
}

static void give_back(block_head *head) {
  ward_xml_arena *a = current;
  size_t at = (size_t)((uint8_t *)head - a->bytes);
  head->free = true;
  if (at < a->hole) a->hole = at;
}

static void arena_free(void *block) {
  if (block) give_back((block_head *)(void *)((uint8_t *)block - BLOCK_HEAD));
}

static void *arena_realloc(void *old, size_t size) {
  if (!old) return arena_malloc(size);
  block_head *head = (block_head *)(void *)((uint8_t *)old - BLOCK_HEAD);
  if (size <= head->size) return old;
  void *new = arena_malloc(size);
  if (new) {
    memcpy(new, old, head->size);
    give_back(head);
  }
  return new;
}

const XML_Memory_Handling_Suite ward_xml_arena_suite = {arena_malloc, arena_realloc, arena_free};
