// What Ward needs of C: the few calls into libc and the kernel that Swift
// cannot make on a bare triple. Plain numbers and pointers only.
#include "arena.h"
#include "boot.h"
#include "files.h"
#include "gpio.h"
#include "interfaces.h"
#include "links.h"
#include "medium.h"
#include "network.h"
#include "places.h"
#include "process.h"
#include "reader.h"
#include "watchdog.h"
