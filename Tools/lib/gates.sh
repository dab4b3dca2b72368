# What a linked, unstripped firmware must not hold. To be sourced; needs $toolchain.

# gate_absent ELF PATTERN WHAT: no symbol matches.
gate_absent() {
    local found
    found=$("$toolchain/llvm-nm" "$1" | awk '{ print $NF }' | grep -E "$2" || true)
    [ -z "$found" ] && return 0
    echo "gate: $3:" >&2
    head -n 8 <<<"$found" | sed 's/^/  /' >&2
    return 1
}

# gate_present ELF NAME WHAT: the function is in it.
gate_present() {
    "$toolchain/llvm-nm" "$1" | awk '{ print $NF }' | grep -x "$2" >/dev/null && return 0
    echo "gate: $3" >&2
    return 1
}

# gate_firmware ELF yes|no (stock libraries or lean ones)
gate_firmware() {
    local elf=$1 stock=$2 headers
    # The compiler leaves out what it has proved to be never reached.
    gate_present "$elf" XML_Parse "nothing of it ever reads XML: has a value outgrown its place (see places.h)?" ||
        return 1
    # An allocation in Swift ends in one of these.
    gate_absent "$elf" 'swift_(allocObject|slowAlloc|slowDealloc|retain|release|initStackObject)' \
        "Swift code that takes memory at run time" || return 1
    # The C library's own allocator beside the arena would be memory nobody counts.
    gate_absent "$elf" '^(_int_malloc|sysmalloc|__libc_malloc|__libc_malloc_impl|__expand_heap|alloc_slot|alloc_group)$' \
        "the C library's own allocator" || return 1
    if [ "$stock" = no ]; then
        gate_absent "$elf" '^(__)?s?brk$|^(__)?mmap(64)?$|^(__)?mremap$' \
            "calls that ask the kernel for more memory" || return 1
        # (glibc brings dlopen into every static program.)
        gate_absent "$elf" '^(__)?(dlopen|v?f?printf|v?sn?printf)$' "calls that have no place here" || return 1
    fi
    gate_absent "$elf" '^(system|popen|gets|execve)$' "calls that have no place here" || return 1

    headers=$("$toolchain/llvm-objdump" -p "$elf")
    if grep -qw INTERP <<<"$headers"; then
        echo "gate: the program is not static" >&2
        return 1
    fi
    if ! grep -A1 -w STACK <<<"$headers" | grep -q 'flags rw-'; then
        echo "gate: the stack is executable" >&2
        return 1
    fi
}
