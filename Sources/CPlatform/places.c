#include "places.h"

static _Alignas(16) unsigned char program[WARD_PROGRAM_ROOM];
static _Alignas(16) unsigned char block[WARD_BLOCK_ROOM];

void *ward_program_place(void)
{
    return program;
}

void *ward_block_place(void)
{
    return block;
}
